package api

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestHooksThatAreNotInTheSettingsDoNotExist(t *testing.T) {
	t.Parallel()
	k := &hookKit{kit: newKit(t)}
	for _, name := range []string{"generic", "ses", "sendgrid", "mailgun", "postmark", "mailjet", "..", "SES"} {
		if got := k.post(name, hookPost{"{}", []string{"Content-Type: application/json"}}); got != 404 {
			t.Errorf("%s: %d, want 404", name, got)
		}
	}
	if got := k.send("POST", "/hooks/ses", "{}"); !strings.Contains(got.Body, "not set up") || !strings.HasPrefix(got.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("whoever sets it up reads %q", got.Body)
	}
	for _, method := range []string{"GET", "HEAD", "PUT"} {
		if got := k.send(method, "/hooks/generic", nil).Status; got != 405 {
			t.Errorf("%s: %d, want 405", method, got)
		}
	}
}

func TestTheGenericHookNeedsNothingButItsSecret(t *testing.T) {
	t.Parallel()
	k := &hookKit{kit: bareKit(t, func(o *Options) { o.GenericHook = genericSecret })} // nothing is published
	post := signGeneric(time.Now(), false, `{"type":"delivered","data":{}}`)
	if got := k.post("generic", post); got != 200 || k.kept("generic") != 1 {
		t.Errorf("answered %d, %d kept", got, k.kept("generic"))
	}
	if got := k.post("ses", post); got != 404 {
		t.Errorf("ses: %d, want 404", got)
	}
}

func TestAHookWithoutItsSecretLosesNothing(t *testing.T) {
	t.Parallel()
	k := &hookKit{kit: bareKit(t)}
	k.publishWith("\nhooks: { mailgun: { key: \"env:NOT_SET_ANYWHERE\" }, sendgrid: { key: \"file:/etc/hostname\" } }\n")
	for _, name := range []string{"mailgun", "sendgrid"} {
		if got := k.post(name, hookPost{"{}", []string{"Content-Type: application/json"}}); got != 503 {
			t.Errorf("%s: %d, want 503: it comes again when we can check it", name, got)
		}
	}
	if log := k.log.String(); !strings.Contains(log, "NOT_SET_ANYWHERE") {
		t.Errorf("the log does not say what to do: %s", log)
	}
}

// Whoever sets the generic hook up by hand finds in the log what is wrong with his post;
// the answer tells strangers nothing.
func TestTheLogSaysWhyAPostIsNotBelieved(t *testing.T) {
	t.Parallel()
	body := `{"type":"delivered","data":{}}`
	for name, test := range map[string]struct {
		post hookPost
		log  string
	}{
		"without headers":     {hookPost{body, []string{"Content-Type: application/json"}}, "a header is missing: webhook-id, webhook-timestamp, webhook-signature"},
		"an hour old":         {signGeneric(time.Now().Add(-time.Hour), false, body), "webhook-timestamp is not within five minutes of our clock"},
		"with another secret": {signGeneric(time.Now(), true, body), "the signature does not match"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := &hookKit{kit: bareKit(t, func(o *Options) { o.GenericHook = genericSecret })}
			got := k.send("POST", "/hooks/generic", test.post.body, append([]string{"Authorization: "}, test.post.headers...)...)
			if got.Status != 401 || got.Body != "" {
				t.Errorf("answered %d %q, want 401 and no word", got.Status, got.Body)
			}
			if log := k.log.String(); !strings.Contains(log, test.log) {
				t.Errorf("the log does not say %q: %s", test.log, log)
			}
		})
	}
}

func TestWhileTheDatabaseIsAwayProvidersKeepTheirPosts(t *testing.T) {
	t.Parallel()
	k := newHookKit(t)
	good, bad := signMailgun(time.Now(), false, `{"event":"delivered"}`), signMailgun(time.Now(), true, `{"event":"failed"}`)
	if got := k.post("mailgun", bad); got != 401 { // the settings are known now
		t.Fatal(got)
	}
	k.db.Close()
	if got := k.post("mailgun", good); got != 503 {
		t.Errorf("answered %d, want 503", got)
	}
	if got := k.post("mailgun", bad); got != 401 {
		t.Errorf("a bad one is answered %d, want 401 without asking the database", got)
	}
}

// floodPosts is how many bad posts the test sends; BenchmarkBadPosts tells what one costs.
const floodPosts = 5000

