package api

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"seventh/internal/inbound"
)

// hookCases are what every provider is put through. A case says what came of it, or
// fails the test; "-" is for one that does not concern the provider.
var hookCases = []struct {
	name string
	play func(t *testing.T, k *hookKit, p *hookProvider) string
}{
	{"documented payloads", func(t *testing.T, k *hookKit, p *hookProvider) string {
		payloads := documented(t, p.name)
		for _, payload := range payloads {
			if p.name == "mailgun" {
				var post map[string]json.RawMessage
				if err := json.Unmarshal([]byte(payload), &post); err != nil {
					t.Fatal(err)
				}
				payload = string(post["event-data"])
			}
			k.answers(t, p, p.sign(time.Now(), false, payload), 200)
		}
		return fmt.Sprintf("200, %d kept", k.kept(p.name))
	}},
	{"one bit of the body flipped", func(t *testing.T, k *hookKit, p *hookProvider) string {
		if p.name == "postmark" {
			return "-" // nothing is signed
		}
		post := p.sign(time.Now(), false, p.thing("flipped"))
		at := strings.Index(post.body, "flipped")
		if p.name == "mailgun" { // of the body only this is signed
			at = strings.Index(post.body, `"token":"`) + len(`"token":"`)
		}
		post.body = post.body[:at] + string(post.body[at]^1) + post.body[at+1:]
		return k.refuses(t, p, post, 401)
	}},
	{"one bit of the signature flipped", func(t *testing.T, k *hookKit, p *hookProvider) string {
		post := p.sign(time.Now(), false, p.thing("flipped-signature"))
		switch p.name {
		case "ses", "mailgun":
			var body map[string]any
			if err := json.Unmarshal([]byte(post.body), &body); err != nil {
				t.Fatal(err)
			}
			if p.name == "ses" {
				body["Signature"] = flipped(t, body["Signature"].(string))
			} else {
				signature := body["signature"].(map[string]any)
				text := signature["signature"].(string)
				signature["signature"] = text[:len(text)-1] + map[bool]string{true: "1", false: "0"}[text[len(text)-1] == '0']
			}
			raw, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			post.body = string(raw)
		default:
			for i, header := range post.headers {
				for _, name := range []string{"webhook-signature: v1,b2xk v1a,b2xk v1,", "X-Twilio-Email-Event-Webhook-Signature: ", "Authorization: Basic "} {
					if text, ok := strings.CutPrefix(header, name); ok {
						post.headers[i] = name + flipped(t, text)
					}
				}
			}
		}
		return k.refuses(t, p, post, 401)
	}},
	{"stale, and from the future", func(t *testing.T, k *hookKit, p *hookProvider) string {
		if p.stale == 0 {
			return "-" // there is no time in it
		}
		k.refuses(t, p, p.sign(time.Now().Add(20*time.Minute), false, p.thing("future")), 401)
		return k.refuses(t, p, p.sign(time.Now().Add(-p.stale), false, p.thing("stale")), 401)
	}},
	{"replayed 50 times", func(t *testing.T, k *hookKit, p *hookProvider) string {
		before, post := k.kept(p.name), p.sign(time.Now(), false, p.thing("replayed"))
		for range 50 {
			k.answers(t, p, post, 200)
		}
		return k.keeps(t, p, before+1)
	}},
	{"out of order", func(t *testing.T, k *hookKit, p *hookProvider) string {
		before := k.kept(p.name)
		for _, minutes := range []time.Duration{0, -3, -1, -4, -2} {
			k.answers(t, p, p.sign(time.Now().Add(minutes*time.Minute), false, ownID(p, p.thing(fmt.Sprint("ordered", minutes)), int(-minutes))), 200)
		}
		return k.keeps(t, p, before+5)
	}},
	{"a name twice", func(t *testing.T, k *hookKit, p *hookProvider) string {
		post := p.sign(time.Now(), false, p.twice)
		if !p.twiceKept {
			return k.refuses(t, p, post, 401)
		}
		before := k.kept(p.name)
		k.answers(t, p, post, 200)
		var raw []byte
		if err := k.db.QueryRow(t.Context(), "SELECT raw FROM evidence WHERE origin = $1 ORDER BY id DESC LIMIT 1", p.name).Scan(&raw); err != nil {
			t.Fatal(err)
		}
		if events, err := inbound.Providers[p.name].Events(raw); err == nil {
			t.Errorf("%s: a thing that can be read in two ways was read as %v", p.name, events)
		}
		return k.keeps(t, p, before+1) + ", put aside when read"
	}},
	{"a body of 1.1 MiB", func(t *testing.T, k *hookKit, p *hookProvider) string {
		return k.refuses(t, p, p.sign(time.Now(), false, `{"x":"`+strings.Repeat("x", 11<<20/10)+`"}`), 413)
	}},
	{"a gzip bomb", func(t *testing.T, k *hookKit, p *hookProvider) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		for range 64 {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		post := p.sign(time.Now(), false, p.thing("bomb"))
		post.body, post.headers = b.String(), append(post.headers, "Content-Encoding: gzip")
		return k.refuses(t, p, post, 415)
	}},
	{"a wrong content type", func(t *testing.T, k *hookKit, p *hookProvider) string {
		post := p.sign(time.Now(), false, p.thing("form"))
		post.headers = append(post.headers, "Content-Type: application/x-www-form-urlencoded")
		k.refuses(t, p, post, 415)
		post.headers = append(post.headers, "Content-Type: ")
		return k.refuses(t, p, post, 415)
	}},
	{"no signature", func(t *testing.T, k *hookKit, p *hookProvider) string {
		contentType := "Content-Type: application/json"
		for _, body := range []string{p.thing("unsigned"), "", "{}", "null", "[]", `{"signature":{}}`, strings.Repeat("[", 100_000)} {
			k.refuses(t, p, hookPost{body, []string{contentType}}, 401)
		}
		return k.refuses(t, p, hookPost{p.thing("unsigned"), []string{contentType}}, 401)
	}},
	{"signed by somebody else", func(t *testing.T, k *hookKit, p *hookProvider) string {
		return k.refuses(t, p, p.sign(time.Now(), true, p.thing("foreign")), 401)
	}},
	{"another's topic, rightly signed", func(t *testing.T, k *hookKit, p *hookProvider) string {
		if p.name != "ses" {
			return "-"
		}
		return k.refuses(t, p, signSNS(false, notification("TopicArn", "arn:aws:sns:eu-west-1:666666666666:seventh")), 401)
	}},
	{"subscription to elsewhere", func(t *testing.T, k *hookKit, p *hookProvider) string {
		if p.name != "ses" {
			return "-"
		}
		return k.subscribes(t, p)
	}},
	{"big numbers keep their digits", func(t *testing.T, k *hookKit, p *hookProvider) string {
		thing := ownID(p, p.thing("bigint"), 9)
		k.answers(t, p, p.sign(time.Now(), false, thing), 200)
		n := k.count("SELECT count(*) FROM evidence WHERE origin = $1 AND position('9007199254740993'::bytea in raw) > 0", p.name)
		if n == 0 {
			t.Errorf("%s: the digits of a big number are lost", p.name)
		}
		return "kept exactly"
	}},
}

