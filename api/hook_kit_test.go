package api

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"crypto"

	"golang.org/x/tools/txtar"

	"seventh/internal/content"
)

// hookPost is a post as a provider makes it: its body, and headers as "Name: value".
type hookPost struct {
	body    string
	headers []string
}

// hookProvider is one of the providers, as it posts.
type hookProvider struct {
	name string
	// thing is what it tells, in its own form; things with another id are others.
	thing func(id string) string
	// sign makes a post of one or more things, at a time, with the right keys or those of somebody else.
	sign func(at time.Time, foreign bool, things ...string) hookPost
	// twice is a thing in which a name stands twice, though its signature is right; kept
	// says that it is kept, for people to look at, as it is certainly the provider's.
	twice     string
	twiceKept bool
	stale     time.Duration // 0: its posts have no time
}

const (
	hookTopic    = "arn:aws:sns:eu-west-1:123456789012:seventh"
	hookCertPath = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
)

// The keys of the providers, and of somebody else.
var hookSecrets = sync.OnceValue(func() (s struct {
	rsa, foreignRSA     *rsa.PrivateKey
	ecdsa, foreignECDSA *ecdsa.PrivateKey
	pem, sendGrid       string
}) {
	var err error
	must := func(e error) {
		if e != nil {
			panic(e)
		}
	}
	s.rsa, err = rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	s.foreignRSA, err = rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	s.ecdsa, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	s.foreignECDSA, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sns.amazonaws.com"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, s.rsa.Public(), s.rsa)
	must(err)
	s.pem = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	public, err := x509.MarshalPKIXPublicKey(s.ecdsa.Public())
	must(err)
	s.sendGrid = base64.StdEncoding.EncodeToString(public)
	return s
})

var genericSecret = "whsec_" + base64.StdEncoding.EncodeToString([]byte("a secret of twenty-four."))