// It is alone in the process, for the heap is everybody's.
func TestAFloodOfBadSignaturesCostsNothing(t *testing.T) {
	k := newHookKit(t)
	p := hookProviders()
	post := make([]hookPost, len(p))
	for i := range p {
		post[i] = p[i].sign(time.Now(), true, p[i].thing("flood"))
		k.answers(t, &p[i], post[i], 401)
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	k.db.Close() // whoever asked the database would get 503
	began := time.Now()
	for i := range floodPosts {
		q := i % len(p)
		if got := k.post(p[q].name, post[q]); got != 401 {
			t.Fatalf("post %d is answered %d, want 401", i, got)
		}
	}
	took := time.Since(began)
	runtime.GC()
	runtime.ReadMemStats(&after)
	lines := strings.Count(k.log.String(), "posts to a hook were turned away")
	t.Logf("%d bad posts in %s (%s each, so %s for 100,000), heap %+d KiB, %d log lines, 0 questions to the database",
		floodPosts, took.Round(time.Millisecond), (took / floodPosts).Round(time.Microsecond), (took / floodPosts * 100_000).Round(time.Millisecond),
		(int64(after.HeapAlloc)-int64(before.HeapAlloc))>>10, lines)
	if lines != len(p) {
		t.Errorf("%d log lines, want one for each of %d providers", lines, len(p))
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 8<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	runtime.KeepAlive(k)
}

func BenchmarkBadPosts(b *testing.B) {
	k := newHookKit(b)
	for _, p := range hookProviders() {
		b.Run(p.name, func(b *testing.B) {
			post := p.sign(time.Now(), true, p.thing("flood"))
			b.ReportAllocs()
			for b.Loop() {
				if got := k.post(p.name, post); got != 401 {
					b.Fatal(got)
				}
			}
		})
	}
}

func TestPostsThatWereTurnedAwayAreCountedInTheLog(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey {
			return slog.Attr{}
		}
		return a
	}}))
	h := newHooks()
	for i := range 7 {
		h.note(logger, "ses", http.StatusUnauthorized, errors.New("wrong"+fmt.Sprint(i)))
	}
	h.note(logger, "ses", http.StatusServiceUnavailable, errors.New("away"))
	kind := turning{"ses", http.StatusUnauthorized}
	h.tell(logger, kind) // a minute later
	h.tell(logger, kind) // and another, in which none came
	h.note(logger, "ses", http.StatusUnauthorized, errors.New("later"))
	want := "provider=ses status=401 posts=1 err=wrong0\nprovider=ses status=503 posts=1 err=away\nprovider=ses status=401 posts=6 err=wrong6\nprovider=ses status=401 posts=1 err=later\n"
	if diff := cmp.Diff(want, log.String()); diff != "" {
		t.Errorf("the log (-want +got):\n%s", diff)
	}
}

func TestCertificatesAreFetchedRarely(t *testing.T) {
	t.Parallel()
	k := newHookKit(t)
	k.amazon.answer = func(*http.Request) (int, string, string) { return http.StatusNotFound, "", "" }
	for i := range 40 { // addresses that could be Amazon's, and a topic that somebody knows
		post := signSES(time.Now(), true, "{}")
		post.body = strings.Replace(post.body, "0123456789abcdef", fmt.Sprintf("%032x", i), 1)
		if got := k.post("ses", post); got != 503 {
			t.Fatalf("answered %d, want 503", got)
		}
	}
	if n := len(k.amazon.asked); n != fetchesInMinute {
		t.Errorf("Amazon was asked %d times in a minute, want %d", n, fetchesInMinute)
	}
	for _, address := range []string{
		"http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem", "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-1.pem",
		"https://evil.example/SimpleNotificationService-1.pem", "https://sns.eu-west-1.amazonaws.com/../SimpleNotificationService-1.pem",
		"https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem?x", "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem\n",
		"https://bucket.s3.amazonaws.com/SimpleNotificationService-1.pem", "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-1.pem", "",
	} {
		m := notification("MessageId", address)
		m["SigningCertURL"] = address
		if got := k.post("ses", signSNS(true, m)); got != 401 {
			t.Errorf("%q: answered %d, want 401", address, got)
		}
	}
	if n := len(k.amazon.asked); n != fetchesInMinute {
		t.Errorf("%q was asked for", k.amazon.asked[fetchesInMinute:])
	}
}
