package engine

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/inbound"
	"seventh/internal/store"
	"seventh/sequences"
)

// reject notes what became of a letter to an address, as settling it does.
func (tr *trial) reject(address string, r Result) {
	tr.t.Helper()
	tr.rejected++
	r.Letter = &Letter{ClaimedLetter: store.ClaimedLetter{MessageID: -tr.rejected}, Chunk: store.Chunk{Sender: "Ann@firm.example"}, Client: &store.Client{Address: address}}
	r.Letter.Version, r.At = &Version{Sequence: &sequences.Sequence{Name: "mass"}}, tr.now()
	err := store.Tx(tr.t.Context(), tr.pool, func(tx pgx.Tx) error { return tr.noteRejections(tr.t.Context(), tx, []Result{r}) })
	if err != nil {
		tr.t.Fatal(err)
	}
}

func (tr *trial) breakers() {
	tr.t.Helper()
	if err := tr.Breakers(tr.t.Context()); err != nil {
		tr.t.Fatal(err)
	}
}

// paused are the names of what is paused now, with the reason.
func (tr *trial) paused(kind string) map[string]*store.Pause {
	tr.t.Helper()
	pauses, err := tr.Pauses(tr.t.Context(), tr.pool, kind, tr.now())
	if err != nil {
		tr.t.Fatal(err)
	}
	return pauses
}

const breakersYAML = `
time_zone: UTC
fallback_sender: ann
senders: { ann: { email: ann@firm.example } }
breakers: { bounces: { over: 10%, of: 20 }, complaints: { over: 10%, of: 10 } }
`

func TestPolicyRejectionsPauseTheSender(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, breakersYAML, map[string]string{"mass": oneStep("mass", "sender: ann")})
	tr.clients(ClientPatch{ExternalID: "bob"})
	for i := range 5 {
		if pauses := tr.paused(store.PausedSender); len(pauses) > 0 {
			t.Fatalf("after %d rejections %v is paused", i, pauses)
		}
		tr.reject("bob@client.example", Result{State: Failed, Class: classPolicy})
		tr.breakers()
	}
	pause := tr.paused(store.PausedSender)["ann@firm.example"]
	if pause == nil || pause.Until != nil || pause.By != byBreaker || pause.Reason != "5 letters were refused for a policy or reputation in 10m" {
		t.Fatalf("the pause is %+v", pause)
	}
	tr.enroll("mass", monday, "bob")
	tr.plan()
	if e := tr.waits("bob", "mass"); e.Waiting != waitsForSender || e.WaitingDetail != "ann@firm.example" || e.NextAt != nil || len(tr.sent) > 0 {
		t.Errorf("bob's letter waits for %q of %q until %v", e.Waiting, e.WaitingDetail, e.NextAt)
	}
	tr.at(monday.Add(time.Minute))
	if err := tr.ResumeSender(t.Context(), "Ann@firm.example", "mary"); err != nil {
		t.Fatal(err)
	}
	if err := tr.ResumeSender(t.Context(), "ann@firm.example", "mary"); !errors.Is(err, ErrNotPaused) {
		t.Errorf("resuming twice: %v", err)
	}
	tr.plan()
	if len(tr.sent) != 1 {
		t.Error("bob's letter did not go after the sender was resumed")
	}
	for range 4 { // those from before count no more
		tr.reject("bob@client.example", Result{State: Failed, Class: classPolicy})
	}
	tr.breakers()
	if pauses := tr.paused(store.PausedSender); len(pauses) > 0 {
		t.Errorf("rejections from before the resumption count: %v", pauses)
	}
}

func TestBouncesAmongTheLastLettersPauseSequenceAndSender(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, breakersYAML, map[string]string{"mass": oneStep("mass", "sender: ann"), "mild": oneStep("mild", "")})
	patches, ids := named("c", 50)
	tr.clients(patches...)
	for range 2 {
		tr.reject("x@client.example", Result{State: Failed, Class: "invalid"})
	}
	tr.reject("x@client.example", Result{State: Failed, Class: "content"}) // speaks of the letter, not the address
	tr.breakers()
	tr.enroll("mass", monday, ids[:20]...)
	tr.plan()
	tr.reject("x@client.example", Result{State: Failed, Class: "full"}) // the third, but 20 letters after the first two
	tr.breakers()
	if pauses := tr.paused(store.PausedSequence); len(pauses) > 0 {
		t.Fatalf("bounces of old count: %v", pauses["mass"])
	}
	for range 2 {
		tr.reject("x@client.example", Result{State: Failed, Attempted: true})
	}
	tr.breakers()
	for kind, name := range map[string]string{store.PausedSequence: "mass", store.PausedSender: "ann@firm.example"} {
		if pause := tr.paused(kind)[name]; pause == nil || pause.Reason != "3 of the last 20 letters bounced" {
			t.Errorf("%s %s is paused: %+v", kind, name, pause)
		}
	}
	if err := tr.ResumeSender(t.Context(), "ann@firm.example", "mary"); err != nil {
		t.Fatal(err)
	}
	tr.enroll("mass", monday, ids[30])
	tr.enroll("mild", monday, ids[31])
	before := len(tr.sent)
	tr.plan()
	if e := tr.waits(ids[30], "mass"); e.Waiting != waitsForSequence || len(tr.sent) != before+1 {
		t.Errorf("the paused sequence waits for %q; %d letters went", e.Waiting, len(tr.sent)-before)
	}
	if err := tr.ResumeSequence(t.Context(), "mass", "mary"); err != nil {
		t.Fatal(err)
	}
	tr.plan()
	if len(tr.sent) != before+2 {
		t.Error("the letter did not go after its sequence was resumed")
	}
}

