package pages

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"seventh/sequences"
)

// browserLimit is how long one story in a browser may take on a busy machine.
const browserLimit = 3 * time.Minute

// browser is a tab, driven by a test.
type browser struct {
	t   *testing.T
	ctx context.Context
}

// newBrowser starts headless Chromium; without one the test fails.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Fatal("no browser: install chromium, chromium-browser or google-chrome")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("no-first-run", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		// Keeps a sandboxed frame in the page's process, where a test can look into it.
		chromedp.Flag("disable-features", "IsolateSandboxedIframes,Translate"), chromedp.WindowSize(1280, 900))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	limited, cancelTime := context.WithTimeout(context.Background(), browserLimit)
	allocator, cancelAllocator := chromedp.NewExecAllocator(limited, options...)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(func() { cancel(); cancelAllocator(); cancelTime() })
	return &browser{t, ctx}
}

// do fails the test at the first step that does not work.
func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	for i, step := range steps {
		if err := chromedp.Do(b.ctx, step); err != nil {
			page, _ := chromedp.Run(b.ctx, chromedp.OuterHTML(chromedp.CSS("html"))) // only to say more
			b.t.Fatalf("step %d: %v\n%s", i+1, err, page)
		}
	}
}

// ask returns what a step has found out.
func ask[V any](b *browser, step chromedp.Action[V]) V {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, step)
	must(b.t, err)
	return value
}

func click(selector string, options ...chromedp.QueryOption) chromedp.Action[chromedp.Void] {
	return chromedp.Click(chromedp.CSS(selector), options...)
}

// shows waits until an element of a class, or the one with an id, contains a text.
func shows(place, text string) chromedp.Action[chromedp.Void] {
	return chromedp.WaitVisible(containing(place, text))
}

// hides waits until none does.
func hides(place, text string) chromedp.Action[chromedp.Void] {
	return chromedp.WaitNotPresent(containing(place, text))
}

// containing is an XPath search: it goes on through navigations.
func containing(place, text string) string {
	return fmt.Sprintf(`//*[@id=%q or contains(concat(" ", @class, " "), " %s ")][contains(normalize-space(.), %q)]`, place, place, text)
}

func (b *browser) logIn(s *stage, email string) {
	b.t.Helper()
	b.do(chromedp.Navigate(s.server.URL+"/"), chromedp.SendKeys(chromedp.CSS(`input[name=email]`), email),
		chromedp.SendKeys(chromedp.CSS(`input[name=password]`), password), click("button.main"), chromedp.WaitVisible(chromedp.CSS(".who .name")))
}

// frame is the preview's frame on the page that is open. A click comes back before
// the frame has its letter; loading the page again comes back after that.
func (b *browser) frame() chromedp.QueryOption {
	b.t.Helper()
	b.do(chromedp.Reload(), chromedp.Poll[chromedp.Void](`document.readyState === "complete"`))
	return chromedp.FromNode(ask(b, chromedp.Nodes(chromedp.CSS("iframe.preview")))[0])
}