func hmacOf(key, text string) []byte {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

func unix(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }

func keyFor(right string, foreign bool) string {
	if foreign {
		return right + "!"
	}
	return right
}

// hookProviders are all of them. A new one gets a row here.
func hookProviders() []hookProvider {
	return []hookProvider{
		{name: "generic", stale: 6 * time.Minute, sign: signGeneric, twice: `{"type":"delivered","type":"bounced","data":{"message_id":7}}`, twiceKept: true,
			thing: func(id string) string {
				return `{"type":"delivered","data":{"message_id":9007199254740993,"recipient":"` + id + `@example.com"}}`
			}},
		{name: "ses", stale: 80 * time.Minute, sign: signSES, twice: `{"eventType":"Delivery","eventType":"Bounce"}`, twiceKept: true,
			thing: func(id string) string {
				return `{"eventType":"Delivery","n":9007199254740993,"delivery":{"recipients":["` + id + `@example.com"]}}`
			}},
		{name: "sendgrid", stale: 26 * time.Hour, sign: signSendGrid, twice: `{"event":"delivered","event":"bounce","sg_event_id":"twice"}`, twiceKept: true,
			thing: func(id string) string {
				return `{"event":"delivered","sg_event_id":"` + id + `","n":9007199254740993,"email":"` + id + `@example.com"}`
			}},
		{name: "mailgun", stale: 10 * time.Hour, sign: signMailgun, twice: `{"event":"delivered","event":"failed"}`,
			thing: func(id string) string {
				return `{"event":"delivered","n":9007199254740993,"recipient":"` + id + `@example.com"}`
			}},
		{name: "postmark", sign: signPostmark, twice: `{"RecordType":"Delivery","RecordType":"Bounce"}`, twiceKept: true,
			thing: func(id string) string {
				return `{"RecordType":"Delivery","ID":9007199254740993,"Recipient":"` + id + `@example.com","MessageID":"` + id + `"}`
			}},
	}
}

func signGeneric(at time.Time, foreign bool, things ...string) hookPost {
	body := things[0]
	id := fmt.Sprintf("msg_%x", sha256.Sum256([]byte(body)))[:20]
	signature := "v1," + base64.StdEncoding.EncodeToString(hmacOf(keyFor("a secret of twenty-four.", foreign), id+"."+unix(at)+"."+body))
	// While a secret is changed there are two signatures.
	return hookPost{body, []string{"webhook-id: " + id, "webhook-timestamp: " + unix(at), "webhook-signature: v1,b2xk v1a,b2xk " + signature, "Content-Type: application/json"}}
}

func signSendGrid(at time.Time, foreign bool, things ...string) hookPost {
	body := "[" + strings.Join(things, ",") + "]"
	key := hookSecrets().ecdsa
	if foreign {
		key = hookSecrets().foreignECDSA
	}
	hash := sha256.Sum256([]byte(unix(at) + body))
	signature, err := ecdsa.SignASN1(rand.Reader, key, hash[:])
	if err != nil {
		panic(err)
	}
	return hookPost{body, []string{"X-Twilio-Email-Event-Webhook-Timestamp: " + unix(at), "Content-Type: application/json",
		"X-Twilio-Email-Event-Webhook-Signature: " + base64.StdEncoding.EncodeToString(signature)}}
}

func signMailgun(at time.Time, foreign bool, things ...string) hookPost {
	token := fmt.Sprintf("%x", sha256.Sum256([]byte(things[0])))[:50]
	signature := fmt.Sprintf("%x", hmacOf(keyFor("mailgun-signing-key", foreign), unix(at)+token))
	body := fmt.Sprintf(`{"signature":{"timestamp":"%s","token":"%s","signature":"%s"},"event-data":%s}`, unix(at), token, signature, things[0])
	return hookPost{body, []string{"Content-Type: application/json"}}
}

func signPostmark(_ time.Time, foreign bool, things ...string) hookPost {
	login := base64.StdEncoding.EncodeToString([]byte("seventh:" + keyFor("hunter2", foreign)))
	return hookPost{things[0], []string{"Authorization: Basic " + login, "Content-Type: application/json"}}
}

func signSES(at time.Time, foreign bool, things ...string) hookPost {
	return signSNS(foreign, map[string]string{
		"Type": "Notification", "MessageId": fmt.Sprintf("%x", sha256.Sum256([]byte(things[0])))[:36], "TopicArn": hookTopic, "Subject": "Amazon SES",
		"Message": things[0], "Timestamp": at.UTC().Format("2006-01-02T15:04:05.000Z"),
	})
}

// signSNS signs a message of SNS, with what it does not say itself.
func signSNS(foreign bool, m map[string]string) hookPost {
	order := []string{"Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"}
	if m["Type"] != "Notification" {
		order = []string{"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}
	}
	text := ""
	for _, name := range order {
		if value, there := m[name]; there {
			text += name + "\n" + value + "\n"
		}
	}
	key := hookSecrets().rsa
	if foreign {
		key = hookSecrets().foreignRSA
	}
	hash := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, hash[:])
	if err != nil {
		panic(err)
	}
	all := map[string]string{"SignatureVersion": "2", "SigningCertURL": hookCertPath, "Signature": base64.StdEncoding.EncodeToString(signature)}
	for name, value := range m {
		all[name] = value
	}
	body, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return hookPost{string(body), []string{"Content-Type: text/plain; charset=UTF-8", "x-amz-sns-message-type: " + m["Type"], "x-amz-sns-topic-arn: " + m["TopicArn"]}}
}

// amazon answers for Amazon without a network, and remembers what it was asked.
type amazon struct {
	mu     sync.Mutex
	asked  []string
	answer func(r *http.Request) (status int, body, location string)
}

func (a *amazon) RoundTrip(r *http.Request) (*http.Response, error) {
	a.mu.Lock()
	a.asked = append(a.asked, r.URL.String())
	a.mu.Unlock()
	status, body, location := http.StatusOK, hookSecrets().pem, ""
	if a.answer != nil && r.URL.String() != hookCertPath {
		status, body, location = a.answer(r)
	}
	return &http.Response{
		StatusCode: status, Status: strconv.Itoa(status), Header: http.Header{"Location": {location}}, Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}, nil
}

// hookKit is a server that knows all providers, and an Amazon.
type hookKit struct {
	*kit
	amazon *amazon
}

func newHookKit(t testing.TB) *hookKit {
	t.Helper()
	k := bareKit(t)
	dir := t.TempDir()
	secret := func(name, value string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(value+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return `"file:` + path + `"`
	}
	k.publishWith(`
hooks:
  generic: { secret: ` + secret("generic", genericSecret) + ` }
  ses: { topics: [` + secret("topic", hookTopic) + `] }
  sendgrid: { key: ` + secret("sendgrid", hookSecrets().sendGrid) + ` }
  mailgun: { key: ` + secret("mailgun", "mailgun-signing-key") + ` }
  postmark: { user: seventh, password: ` + secret("postmark", "hunter2") + ` }
`)
	a := &amazon{}
	k.server.hooks.client.Transport = a
	return &hookKit{k, a}
}

// publishWith publishes the built-in content with more settings.
func (k *kit) publishWith(settings string) {
	k.t.Helper()
	folder := make(fstest.MapFS)
	for name, body := range builtIn().Files() {
		folder[name] = &fstest.MapFile{Data: body}
	}
	folder["seventh.yaml"] = &fstest.MapFile{Data: append(bytes.Clone(folder["seventh.yaml"].Data), settings...)}
	loaded, problems, err := content.Load(fs.FS(folder))
	if err != nil || loaded == nil {
		k.t.Fatal(problems, err)
	}
	if _, err := content.Publish(k.t.Context(), k.db, loaded); err != nil {
		k.t.Fatal(err)
	}
}

// post sends a post to a hook and returns the status.
func (k *hookKit) post(name string, p hookPost) int {
	return k.send("POST", "/hooks/"+name, p.body, append([]string{"Authorization: "}, p.headers...)...).Status
}

func (k *hookKit) kept(name string) int {
	return k.count("SELECT count(*) FROM evidence WHERE source = 'hook' AND origin = $1", name)
}

// documented are the payloads that a provider documents.
func documented(t testing.TB, name string) []string {
	t.Helper()
	archive, err := txtar.ParseFile("../internal/inbound/testdata/hooks/" + name + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	var payloads []string
	for _, file := range archive.Files {
		if strings.HasSuffix(file.Name, ".json") {
			payloads = append(payloads, strings.TrimSpace(string(file.Data)))
		}
	}
	return payloads
}
