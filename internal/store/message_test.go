package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/store"
)

// Whatever happened between the plan and the wire keeps ann's letter back; bob's goes.
func TestLetterDoesNotPassAStop(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, change string }{
		{"suppressed", "INSERT INTO suppressions (address, reason, created_at) VALUES ('ann@example.com', 'unsubscribed', now())"},
		{"suppressed for the sequence", "INSERT INTO suppressions (address, scope, reason, created_at) VALUES ('ann@example.com', 'hello', 'manual', now())"},
		{"paused", "UPDATE enrollments SET state = 'paused' WHERE client_id = (SELECT id FROM clients WHERE external_id = 'ann')"},
		{"ended", "UPDATE enrollments SET state = 'ended', end_reason = 'replied' WHERE client_id = (SELECT id FROM clients WHERE external_id = 'ann')"},
		{"cancelled", "UPDATE messages SET state = 'cancelled' WHERE client_id = (SELECT id FROM clients WHERE external_id = 'ann')"},
		{"sent", "UPDATE messages SET state = 'sent' WHERE client_id = (SELECT id FROM clients WHERE external_id = 'ann')"},
		{"another address", "UPDATE clients SET address = 'ann@example.org' WHERE external_id = 'ann'"},
		{"no consent", "UPDATE clients SET consent_basis = '' WHERE external_id = 'ann'"},
		{"a consent that does not allow letters", "UPDATE clients SET consent_basis = 'legitimate_interest' WHERE external_id = 'ann'"},
		{"not our client", "UPDATE clients SET stage = 'not_target' WHERE external_id = 'ann'"},
		{"erased", "DELETE FROM clients WHERE external_id = 'ann'"},
		{"a change not looked at yet", "UPDATE clients SET review_at = '2026-03-02 12:00Z' WHERE external_id = 'ann'"},
		{"the window closed", "UPDATE messages SET not_after = '2026-03-02 12:00Z' WHERE client_id = (SELECT id FROM clients WHERE external_id = 'ann')"},
		{"put off", "UPDATE messages SET chunk_id = NULL WHERE client_id = (SELECT id FROM clients WHERE external_id = 'ann')"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			chunk, _ := o.claimed("ann", "bob")
			change(t, o.db, tc.change)
			if diff := cmp.Diff(chunk.MessageIDs[1:], o.transmit(chunk, "ann", "bob")); diff != "" {
				t.Errorf("passed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLetterOfALostChunkDoesNotPass(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	chunk, _ := o.claimed("ann")
	ok(t, store.ReleaseChunk(t.Context(), o.db, chunk, ""))
	if passed := o.transmit(chunk, "ann"); len(passed) != 0 {
		t.Error("a letter passed whose chunk nobody has")
	}
	worker, _ := o.worker()
	must(store.ClaimChunk(t.Context(), o.db, chunk.ID, worker))(t)
	if passed := o.transmit(chunk, "ann"); len(passed) != 0 {
		t.Error("a letter passed under an old fence")
	}
}

func TestOtherPeoplesStopsDoNotMatter(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	chunk, _ := o.claimed("ann")
	change(t, o.db, "INSERT INTO suppressions (address, scope, reason, created_at) VALUES ('ann@example.com', 'other', 'manual', now()), ('bob@example.com', '', 'manual', now())")
	change(t, o.db, "UPDATE clients SET review_at = '2026-03-02 12:01Z'")
	if passed := o.transmit(chunk, "ann"); len(passed) != 1 {
		t.Error("the letter was kept back")
	}
}

func TestSettlementWritesLetterAndNextStep(t *testing.T) {
	t.Parallel()
	later := noon.Add(24 * time.Hour)
	soon := noon.Add(time.Minute)
	for _, tc := range []struct {
		name       string
		settlement store.Settlement // of ann's letter
		message    store.Message
		enrollment store.Enrollment
		ended      bool
	}{
		{
			"sent, and on to the next step",
			store.Settlement{Attempted: true, State: "sent", Response: "250 ok", Subject: "Guide", Moves: true, LastStep: "guide", NextStep: "case", NextAt: &later},
			store.Message{State: "sent", Response: "250 ok", Subject: "Guide", SentAt: &noon, Attempts: 1},
			store.Enrollment{State: "active", LastStep: "guide", NextStep: "case", NextAt: &later}, false,
		},
		{
			"sent, and that was the last step",
			store.Settlement{Attempted: true, State: "sent", Response: "250 ok", Moves: true, LastStep: "guide", EndReason: "finished"},
			store.Message{State: "sent", Subject: "Guide", Response: "250 ok", SentAt: &noon, Attempts: 1},
			store.Enrollment{State: "ended", LastStep: "guide"}, true,
		},
		{
			"refused for good",
			store.Settlement{Attempted: true, State: "failed", Reason: "no such mailbox", Response: "550 5.1.1", Moves: true, LastStep: "guide", EndReason: "bounced"},
			store.Message{State: "failed", Subject: "Guide", Reason: "no such mailbox", Response: "550 5.1.1", SentAt: &noon, Attempts: 1},
			store.Enrollment{State: "ended", LastStep: "guide"}, true,
		},
		{
			"nobody knows",
			store.Settlement{Attempted: true, State: "unconfirmed", Reason: "silence", Moves: true, NextStep: "guide", Waiting: "unconfirmed"},
			store.Message{State: "unconfirmed", Subject: "Guide", Reason: "silence", SentAt: &noon, Attempts: 1},
			store.Enrollment{State: "active", NextStep: "guide", Waiting: "unconfirmed"}, false,
		},
		{
			"put off by the receiving server",
			store.Settlement{Attempted: true, State: "planned", Reason: "later, please", Response: "451 4.7.1", NextStep: "guide", Until: &soon},
			store.Message{State: "planned", Reason: "later, please", Response: "451 4.7.1", Until: &soon, Attempts: 1},
			store.Enrollment{State: "active", NextStep: "guide"}, false,
		},
		{
			"put off before the server was asked, which is no attempt",
			store.Settlement{State: "planned", Reason: "connection lost", NextStep: "guide", Until: &soon},
			store.Message{State: "planned", Reason: "connection lost", Until: &soon},
			store.Enrollment{State: "active", NextStep: "guide"}, false,
		},
		{
			"cancelled",
			store.Settlement{State: "cancelled", Reason: "no such template"},
			store.Message{State: "cancelled", Subject: "Guide", Reason: "no such template"},
			store.Enrollment{State: "active", NextStep: "guide"}, false,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			chunk, enrollments := o.claimed("ann")
			o.transmit(chunk, "ann")
			tc.settlement.MessageID, tc.settlement.ChunkID, tc.settlement.Fence, tc.settlement.At = chunk.MessageIDs[0], chunk.ID, chunk.Fence, noon
			ended := o.settle(tc.settlement)
			if (len(ended) == 1) != tc.ended {
				t.Errorf("ended for clients %v, want %v", ended, tc.ended)
			}
			m := o.message(chunk.MessageIDs[0])
			want := tc.message
			want.ID, want.EnrollmentID, want.ClientID, want.Client, want.Name = m.ID, m.EnrollmentID, m.ClientID, "ann", "ann"
			want.Recipient, want.Sequence, want.Step, want.Template, want.Sender = "ann@example.com", "hello", "guide", "c/guide", "team@example.com"
			want.DueAt = noon
			if diff := cmp.Diff(want, m); diff != "" {
				t.Errorf("letter (-want +got):\n%s", diff)
			}
			e := o.enrollment(enrollments[0].ID)
			got := store.Enrollment{State: e.State, LastStep: e.LastStep, NextStep: e.NextStep, NextAt: e.NextAt, Waiting: e.Waiting}
			if diff := cmp.Diff(tc.enrollment, got); diff != "" {
				t.Errorf("enrollment (-want +got):\n%s", diff)
			}
			if tc.ended && (e.EndReason == nil || *e.EndReason != tc.settlement.EndReason || e.EndedAt == nil || !e.EndedAt.Equal(noon)) {
				t.Errorf("ended at %v because of %v", e.EndedAt, e.EndReason)
			}
		})
	}
}

func TestZombieSettlesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	old, _ := o.claimed("ann")
	ok(t, store.ReleaseChunk(t.Context(), o.db, old, ""))
	worker, _ := o.worker()
	chunk := must(store.ClaimChunk(t.Context(), o.db, old.ID, worker))(t)

	o.settle(sent(old, 0))
	if m := o.message(chunk.MessageIDs[0]); m.State != "claimed" {
		t.Fatalf("a zombie made the letter %s", m.State)
	}
	o.transmit(chunk, "ann")
	o.settle(store.Settlement{MessageID: chunk.MessageIDs[0], ChunkID: chunk.ID, Fence: chunk.Fence, State: "failed", At: noon, Attempted: true, Response: "550"})
	o.settle(sent(chunk, 0))
	if m := o.message(chunk.MessageIDs[0]); m.State != "failed" || m.Attempts != 1 {
		t.Errorf("settled twice, the letter is %s after %d attempts", m.State, m.Attempts)
	}
}

func TestEndedEnrollmentStaysEndedWhenItsLetterIsSettled(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	chunk, enrollments := o.claimed("ann")
	o.transmit(chunk, "ann")
	must(store.EndEnrollments(t.Context(), o.db, []int64{enrollments[0].ID}, "replied", noon))(t)
	o.settle(sent(chunk, 0))
	if m := o.message(chunk.MessageIDs[0]); m.State != "sent" {
		t.Errorf("the letter on the wire is %s", m.State)
	}
	if e := o.enrollment(enrollments[0].ID); e.State != "ended" || *e.EndReason != "replied" || e.NextAt != nil {
		t.Errorf("the enrollment is %+v", e)
	}
}

func TestLedgerPlaceMovesOnlyWhenALetterIsLate(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		late, want time.Duration
	}{{0, 0}, {time.Minute, 0}, {time.Minute + time.Second, time.Minute + time.Second}} {
		t.Run(tc.late.String(), func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			chunk, _ := o.claimed("ann")
			s := sent(chunk, 0)
			s.At = noon.Add(tc.late)
			o.settle(s)
			touch := must(store.ListTouches(t.Context(), o.db, store.TouchFilter{Limit: 9}))(t)[0]
			if !touch.Place.Equal(noon.Add(tc.want)) || !touch.At.Equal(s.At) {
				t.Errorf("sent %v late, the letter stands at %v with its time %v", tc.late, touch.Place, touch.At)
			}
		})
	}
}