func TestComplaintsAndLateBouncesCount(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, breakersYAML, map[string]string{"mass": oneStep("mass", "sender: ann")})
	patches, ids := named("c", 12)
	tr.clients(patches...)
	tr.enroll("mass", monday, ids...)
	tr.plan()
	for i, id := range ids[:2] {
		if pauses := tr.paused(store.PausedSequence); len(pauses) > 0 {
			t.Fatalf("%d complaints of ten letters pause %v", i, pauses)
		}
		letters, err := store.ListMessages(t.Context(), tr.pool, store.MessageFilter{Client: id, Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		for _, event := range []inbound.Event{{Kind: inbound.Bounced, Class: inbound.ClassUnknown, Permanent: true}, {Kind: inbound.Complained}} {
			for range 2 { // a provider says it twice; the letter is one
				tr.apply(Report{MessageID: letters[0].ID, Event: event})
			}
		}
		tr.breakers()
		tr.breakers()
	}
	if pause := tr.paused(store.PausedSequence)["mass"]; pause == nil || pause.Reason != "2 of the last 10 letters were marked as spam" {
		t.Errorf("after two complaints: %+v", pause)
	}
}

// The account's mail server refuses it: pauses grow, and many connections that see
// it at once are one trouble.
func TestTroubleWithTheAccountPausesLongerEachTime(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, breakersYAML, map[string]string{"mass": oneStep("mass", "sender: ann")})
	now := monday
	for i, want := range []time.Duration{15 * time.Minute, time.Hour, 4 * time.Hour, 24 * time.Hour, 24 * time.Hour} {
		tr.at(now)
		for range 3 {
			if err := tr.SenderTrouble(t.Context(), "ann@firm.example", "535 5.7.8 bad credentials"); err != nil {
				t.Fatal(err)
			}
		}
		pause := tr.paused(store.PausedSender)["ann@firm.example"]
		if pause == nil || pause.Until == nil || pause.Until.Sub(now) < want || pause.Until.Sub(now) > want+time.Minute {
			t.Fatalf("pause %d is %+v, want %s", i, pause, want)
		}
		now = pause.Until.Add(time.Minute)
	}
	tr.at(now.AddDate(0, 0, 7))
	if err := tr.SenderTrouble(t.Context(), "ann@firm.example", "550 5.4.5 Daily user sending limit exceeded"); err != nil {
		t.Fatal(err)
	}
	if pause := tr.paused(store.PausedSender)["ann@firm.example"]; pause == nil || pause.Until.Sub(tr.now()) < 23*time.Hour {
		t.Errorf("a full day's limit pauses %+v", pause)
	}
}

// A sender is paused with letters in chunks: they come back and wait for him.
func TestLettersOfAPausedSenderComeBack(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, breakersYAML, map[string]string{"mass": oneStep("mass", "sender: ann")})
	patches, ids := named("c", 3)
	tr.clients(patches...)
	tr.enroll("mass", monday, ids...)
	if _, err := tr.Plan(t.Context()); err != nil {
		t.Fatal(err)
	}
	until := monday.Add(2 * time.Hour)
	if err := tr.PauseSender(t.Context(), "ann@firm.example", "the mail server refuses it", &until); err != nil {
		t.Fatal(err)
	}
	tr.exec("INSERT INTO workers (host, pid) VALUES ('h', 1)")
	if claim, err := tr.Claim(t.Context(), 1, 1); claim != nil || err != nil {
		t.Fatalf("a worker got %+v, %v", claim, err)
	}
	tr.plan()
	letters, err := store.ListMessages(t.Context(), tr.pool, store.MessageFilter{Limit: 10})
	if err != nil || len(tr.sent) > 0 {
		t.Fatal(len(tr.sent), err)
	}
	for _, m := range letters {
		want := "sending from ann@firm.example is paused: the mail server refuses it"
		if m.State != "planned" || m.Until == nil || !m.Until.Equal(until) || m.Reason != want {
			t.Errorf("message %d is %s until %v: %q", m.ID, m.State, m.Until, m.Reason)
		}
	}
	tr.run(until.Add(time.Minute), time.Second)
	if len(tr.sent) != 3 {
		t.Errorf("%d letters went after the pause", len(tr.sent))
	}
	for _, l := range tr.sent {
		if l.At.Before(until) {
			t.Errorf("%s got his letter at %s", l.Client, l.At)
		}
	}
}

// A higher sequence that is paused for long does not keep a lower one from going.
func TestAPausedSequenceKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, breakersYAML, map[string]string{
		"mass": oneStep("mass", "sender: ann\npriority: 20"), "low": oneStep("low", "sender: ann\npriority: 10"),
	})
	tr.clients(ClientPatch{ExternalID: "bob"})
	tr.enroll("mass", monday.Add(time.Hour), "bob")
	tr.enroll("low", monday, "bob")
	tr.plan()
	if e := tr.waits("bob", "low"); e.Waiting != waitsForPriority {
		t.Fatalf("low waits for %q", e.Waiting)
	}
	if err := tr.PauseSequence(t.Context(), "mass", "a test", "breaker"); err != nil {
		t.Fatal(err)
	}
	tr.run(monday.Add(2*time.Hour), time.Minute)
	if len(tr.sent) != 1 || tr.sent[0].Sequence != "low" {
		t.Errorf("letters went: %v", fmt.Sprint(tr.sent))
	}
	tr.at(monday.AddDate(0, 0, 2))
	if err := tr.ResumeSequence(t.Context(), "mass", "mary"); err != nil {
		t.Fatal(err)
	}
	tr.plan()
	if len(tr.sent) != 2 {
		t.Error("the letter of the resumed sequence did not go")
	}
}
