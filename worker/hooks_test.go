package worker_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"seventh/api"
	"seventh/internal/content"
	"seventh/internal/smtptest"
	"seventh/internal/store"
)

// ear is a firm whose letters have gone, with the server that providers post to.
type ear struct {
	*firm
	handler http.Handler
	list    []store.Message   // the letters
	key     *ecdsa.PrivateKey // SendGrid's
}

const earSecret = "c2V2ZW50aCBob29rIHNlY3JldCE="

// newEar sends a letter to each of n clients, over a provider that tells of it.
func newEar(t *testing.T, n int) *ear {
	t.Helper()
	f := newFirm(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	must(t, err)
	path := filepath.Join(t.TempDir(), "key")
	must(t, os.WriteFile(path, []byte(base64.StdEncoding.EncodeToString(public)), 0o600))
	settings, err := fs.ReadFile(content.BuiltIn(), "seventh.yaml")
	must(t, err)
	settings = append(settings, "\nhooks: { sendgrid: { key: \"file:"+path+"\" }, postmark: { user: seventh, password: \"file:"+path+"\" } }\n"...)
	f.publish(append(archive(hello), txtar.File{Name: "seventh.yaml", Data: settings}))
	f.invite("c", n, 2)
	server := smtptest.New(t, smtptest.Options{})
	w, _ := f.hire("sender", mailServer(t, server, 4))
	f.rest(w)
	if sent := f.count()["sent"]; sent != n {
		t.Fatalf("%d letters went, want %d", sent, n)
	}
	for _, letter := range server.Letters() {
		for _, line := range []string{"\r\nX-PM-Metadata-seventh: ", "\r\nX-PM-KeepID: true\r\n", "\r\nX-SMTPAPI: {\"unique_args\":{\"seventh\":\""} {
			if !bytes.Contains(letter.Raw, []byte(line)) {
				t.Fatalf("a letter has no %q", line)
			}
		}
	}
	handler := api.New(api.Options{
		Engine: f.engine, DB: f.db, Links: f.links, Log: f.log, PublicURL: publicURL, Key: "key", Secret: bytes.Repeat([]byte{1}, 32),
		GenericHook: "whsec_" + earSecret,
	})
	return &ear{firm: f, handler: handler, list: f.letters(""), key: key}
}

func (e *ear) post(path, body string, header http.Header) int {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header = header
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	e.handler.ServeHTTP(w, r)
	return w.Code
}

// sendGrid posts events as SendGrid does.
func (e *ear) sendGrid(events []map[string]any) {
	e.t.Helper()
	body, err := json.Marshal(events)
	must(e.t, err)
	at := strconv.FormatInt(time.Now().Unix(), 10)
	hash := sha256.Sum256([]byte(at + string(body)))
	signature, err := ecdsa.SignASN1(rand.Reader, e.key, hash[:])
	must(e.t, err)
	status := e.post("/hooks/sendgrid", string(body), http.Header{
		"X-Twilio-Email-Event-Webhook-Timestamp": {at}, "X-Twilio-Email-Event-Webhook-Signature": {base64.StdEncoding.EncodeToString(signature)},
	})
	if status != http.StatusOK {
		e.t.Fatalf("SendGrid's post is answered %d", status)
	}
}

// generic posts one event as Standard Webhooks.
func (e *ear) generic(id, body string) {
	e.t.Helper()
	key, err := base64.StdEncoding.DecodeString(earSecret)
	must(e.t, err)
	at := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + at + "." + body))
	header := make(http.Header)
	header.Set("webhook-id", id)
	header.Set("webhook-timestamp", at)
	header.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	if status := e.post("/hooks/generic", body, header); status != http.StatusOK {
		e.t.Fatalf("the generic post is answered %d", status)
	}
}

// heard waits until everything that came has been read.
func (e *ear) heard() {
	e.t.Helper()
	e.eventually("evidence to be read", func() (bool, string) {
		list, err := store.ListEvidence(e.t.Context(), e.db, store.EvidenceFilter{State: store.EvidenceWaiting, Limit: 10})
		must(e.t, err)
		return len(list) == 0, fmt.Sprint(list)
	})
}

