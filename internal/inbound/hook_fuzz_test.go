package inbound

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/tools/txtar"
)

// fuzzEvents reads what a provider may send, beginning with what it documents.
func fuzzEvents(f *testing.F, name string) {
	archive, err := txtar.ParseFile("testdata/hooks/" + name + ".txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range archive.Files {
		if strings.HasSuffix(file.Name, ".json") {
			f.Add(file.Data)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		events, err := Providers[name].Events(raw)
		if err != nil && len(events) > 0 {
			t.Errorf("%v beside %v", events, err)
		}
		for _, e := range events {
			checkHookEvent(t, e)
		}
	})
}

// checkHookEvent holds what everybody who gets an event relies on.
func checkHookEvent(t *testing.T, e Event) {
	t.Helper()
	if genericKinds[string(e.Kind)] != e.Kind || e.Kind == Bounced && !genericClasses[e.Class] {
		t.Errorf("kind %q, class %q", e.Kind, e.Class)
	}
	if y := e.At.Year(); !e.At.IsZero() && (y < 2000 || y > 2200) {
		t.Errorf("it happened at %s", e.At)
	}
	if (e.Kind == Replied || e.Kind == AutoReplied) != (e.Answer != nil) || e.Number < 0 {
		t.Errorf("%s: answer %v, number %d", e.Kind, e.Answer, e.Number)
	}
	for _, text := range append([]string{e.Recipient, e.Status, e.Diagnostic, e.UserAgent, e.Address, e.URL, e.Actor}, e.Refs...) {
		if len(text) > addressLimit || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
			t.Errorf("%q cannot be stored and shown", text)
		}
	}
	if e.Answer != nil && (len(e.Answer.Text) > linesLimit || !utf8.ValidString(e.Answer.Text) || strings.Contains(e.Answer.Text, "\x00")) {
		t.Errorf("text %q", e.Answer.Text)
	}
}

func FuzzGenericEvents(f *testing.F)  { fuzzEvents(f, "generic") }
func FuzzSESEvents(f *testing.F)      { fuzzEvents(f, "ses") }
func FuzzSendGridEvents(f *testing.F) { fuzzEvents(f, "sendgrid") }
func FuzzMailgunEvents(f *testing.F)  { fuzzEvents(f, "mailgun") }
func FuzzPostmarkEvents(f *testing.F) { fuzzEvents(f, "postmark") }

// fuzzNow is when fuzzed posts come.
var fuzzNow = time.Unix(1_760_000_000, 0)

var errNoCertificate = errors.New("no certificate")

// fuzzKeys are of the kind that each provider needs.
var fuzzKeys = map[string]Keys{
	"generic":  {Secret: "whsec_c2V2ZW50aCBob29rIHNlY3JldCE="},
	"ses":      {Topics: []string{"arn:aws:sns:eu-west-1:123456789012:seventh"}, Certificate: func(context.Context, string) (*x509.Certificate, error) { return nil, errNoCertificate }},
	"sendgrid": {Secret: "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzplybdC+u4CwrqDqBaWjcMMsTbhdbcwHBcepxo7yAQGhHPTnlvFYPAZFceEu/1FwCM/QmGUhA=="},
	"mailgun":  {Secret: "key"},
	"postmark": {User: "seventh", Secret: "hunter2"},
}

// FuzzReceive posts anything to every provider: nobody who has not the keys gets in, and
// nothing is asked for that is not Amazon's.
func FuzzReceive(f *testing.F) {
	at := fmt.Sprint(fuzzNow.Unix())
	for _, contentType := range []string{"application/json", "text/plain; charset=UTF-8", "", "a/b;c=\"", "application/json;;"} {
		f.Add(contentType, "a", at, "v1,AAAA", []byte(`{"type":"delivered"}`))
		f.Add(contentType, "a", at, "MEUCIQ==", []byte(`[{"event":"delivered"}]`))
		f.Add(contentType, "a", at, "Basic c2V2ZW50aDpodW50ZXIz", []byte(`{"signature":{"timestamp":"1760000000","token":"a","signature":"00"},"event-data":{}}`))
		f.Add(contentType, "arn:aws:sns:eu-west-1:123456789012:seventh", at, "", []byte(`{"Type":"SubscriptionConfirmation","MessageId":"m","TopicArn":"arn:aws:sns:eu-west-1:123456789012:seventh",
			"Timestamp":"2025-10-09T08:53:20.000Z","SignatureVersion":"2","Signature":"AAAA","SigningCertURL":"https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem"}`))
	}
	f.Fuzz(func(t *testing.T, contentType, id, at, signature string, body []byte) {
		header := make(http.Header)
		header.Set("Content-Type", contentType)
		header.Set("webhook-id", id)
		header.Set("webhook-timestamp", at)
		header.Set("webhook-signature", signature)
		header.Set("X-Twilio-Email-Event-Webhook-Timestamp", at)
		header.Set("X-Twilio-Email-Event-Webhook-Signature", signature)
		header.Set("Authorization", signature)
		for name, provider := range Providers {
			received, err := provider.Receive(t.Context(), Post{header, body}, fuzzKeys[name], fuzzNow)
			if err == nil || len(received.Items) > 0 || received.Confirm != "" {
				t.Errorf("%s let it in: %+v, %v", name, received, err)
			}
			if !errors.Is(err, ErrRefused) && !errors.Is(err, ErrType) && !errors.Is(err, errNoCertificate) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// FuzzItems splits posts whose signature is right, whatever is in them.
func FuzzItems(f *testing.F) {
	f.Add("id", []byte(`[{"sg_event_id":"a","event":"open"},{"sg_event_id":"a"}]`))
	f.Add("\x00", []byte(`{"RecordType":"Bounce","ID":4323372036854775807}`))
	f.Fuzz(func(t *testing.T, id string, body []byte) {
		if strings.ContainsAny(id, "\r\n") {
			return // no header can have it
		}
		at := fmt.Sprint(fuzzNow.Unix())
		mac := hmac.New(sha256.New, []byte("seventh hook secret!"))
		mac.Write([]byte(id + "." + at + "." + string(body)))
		header := make(http.Header)
		header.Set("Content-Type", "application/json")
		header.Set("webhook-id", id)
		header.Set("webhook-timestamp", at)
		header.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("seventh:hunter2")))
		items := sendGridItems(body)
		for _, name := range []string{"generic", "postmark"} {
			received, err := Providers[name].Receive(t.Context(), Post{header, body}, fuzzKeys[name], fuzzNow)
			if err != nil && id != "" {
				t.Errorf("%s: %v", name, err)
			}
			items = append(items, received.Items...)
		}
		for _, item := range items {
			if item.Key == "" || len(item.Key) > 2*keyLimit || !utf8.ValidString(item.Key) || strings.Contains(item.Key, "\x00") {
				t.Errorf("the key %q cannot be stored", item.Key)
			}
		}
	})
}