func TestDeferredLetterIsTakenOnceItsTimeHasCome(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	chunk, enrollments := o.claimed("ann", "bob")
	o.transmit(chunk, "ann", "bob")
	soon := noon.Add(time.Minute)
	put := store.Settlement{MessageID: chunk.MessageIDs[0], ChunkID: chunk.ID, Fence: chunk.Fence, State: "planned", At: noon, Attempted: true, Response: "451", Until: &soon}
	o.settle(put)
	o.settle(sent(chunk, 1))
	ok(t, store.ReleaseChunk(ctx, o.db, chunk, ""))

	if early := must(store.TakeDeferred(ctx, o.db, noon, 9))(t); len(early) != 0 {
		t.Errorf("taken before their time: %+v", early)
	}
	taken := must(store.TakeDeferred(ctx, o.db, soon, 9))(t)
	want := []store.Deferred{{
		MessageID: chunk.MessageIDs[0], EnrollmentID: enrollments[0].ID, ClientID: enrollments[0].ClientID, Step: "guide", Occurrence: 1, Template: "c/guide",
		Sender: "team@example.com", State: "planned", Attempts: 1, DueAt: noon,
	}}
	if diff := cmp.Diff(want, taken); diff != "" {
		t.Errorf("taken (-want +got):\n%s", diff)
	}
	if again := must(store.TakeDeferred(ctx, o.db, soon, 9))(t); len(again) != 0 {
		t.Errorf("taken twice: %+v", again)
	}
	second, carried, err := store.InsertChunk(ctx, o.db, "ann's rep", []store.Planned{{ID: chunk.MessageIDs[0], DueAt: noon, NotAfter: soon.Add(time.Hour)}})
	ok(t, err)
	if carried != 1 {
		t.Fatalf("%d letters were planned anew", carried)
	}
	worker, _ := o.worker()
	next := must(store.ClaimChunk(ctx, o.db, second, worker))(t)
	if diff := cmp.Diff(chunk.MessageIDs[:1], o.transmit(next, "ann")); diff != "" {
		t.Errorf("passed (-want +got):\n%s", diff)
	}
	if m := o.message(chunk.MessageIDs[0]); m.Sender != "ann's rep" || m.Reason != "" {
		t.Errorf("planned anew as %+v", m)
	}
}