func TestBrowserRepFollowsALetter(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	b := newBrowser(t)
	var mu sync.Mutex
	var elsewhere []string
	must(t, chromedp.Listen(b.ctx, func(event any) {
		if request, ok := event.(*network.EventRequestWillBeSent); ok && !strings.HasPrefix(request.Request.URL, s.server.URL) {
			mu.Lock()
			defer mu.Unlock()
			elsewhere = append(elsewhere, request.Request.URL)
		}
	}))
	_, err := chromedp.Call(b.ctx, network.Enable, network.EnableParams{})
	must(t, err)
	b.logIn(s, "ann@levanto.test")

	// The feed, filtered by htmx: the address follows, the page stays.
	b.do(shows("results", "Letter sent: “Measure your leaks”"),
		chromedp.Evaluate[chromedp.Void](`window.stayed = true`),
		chromedp.Evaluate[chromedp.Void](`{
			const kind = document.querySelector("select[name=kind]")
			kind.value = "clicked"
			kind.dispatchEvent(new Event("change", {bubbles: true}))
		}`),
		hides("results", "Letter sent:"), shows("results", "Clicked link 2"),
		chromedp.Poll[chromedp.Void](`window.stayed && location.search.includes("kind=clicked")`))

	// The client: what comes next; pausing it.
	b.do(click(`#results a[href="/clients/crm-1"]`), shows("next", "the compressor nobody needed"), shows("date", "Tue 25 Mar 2031, 12:01"),
		click(`form[action$="/pause"] button`), shows("flash", "Paused."), shows("paused", "paused"),
		click(`form[action$="/resume"] button`), shows("flash", "Resumed."))

	// The letter, in a frame in which nothing acts.
	b.do(click(`.timeline .kind-sent a`), chromedp.WaitReady(chromedp.CSS("iframe.preview")))
	frame := b.frame()
	if text := ask(b, chromedp.Text(chromedp.CSS("#hello"), frame)); text != "Good morning, Ivan" {
		t.Errorf("preview shows %q", text)
	}
	b.do(click("#link", frame))
	if text := ask(b, chromedp.Text(chromedp.CSS("#link"), frame)); text != "Look" {
		t.Errorf("after a click the link shows %q", text)
	}
	b.do(chromedp.Navigate(s.server.URL+fmt.Sprintf("/letters/%d?view=source", s.letter)), shows("source", "List-Unsubscribe"))
	if diff := cmp.Diff([]string(nil), s.outside()); diff != "" {
		t.Errorf("looking at a letter asked for (-want +got):\n%s", diff)
	}
	mu.Lock()
	defer mu.Unlock()
	if elsewhere = slices.DeleteFunc(elsewhere, isLocal); len(elsewhere) > 0 {
		t.Errorf("pages loaded from elsewhere: %v", elsewhere)
	}
}

// isLocal reports whether a request stays in the browser.
func isLocal(url string) bool {
	return strings.HasPrefix(url, "data:") || strings.HasPrefix(url, "about:") || strings.HasPrefix(url, "chrome:")
}

func TestBrowserInboxButtonsMoveTheClock(t *testing.T) {
	t.Parallel()
	s := newStage(t, inSandbox)
	b := newBrowser(t)
	b.logIn(s, "mary@levanto.test")
	b.do(shows("clock", "Tue 4 Mar 2031"), click(`nav a[href="/sandbox/inbox"]`), shows("now", "Tue 4 Mar 2031"),
		click(`button[value="3w"]`), shows("now", "Tue 25 Mar 2031"), shows("results", "After 3w"),
		click(`button[value="12mo"]`), shows("now", "Thu 25 Mar 2032"),
		click(`#results .what a`), chromedp.WaitReady(chromedp.CSS("iframe.preview")))
	if text := ask(b, chromedp.Text(chromedp.CSS("#hello"), b.frame())); text != "Good morning, Ivan" {
		t.Errorf("preview shows %q", text)
	}
}

func TestBrowserPagesFitAPhone(t *testing.T) {
	t.Parallel()
	s := careStage(t, inSandbox)
	b := newBrowser(t)
	b.logIn(s, "mary@levanto.test")
	_, err := fakeClock{s.pool}.Advance(t.Context(), sequences.Duration{N: 1, Unit: sequences.Day})
	must(t, err)
	b.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	for _, path := range []string{"/", "/clients", "/clients/crm-1", "/clients/crm%2F3%3F", fmt.Sprintf("/letters/%d", s.letter),
		fmt.Sprintf("/letters/%d?view=source", s.letter), "/tasks", "/clients/crm-4", "/sequences", "/sandbox/inbox", "/sandbox/inbox/1", "/clients/nobody"} {
		b.do(chromedp.Navigate(s.server.URL + path))
		if width := ask(b, chromedp.Evaluate[int](`document.documentElement.scrollWidth`)); width > 390 {
			t.Errorf("%s is %d pixels wide on a phone of 390", path, width)
		}
	}
}