// ownID gives things of Postmark an id of their own, as that is what tells them apart.
func ownID(p *hookProvider, thing string, n int) string {
	if p.name != "postmark" || n == 9 {
		return thing
	}
	return strings.Replace(thing, `"ID":9007199254740993`, fmt.Sprintf(`"ID":%d`, n), 1)
}

func notification(name, value string) map[string]string {
	m := map[string]string{"Type": "Notification", "MessageId": "m-" + value, "TopicArn": hookTopic, "Message": "{}", "Timestamp": time.Now().UTC().Format(time.RFC3339)}
	m[name] = value
	return m
}

func flipped(t *testing.T, text string) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)-1] ^= 1
	return base64.StdEncoding.EncodeToString(raw)
}

func (k *hookKit) answers(t *testing.T, p *hookProvider, post hookPost, want int) {
	t.Helper()
	if got := k.post(p.name, post); got != want {
		t.Errorf("%s: answered %d, want %d; body %.300s", p.name, got, want, post.body)
	}
}

// refuses posts something that must leave nothing behind.
func (k *hookKit) refuses(t *testing.T, p *hookProvider, post hookPost, want int) string {
	t.Helper()
	before := k.kept(p.name)
	k.answers(t, p, post, want)
	k.keeps(t, p, before)
	return fmt.Sprintf("%d, 0 rows", want)
}

