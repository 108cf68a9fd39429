package pages

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"seventh/internal/content"
	"seventh/internal/store"
)

// A marketer writes, and the page follows: problems, then the plan, then it is in force.
func TestBrowserContentPageFollowsEverySave(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, os.CopyFS(dir, content.BuiltIn()))
	watcher := &content.Watcher{FS: os.DirFS(dir), Every: 20 * time.Millisecond}
	s := newStage(t, func(o *Options) { watcher.DB, o.Content = o.DB, watcher })
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); watcher.Run(ctx, time.Now, func(content.Look) {}) }()
	t.Cleanup(func() { stop(); <-done })
	save := func(text string) {
		t.Helper()
		must(t, os.WriteFile(filepath.Join(dir, "sequences", "spring.yaml"), []byte(text), 0o644))
	}

	b := newBrowser(t)
	b.logIn(s, "mary@levanto.test")
	b.do(chromedp.Navigate(s.server.URL+"/content"), shows("look", "This is what is in force"))
	save("sequence: spring\nsteps:\n  - { id: one, email: c/giude }\n")
	b.do(shows("content-file", "sequences/spring.yaml"), shows("content-file", `did you mean "c/guide"`), shows("content-file", "Line 3"))
	save("sequence: spring\nsteps:\n  - { id: one, email: c/guide }\n")
	b.do(hides("content-file", "spring.yaml"), shows("look", "Publishing would change"), shows("look", "spring"))
	b.do(click("#look button.main"), shows("flash", "is in force"), shows("look", "This is what is in force"))
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
