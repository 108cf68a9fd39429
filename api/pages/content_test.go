package pages

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"seventh/internal/content"
	"seventh/internal/store"
)

// A marketer writes, and the page follows: problems, then the plan, then it is in force.
func TestContentPageFollowsEverySave(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, os.CopyFS(dir, content.BuiltIn()))
	watcher := &content.Watcher{FS: os.DirFS(dir), Every: 20 * time.Millisecond}
	s := newStage(t, func(o *Options) { watcher.DB, o.Content = o.DB, watcher })
	ctx, stop := context.WithCancel(t.Context())
	done, looks := make(chan struct{}), make(chan content.Look, 100)
	go func() { defer close(done); watcher.Run(ctx, time.Now, func(l content.Look) { looks <- l }) }()
	t.Cleanup(func() { stop(); <-done })
	save := func(text string) {
		t.Helper()
		must(t, os.WriteFile(filepath.Join(dir, "sequences", "spring.yaml"), []byte(text), 0o644))
	}

	mary := s.loggedIn(t, "mary@levanto.test")
	<-looks
	mary.get("/content").want(http.StatusOK, "This is what is in force")
	save("sequence: spring\nsteps:\n  - { id: one, email: c/giude }\n")
	for l := range looks {
		if len(l.Problems) > 0 {
			break
		}
	}
	mary.get("/content").want(http.StatusOK, "sequences/spring.yaml", "did you mean", "Line 3")
	save("sequence: spring\nsteps:\n  - { id: one, email: c/guide }\n")
	var last content.Look
	for last = range looks {
		if last.Plan != nil && last.Plan.Any() {
			break
		}
	}
	mary.get("/content").want(http.StatusOK, "Publishing would change", "spring")
	mary.post("/content/publish", url.Values{"number": {strconv.Itoa(last.Number)}})
	s.loggedIn(t, "ann@levanto.test").get("/content").want(http.StatusForbidden)
	versions, err := store.CurrentVersions(t.Context(), s.pool)
	must(t, err)
	found := false
	for _, v := range versions {
		found = found || v.Name == "spring"
	}
	if !found {
		t.Error("the sequence was not published")
	}
}