func (k *hookKit) keeps(t *testing.T, p *hookProvider, want int) string {
	t.Helper()
	if got := k.kept(p.name); got != want {
		t.Errorf("%s: %d pieces of evidence are kept, want %d", p.name, got, want)
	}
	return "200, once each"
}

// subscribes asks us to confirm subscriptions at addresses that are not Amazon's, over a
// real client: nothing may be asked for, here or there.
func (k *hookKit) subscribes(t *testing.T, p *hookProvider) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var connections atomic.Int32
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			c.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	subscription := func(address string) map[string]string {
		m := notification("Type", "SubscriptionConfirmation")
		m["SubscribeURL"], m["Token"], m["MessageId"] = address, "token", address
		return m
	}
	k.answers(t, p, signSNS(false, notification("MessageId", "fetches the certificate")), 200)
	asked := len(k.amazon.asked)
	for _, address := range []string{
		"http://169.254.169.254/latest/meta-data/", "https://169.254.169.254/", "http://localhost:" + port + "/", "https://localhost:" + port + "/",
		"https://127.0.0.1:" + port + "/", "https://[::1]:" + port + "/", "http://sns.eu-west-1.amazonaws.com/?Token=token",
		"https://sns.eu-west-1.amazonaws.com@127.0.0.1:" + port + "/", "https://sns.eu-west-1.amazonaws.com.evil.example/", "https://sns.eu-west-1.amazonaws.com:" + port + "/",
		"https://evil.example/sns.eu-west-1.amazonaws.com", "https://sns.us-east-1.amazonaws.com/", "//sns.eu-west-1.amazonaws.com/", "file:///etc/passwd", "",
	} {
		k.refuses(t, p, signSNS(false, subscription(address)), 401)
		k.refuses(t, p, signSNS(true, subscription(address)), 401)
	}
	k.refuses(t, p, signSNS(true, subscription("https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=token")), 401)
	k.amazon.mu.Lock()
	if got := k.amazon.asked[asked:]; len(got) > 0 {
		t.Errorf("%v was asked for", got)
	}
	k.amazon.mu.Unlock()
	// One that is Amazon's, and leads elsewhere.
	k.amazon.answer = func(*http.Request) (int, string, string) {
		return http.StatusFound, "", "http://127.0.0.1:" + port + "/"
	}
	good := subscription("https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=x&Token=token")
	k.refuses(t, p, signSNS(false, good), 503)
	k.amazon.answer = func(*http.Request) (int, string, string) { return http.StatusOK, "<ConfirmSubscriptionResponse/>", "" }
	good["MessageId"] = "again"
	k.refuses(t, p, signSNS(false, good), 200)
	good["Type"], good["MessageId"] = "UnsubscribeConfirmation", "leaves"
	k.refuses(t, p, signSNS(false, good), 200)
	k.amazon.mu.Lock()
	defer k.amazon.mu.Unlock()
	want := "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=token&TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A123456789012%3Aseventh"
	if got := k.amazon.asked[asked:]; len(got) != 2 || got[0] != want || got[1] != want {
		t.Errorf("asked for %q, want twice %s", got, want)
	}
	listener.Close()
	<-done
	if n := connections.Load(); n > 0 {
		t.Errorf("%d connections were made to where no one may lead us", n)
	}
	return "401, 0 outbound"
}

// TestEveryProviderThroughEveryCase is reliability by table: the cases down, the providers across.
func TestEveryProviderThroughEveryCase(t *testing.T) {
	t.Parallel()
	k := newHookKit(t)
	providers := hookProviders()
	if len(providers) != len(inbound.Providers) {
		t.Errorf("%d providers are tested, there are %d", len(providers), len(inbound.Providers))
	}
	matrix := fmt.Sprintf("%-34s", "")
	for _, p := range providers {
		matrix += fmt.Sprintf("%-36s", p.name)
	}
	for _, c := range hookCases {
		matrix += fmt.Sprintf("\n%-34s", c.name)
		for i := range providers {
			matrix += fmt.Sprintf("%-36s", c.play(t, k, &providers[i]))
		}
	}
	t.Logf("%d cases × %d providers\n%s", len(hookCases), len(providers), matrix)
}