// state is everything that evidence may change, without when and by which piece of it.
func (e *ear) state() string {
	e.t.Helper()
	rows, err := e.db.Query(e.t.Context(), `
		SELECT line FROM (
			SELECT c.external_id || ' touch ' || t.kind || ' ' || coalesce(t.actor, '') || ' ' || (t.data - 'evidence_id' - 'evidence' - 'count')::text AS line FROM touches t JOIN clients c ON c.id = t.client_id
			UNION ALL SELECT c.external_id || ' letter ' || m.state FROM messages m JOIN clients c ON c.id = m.client_id
			UNION ALL SELECT c.external_id || ' enrollment ' || e.state || ' ' || coalesce(e.end_reason, '') FROM enrollments e JOIN clients c ON c.id = e.client_id
			UNION ALL SELECT s.address || ' suppressed ' || s.scope FROM suppressions s
		) AS lines ORDER BY line`)
	must(e.t, err)
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var line string
		must(e.t, rows.Scan(&line))
		lines = append(lines, line)
	}
	must(e.t, rows.Err())
	return strings.Join(lines, "\n")
}

// A provider says what became of letters: its post is answered, read in a job, and what
// it says stands in the ledger.
func TestWhatAProviderTellsStandsInTheLedger(t *testing.T) {
	t.Parallel()
	e := newEar(t, 5)
	letters := e.list
	id := func(i int) string { return e.links.MessageID(letters[i].ID) + "@firm.example.com" }
	at := time.Now().Unix()
	e.sendGrid([]map[string]any{
		{"event": "delivered", "sg_event_id": "1", "smtp-id": "<" + id(0) + ">", "timestamp": at, "email": letters[0].Recipient},
		{"event": "bounce", "type": "bounce", "sg_event_id": "2", "seventh": e.links.MessageID(letters[1].ID), "reason": "550 5.1.1 user unknown", "timestamp": at},
		{"event": "processed", "sg_event_id": "3", "smtp-id": "<" + id(0) + ">"},
		{"event": "delivered", "sg_event_id": "4", "smtp-id": "<somebody@else.example>"},
	})
	e.generic("g1", fmt.Sprintf(`{"type":"complained","data":{"message_id":%d}}`, letters[2].ID))
	e.generic("g2", fmt.Sprintf(`{"type":"unsubscribed","data":{"message_id":"<%s>"}}`, id(3)))
	e.generic("g3", fmt.Sprintf(`{"type":"replied","data":{"message_id":"%s","recipient":"c0004@example.com"}}`, id(4)))
	e.generic("g4", `{"type":"delivered","data":{"message_id":9007199254740993}}`)
	e.generic("g5", `{"type":"delivered","type":"bounced","data":{}}`)
	e.generic("g6", fmt.Sprintf(`{"type":"bounce","data":{"message_id":%d}}`, letters[0].ID))
	e.heard()
	got := make(map[string]string)
	for _, evidence := range e.evidence() {
		got[evidence.DedupeKey] = evidence.State + ": " + evidence.Note
	}
	want := map[string]string{
		"delivered:1": "applied: delivered", "bounce:2": "applied: bounced", "processed:3": "ignored: it says nothing about a letter of ours",
		"delivered:4": "ignored: it says nothing about a letter of ours",
		"g1":          "applied: complained", "g2": "applied: unsubscribed", "g3": "applied: replied", "g4": "ignored: there is no such letter any more",
		"g5": "quarantined: it cannot be read: reading JSON: a name stands twice in one object, so that nobody can tell which of its values is meant",
		"g6": `quarantined: it cannot be read: unknown type "bounce", did you mean "bounced"? Known: auto_replied, bounced, clicked, complained, delivered, opened, replied, unsubscribed`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("evidence (-want +got):\n%s", diff)
	}
	state := e.state()
	for i, kind := range []string{"delivered", "bounced", "complained", "unsubscribed", "replied"} {
		if line := letters[i].Client + " touch " + kind; strings.Count(state, line) != 1 {
			t.Errorf("%q is not once in\n%s", line, state)
		}
	}
	for _, i := range []int{1, 2, 3} {
		if line := letters[i].Recipient + " suppressed"; !strings.Contains(state, line) {
			t.Errorf("%q is missing in\n%s", line, state)
		}
	}
}