func TestPlannerPutsPlannedLettersOffAndNoOthers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	chunk, _ := o.claimed("ann", "bob")
	o.transmit(chunk, "bob")
	o.settle(sent(chunk, 1))
	tomorrow := noon.Add(24 * time.Hour)
	ok(t, store.Defer(ctx, o.db, chunk.MessageIDs, []time.Time{noon, noon}, []string{"window", "window"}))
	ok(t, store.Defer(ctx, o.db, chunk.MessageIDs, []time.Time{tomorrow, tomorrow}, []string{"holiday", "holiday"}))

	if m := o.message(chunk.MessageIDs[0]); m.Until == nil || !m.Until.Equal(tomorrow) || m.Reason != "holiday" || m.State != "planned" {
		t.Errorf("ann's letter: %+v", m)
	}
	if m := o.message(chunk.MessageIDs[1]); m.Until != nil || m.State != "sent" || m.Reason != "" {
		t.Errorf("bob's letter: %+v", m)
	}
	if passed := o.transmit(chunk, "ann"); len(passed) != 0 {
		t.Error("a letter passed that was put off")
	}
}

func TestCancelledLetterStaysSo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	chunk, _ := o.claimed("ann", "bob")
	o.transmit(chunk, "bob")
	o.settle(sent(chunk, 1))
	ok(t, store.CancelMessages(t.Context(), o.db, chunk.MessageIDs, "too late"))
	if m := o.message(chunk.MessageIDs[0]); m.State != "cancelled" || m.Reason != "too late" {
		t.Errorf("ann's letter is %s because of %q", m.State, m.Reason)
	}
	if m := o.message(chunk.MessageIDs[1]); m.State != "sent" {
		t.Errorf("bob's letter is %s", m.State)
	}
}

func TestEndedTransmissionLeavesNoDoubt(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	worker, conn := o.worker()
	o.enroll("ann")
	chunk := must(store.ClaimChunk(ctx, o.db, o.plan(must(store.OpenEnrollments(ctx, o.db, ids(t, o.db)))(t)...), worker))(t)
	passed := o.pass(chunk, store.Transmit{Content: store.Content{Recipient: "ann@example.com"}, MessageID: chunk.MessageIDs[0], ChunkID: chunk.ID, Fence: chunk.Fence})
	must(store.CommitGroup(ctx, o.db, store.GroupCommit{Settled: []int64{passed.ID}}))(t)
	if _, unconfirmed := o.bury(worker, conn); unconfirmed != 0 {
		t.Errorf("%d letters are unconfirmed whose transmission had ended", unconfirmed)
	}
}

// ids are those of all clients.
func ids(t testing.TB, db store.DB) []int64 {
	t.Helper()
	return value[[]int64](t, db, "SELECT array_agg(id ORDER BY id) FROM clients")
}
