package pages

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"seventh/internal/content"
)

// The page of the content folder is left open beside an editor: every save shows on
// it without anybody touching it, and what it shows is what its button publishes.
func TestBrowserContentFollowsEverySave(t *testing.T) {
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
	b.do(chromedp.Navigate(s.server.URL+"/content"), shows("look", "This is what is in force"), chromedp.Evaluate[chromedp.Void](`window.stayed = true`))
	save("sequence: spring\nsteps:\n  - { id: one, email: c/giude }\n")
	b.do(shows("look", "did you mean"), shows("look", "sequences/spring.yaml"))
	save("sequence: spring\nsteps:\n  - { id: one, email: c/guide }\n")
	b.do(shows("look", "Publishing would change"), hides("look", "did you mean"))
	b.do(chromedp.Poll[chromedp.Void](`window.stayed && document.querySelectorAll("#look").length === 1`),
		click(`form[action="/content/publish"] button`), shows("flash", "is in force"), shows("look", "This is what is in force"),
		hides("look", "Publishing would change"))
}