// What cannot be applied for now waits, and is applied when it can be.
func TestEvidenceWaitsWhileItCannotBeApplied(t *testing.T) {
	t.Parallel()
	e := newEar(t, 1)
	e.exec("ALTER TABLE touches RENAME TO touches_away")
	e.generic("early", fmt.Sprintf(`{"type":"delivered","data":{"message_id":%d}}`, e.list[0].ID))
	e.eventually("the first attempt", func() (bool, string) {
		list := e.evidence()
		if list[0].Attempts > 0 && list[0].State != store.EvidenceWaiting {
			t.Fatalf("it is %s after a failure: %s", list[0].State, list[0].Note)
		}
		return list[0].Attempts > 0, fmt.Sprint(list)
	})
	e.exec("ALTER TABLE touches_away RENAME TO touches")
	e.heard()
	if list := e.evidence(); list[0].State != store.EvidenceApplied {
		t.Errorf("it is %s: %s", list[0].State, list[0].Note)
	}
}

func (e *ear) evidence() []store.Evidence {
	e.t.Helper()
	list, err := store.ListEvidence(e.t.Context(), e.db, store.EvidenceFilter{Limit: 10_000})
	must(e.t, err)
	return list
}

// storm are the histories of letters: what providers tell of one, in order.
var storm = [][]map[string]any{
	{{"event": "processed"}, {"event": "delivered"}},
	{{"event": "deferred"}, {"event": "delivered"}, {"event": "bounce", "type": "bounce", "reason": "550 5.1.1 user unknown"}},
	{{"event": "delivered"}, {"event": "spamreport"}},
	{{"event": "delivered"}, {"event": "group_unsubscribe"}},
	{{"event": "bounce", "type": "blocked", "reason": "554 5.7.1 blocked using zen.spamhaus.org"}},
	{{"event": "bounce", "type": "bounce", "reason": "452 4.2.2 mailbox full"}},
	{{"event": "delivered"}, {"event": "unsubscribe"}, {"event": "spamreport"}},
	{{"event": "dropped", "reason": "Bounced Address"}},
	{{"event": "delivered"}, {"event": "open", "sg_machine_open": true, "useragent": "Mozilla/5.0", "ip": "192.0.2.7"}},
}

const (
	stormLetters    = 32
	stormDuplicates = 46
)

// One world hears each thing once and in order; the other hears the same in any order,
// some of it again under the same id and some of it under new ones, half of it 46 times. Both end in the same state.
func TestAStormOfEventsEndsInTheSameState(t *testing.T) {
	t.Parallel()
	calm, wild := newEar(t, stormLetters), newEar(t, stormLetters)
	at := time.Now().Unix()
	tell := func(e *ear, i, j int, id string) map[string]any {
		event := map[string]any{"sg_event_id": id, "timestamp": at, "smtp-id": "<" + e.links.MessageID(e.list[i].ID) + "@firm.example.com>"}
		for name, value := range storm[i%len(storm)][j] {
			event[name] = value
		}
		return event
	}
	random := mathrand.New(mathrand.NewPCG(46, 5))
	var loud []map[string]any
	for i := range stormLetters {
		for j := range storm[i%len(storm)] {
			id := fmt.Sprintf("%d-%d", i, j)
			calm.sendGrid([]map[string]any{tell(calm, i, j, id)})
			event := tell(wild, i, j, id)
			times := 1 + random.IntN(4)
			if i < stormLetters/2 {
				times = stormDuplicates
			}
			for n := range times {
				again := make(map[string]any)
				for name, value := range event {
					again[name] = value
				}
				if n%8 == 1 {
					again["sg_event_id"] = fmt.Sprintf("%s-%d", id, n)
				}
				loud = append(loud, again)
			}
		}
	}
	random.Shuffle(len(loud), func(i, j int) { loud[i], loud[j] = loud[j], loud[i] })
	posts := 0
	for rest := loud; len(rest) > 0; posts++ {
		n := min(1+random.IntN(60), len(rest))
		wild.sendGrid(rest[:n])
		if posts%3 == 0 {
			wild.sendGrid(rest[:n]) // the answer was lost
		}
		rest = rest[n:]
	}
	calm.heard()
	wild.heard()
	t.Logf("%d letters: %d events once and in order; %d events in %d posts, of which %d are kept, in any order", stormLetters, len(calm.evidence()), len(loud), posts, len(wild.evidence()))
	if diff := cmp.Diff(calm.state(), wild.state()); diff != "" {
		t.Errorf("the worlds differ (-calm +wild):\n%s", diff)
	}
	for _, evidence := range wild.evidence() {
		if evidence.State == store.EvidenceQuarantined {
			t.Errorf("evidence %s was put aside: %s", evidence.DedupeKey, evidence.Note)
		}
	}
}
