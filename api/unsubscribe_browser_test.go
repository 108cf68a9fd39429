package api

import (
	"context"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"seventh/internal/token"
)

var pictures = flag.String("pictures", "", "a folder for pictures of the unsubscribe page")

// reader is the browser on a client's phone, with scripts switched off by the page's policy.
type reader struct {
	t   *testing.T
	ctx context.Context
}

func newReader(t *testing.T) *reader {
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
		chromedp.Flag("no-first-run", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.WindowSize(390, 844))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	limited, cancelTime := context.WithTimeout(context.Background(), 3*time.Minute)
	allocator, cancelAllocator := chromedp.NewExecAllocator(limited, options...)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(func() { cancel(); cancelAllocator(); cancelTime() })
	return &reader{t, ctx}
}

func (r *reader) do(steps ...chromedp.Action[chromedp.Void]) {
	r.t.Helper()
	for i, step := range steps {
		if err := chromedp.Do(r.ctx, step); err != nil {
			page, _ := chromedp.Run(r.ctx, chromedp.OuterHTML(chromedp.CSS("html"))) // only to say more
			r.t.Fatalf("step %d: %v\n%s", i+1, err, page)
		}
	}
}

// press presses the button that says a text, and waits until the page says another.
func (r *reader) press(button, says string) {
	r.t.Helper()
	r.do(chromedp.Click(fmt.Sprintf(`//button[contains(., %q)]`, button)),
		chromedp.WaitVisible(fmt.Sprintf(`//*[@role="status"][contains(normalize-space(.), %q)]`, says)))
}

// picture keeps what is seen, if somebody wants to look.
func (r *reader) picture(name string) {
	r.t.Helper()
	if *pictures == "" {
		return
	}
	png, err := chromedp.Run(r.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(*pictures, name+".png"), png, 0o600)
	}
	if err != nil {
		r.t.Error(err)
	}
}

// A client asks for less and less on a phone, in either language.
func TestBrowserClientUnsubscribesStepByStep(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	server := httptest.NewServer(k.server.echo)
	t.Cleanup(server.Close)
	r := newReader(t)
	for locale, words := range map[string][][2]string{
		"en": {
			{"At most one letter in two months", "From now on: at most one letter in two months."},
			{"No more letters of “Letters about compressed air”", "Other letters still may."},
			{"Unsubscribe from all automated letters", "We will not write to this address automatically any more."},
		},
		"ru": {
			{"Не чаще одного письма в два месяца", "Теперь так: не чаще одного письма в два месяца."},
			{"Больше не присылать «Письма о сжатом воздухе»", "Другие письма могут приходить."},
			{"Отписаться от всех автоматических писем", "Больше мы не будем писать на этот адрес автоматически."},
		},
	} {
		k.client(locale, map[string]any{"category": "C", "locale": locale})
		path := k.link(k.sent(locale, monday), token.Unsubscribe, 0)
		r.do(chromedp.Navigate(server.URL+path), chromedp.WaitVisible(chromedp.CSS("form.choices")))
		r.picture(locale + "-asks")
		for i, w := range words {
			r.press(w[0], w[1])
			r.picture(fmt.Sprintf("%s-%d", locale, i+1))
		}
		wide, err := chromedp.Run(r.ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth <= window.innerWidth`))
		if err != nil || !wide {
			t.Errorf("the page is wider than the phone: %v", err)
		}
		r.do(chromedp.WaitNotPresent(chromedp.CSS("button")))
	}
	if n := k.count("SELECT count(*) FROM preferences WHERE letters_every = '2mo'"); n != 2 {
		t.Errorf("%d preferences", n)
	}
	if n := k.count("SELECT count(*) FROM suppressions"); n != 4 {
		t.Errorf("%d suppressions", n)
	}
}
