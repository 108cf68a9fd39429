package engine

// What nearly went wrong when two things happen at once, or one after the other.

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
)

const twoSenders = "time_zone: UTC\nfallback_sender: ann\nsenders:\n  ann: { email: ann@firm.example }\n  bea: { email: bea@firm.example }\n"

func pauseAnn(tr *trial) {
	if err := tr.pause(tr.t.Context(), store.PausedSender, "ann@firm.example", "mary", "because", untilResumed); err != nil {
		tr.t.Fatal(err)
	}
}

// enrollment paused by a person while its sender is paused; sender resumed; enrollment resumed.
func TestAResumedEnrollmentOfAResumedSenderGoesOn(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, twoSenders, map[string]string{"mass": oneStep("mass", "sender: ann")})
	tr.clients(ClientPatch{ExternalID: "bob"})
	tr.enroll("mass", monday, "bob")
	pauseAnn(tr)
	tr.plan()
	e := tr.waits("bob", "mass")
	if err := tr.PauseEnrollment(t.Context(), e.ID); err != nil {
		t.Fatal(err)
	}
	if err := tr.ResumeSender(t.Context(), "ann@firm.example", "mary"); err != nil {
		t.Fatal(err)
	}
	if err := tr.ResumeEnrollment(t.Context(), e.ID); err != nil {
		t.Fatal(err)
	}
	tr.run(monday.AddDate(0, 6, 0), time.Hour)
	e = tr.waits("bob", "mass")
	if len(tr.sent) != 1 {
		t.Errorf("stranded: state %s waiting %q next_at %v", e.State, e.Waiting, e.NextAt)
	}
}

// the planner parks letters while the sender is resumed.
func TestASenderResumedWhileThePlannerParksStrandsNobody(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, twoSenders, map[string]string{"mass": oneStep("mass", "sender: ann")})
	tr.clients(ClientPatch{ExternalID: "bob"}, ClientPatch{ExternalID: "cat"})
	tr.enroll("mass", monday, "bob", "cat")
	pauseAnn(tr)
	tx, err := tr.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "SELECT 1 FROM enrollments ORDER BY id LIMIT 1 FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { _, err := tr.Plan(context.Background()); done <- err }()
	tr.waiters(1)
	tx2 := make(chan error)
	go func() { tx2 <- tr.ResumeSender(context.Background(), "ann@firm.example", "mary") }()
	tr.waiters(2)
	tx.Rollback(t.Context())
	if err := errors.Join(<-done, <-tx2); err != nil {
		t.Fatal(err)
	}
	tr.run(monday.AddDate(0, 6, 0), time.Hour)
	if len(tr.sent) != 2 {
		e := tr.waits("bob", "mass")
		t.Errorf("stranded: %d sent; state %s waiting %q next_at %v", len(tr.sent), e.State, e.Waiting, e.NextAt)
	}
}

// the client's owner changes while the mailbox of the one before is paused.
func TestANewOwnerWritesThoughTheOldMailboxIsPaused(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, twoSenders, map[string]string{"mass": oneStep("mass", "sender: owner")})
	tr.clients(ClientPatch{ExternalID: "bob", Owner: text("ann@firm.example")})
	tr.enroll("mass", monday, "bob")
	pauseAnn(tr)
	tr.plan()
	if _, err := tr.UpsertClients(t.Context(), []ClientPatch{{ExternalID: "bob", Owner: text("bea@firm.example")}}); err != nil {
		t.Fatal(err)
	}
	tr.run(monday.AddDate(0, 6, 0), time.Hour)
	if e := tr.waits("bob", "mass"); len(tr.sent) != 1 {
		t.Errorf("stranded: %s %q of %q %v", e.State, e.Waiting, e.WaitingDetail, e.NextAt)
	}
}

// sequence paused while letters are in an unclaimed chunk: do they go?
func TestAPausedSequenceStopsWhatIsInChunks(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, twoSenders, map[string]string{"mass": oneStep("mass", "sender: ann")})
	tr.clients(ClientPatch{ExternalID: "bob"})
	tr.enroll("mass", monday, "bob")
	if _, err := tr.Plan(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := tr.PauseSequence(t.Context(), "mass", "stop", "mary"); err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Plan(t.Context()); err != nil {
		t.Fatal(err)
	}
	claim, worker := claimOf(tr, 1)
	l := claim.Letters[0]
	l.Content = store.Content{Subject: "x", Recipient: l.Client.Address, LetterHash: []byte("h"), Personal: []byte("p")}
	passed, err := tr.Commit(t.Context(), &Batch{Wanted: []*Letter{l}, Now: tr.now(), WorkerID: worker})
	if err != nil {
		t.Fatal(err)
	}
	if len(passed) > 0 {
		t.Errorf("the letter of a paused sequence passed T2")
	}
}

// waiters returns once so many connections wait for a lock.
func (tr *trial) waiters(n int) {
	tr.t.Helper()
	for waiting := 0; waiting < n; {
		err := tr.pool.QueryRow(tr.t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&waiting)
		if err != nil {
			tr.t.Fatal(err)
		}
	}
}

// claimOf has a new worker claim a chunk.
func claimOf(tr *trial, chunk int64) (*Claim, int32) {
	tr.t.Helper()
	conn, err := pgx.ConnectConfig(tr.t.Context(), tr.pool.Config().ConnConfig.Copy())
	if err != nil {
		tr.t.Fatal(err)
	}
	tr.t.Cleanup(func() { conn.Close(context.Background()) })
	worker, err := store.RegisterWorker(tr.t.Context(), conn, "test", 1)
	if err != nil {
		tr.t.Fatal(err)
	}
	claim, err := tr.Claim(tr.t.Context(), chunk, worker)
	if err != nil || claim == nil {
		tr.t.Fatal(claim, err)
	}
	return claim, worker
}

// owner changed between plan and claim.
func TestALetterIsPlannedAnewForANewOwner(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, twoSenders, map[string]string{"mass": oneStep("mass", "sender: owner")})
	tr.clients(ClientPatch{ExternalID: "bob", Owner: text("ann@firm.example")})
	tr.enroll("mass", monday, "bob")
	if _, err := tr.Plan(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := tr.UpsertClients(t.Context(), []ClientPatch{{ExternalID: "bob", Owner: text("bea@firm.example")}}); err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Plan(t.Context()); err != nil {
		t.Fatal(err)
	}
	if claim, _ := claimOf(tr, 1); len(claim.Letters) != 0 {
		t.Errorf("a letter from %s goes over the server, pace and limits of %s", claim.Letters[0].From.Email, claim.Chunk.Sender)
	}
	tr.run(monday.Add(time.Minute), time.Second)
	if len(tr.sent) != 1 {
		t.Errorf("%d letters went from the new owner", len(tr.sent))
	}
}

// old bounces after a restart.
func TestOldBouncesTripNothing(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, breakersYAML, map[string]string{"mass": oneStep("mass", "sender: ann")})
	patches, ids := named("c", 10)
	tr.clients(patches...)
	tr.enroll("mass", monday, ids...)
	tr.plan()
	tr.exec("UPDATE tallies SET letters = 100000")
	for i := range 5 { // five bounces in years, of a hundred thousand letters
		tr.exec(`INSERT INTO touches (client_id, kind, channel, at, actor, message_id) SELECT client_id, 'bounced', 'email', $2, 'server', id FROM messages ORDER BY id LIMIT 1 OFFSET $1`, i, monday.AddDate(-1, 0, 0))
	}
	tr.exec(`INSERT INTO rejections (message_id, touch_id, sender, sequence, provider, class, failed, at, sender_letters, sequence_letters)
		SELECT message_id, id, 'ann@firm.example', 'mass', '', 'bounced', true, at, 1, 1 FROM touches WHERE kind = 'bounced'`)
	tr.exec("DELETE FROM rejections WHERE at < $1", tr.now().Add(-rejectionMemory)) // as ForgetRejections did
	tr.breakers()                                                                   // a process that has just started
	if p := tr.paused(store.PausedSender); len(p) > 0 {
		for _, x := range p {
			t.Errorf("%s is paused: %s", x.Name, x.Reason)
		}
	}
}

// given up after refusals at the dot.
func TestALetterGivenUpKeepsWhatItSaid(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, twoSenders, map[string]string{"mass": oneStep("mass", "sender: ann")})
	tr.clients(ClientPatch{ExternalID: "bob"})
	tr.enroll("mass", monday, "bob")
	if _, err := tr.Plan(t.Context()); err != nil {
		t.Fatal(err)
	}
	claim, worker := claimOf(tr, 1)
	l := claim.Letters[0]
	l.Attempts = 100
	l.Content = store.Content{Subject: "Hello", Recipient: l.Client.Address, LetterHash: []byte("h"), Personal: []byte("p")}
	passed, err := tr.Commit(t.Context(), &Batch{Wanted: []*Letter{l}, Now: tr.now(), WorkerID: worker})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Commit(t.Context(), &Batch{Results: []Result{{Letter: l, State: PutOff, At: tr.now(), Class: "temporary", Content: passed[l], Attempted: true}}, Settled: []int64{passed[l].ContentID}}); err != nil {
		t.Fatal(err)
	}
	m, err := store.MessageByID(t.Context(), tr.pool, l.MessageID)
	if err != nil {
		t.Fatal(err)
	}
	if m.State != "failed" || m.Subject != "Hello" {
		t.Errorf("%s, subject %q", m.State, m.Subject)
	}
}

// a letter put off whose version cannot be read any more.
func TestAnUnreadableVersionStopsItsOwnLettersOnly(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, twoSenders, map[string]string{"mass": oneStep("mass", "sender: ann"), "fine": oneStep("fine", "sender: ann")})
	tr.clients(ClientPatch{ExternalID: "bob"}, ClientPatch{ExternalID: "cat"})
	tr.enroll("mass", monday, "bob")
	if _, err := tr.Plan(t.Context()); err != nil {
		t.Fatal(err)
	}
	tr.exec("WITH g AS (DELETE FROM chunks RETURNING message_ids) INSERT INTO deferred SELECT unnest(message_ids), $1 FROM g", monday)
	tr.exec("UPDATE messages SET chunk_id = NULL")
	tr.publish("second", twoSenders, map[string]string{"mass": oneStep("mass", "sender: bea")})
	tr.exec("UPDATE sequence_versions SET source = 'sequence: mass\nsteps: [{id: one, mail: a}]' WHERE id = (SELECT version_id FROM enrollments LIMIT 1)")
	tr.enroll("fine", monday, "cat")
	fresh := &Engine{DB: tr.pool, Jobs: tr.Jobs, Log: tr.Log}
	for range 3 {
		_, err := fresh.Plan(t.Context())
		t.Log(err)
		if err != nil {
			t.Fail()
		}
	}
}

// E_high becomes unconfirmed while the planner parks E_low behind it.
func TestAChainParkedBehindOneThatIsHeldGoesOn(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, twoSenders, map[string]string{"high": oneStep("high", "sender: ann\npriority: 20"), "low": oneStep("low", "sender: ann\npriority: 10")})
	tr.clients(ClientPatch{ExternalID: "bob"})
	tr.enroll("high", monday, "bob")
	if _, err := tr.Plan(t.Context()); err != nil {
		t.Fatal(err)
	}
	claim, worker := claimOf(tr, 1)
	l := claim.Letters[0]
	l.Content = store.Content{Subject: "x", Recipient: l.Client.Address, LetterHash: []byte("h"), Personal: []byte("p")}
	passed, err := tr.Commit(t.Context(), &Batch{Wanted: []*Letter{l}, Now: tr.now(), WorkerID: worker})
	if err != nil || len(passed) != 1 {
		t.Fatal(err, passed)
	}
	tr.enroll("low", monday, "bob")
	tr.exec("UPDATE clients SET review_at = NULL")
	tx, err := tr.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "SELECT 1 FROM enrollments ORDER BY id DESC LIMIT 1 FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { _, err := tr.Plan(context.Background()); done <- err }()
	tr.waiters(1)
	settled := make(chan error)
	go func() {
		_, err := tr.Commit(context.Background(), &Batch{Results: []Result{{Letter: l, State: Unconfirmed, At: tr.now(), Content: passed[l], Attempted: true}}})
		settled <- err
	}()
	tr.waiters(2)
	tx.Rollback(t.Context())
	if err := errors.Join(<-done, <-settled); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		tr.Plan(t.Context())
		tr.at(tr.now().AddDate(0, 0, 10))
	}
	e := tr.waits("bob", "low")
	if e.Waiting == waitsForPriority {
		t.Error("low waits for one that is held")
	}
}

// two chains, one letter put off for two days: both go on one day.
func TestALetterThatWasPutOffCountsForTheSpacing(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, twoSenders, map[string]string{"a": oneStep("a", "sender: ann"), "b": oneStep("b", "sender: ann")})
	tr.clients(ClientPatch{ExternalID: "bob"})
	tr.enroll("a", monday, "bob")
	if _, err := tr.Plan(t.Context()); err != nil {
		t.Fatal(err)
	}
	// greylisted: comes again two days later, together with the first letter of the other chain
	later := monday.AddDate(0, 0, 2)
	tr.exec("WITH g AS (DELETE FROM chunks RETURNING message_ids) INSERT INTO deferred SELECT unnest(message_ids), $1 FROM g", later)
	tr.exec("UPDATE messages SET chunk_id = NULL")
	tr.at(later.Add(time.Second))
	if _, err := tr.Plan(t.Context()); err != nil { // it is in a chunk now
		t.Fatal(err)
	}
	tr.enroll("b", later, "bob")
	if _, err := tr.Plan(t.Context()); err != nil {
		t.Fatal(err)
	}
	tr.deliver()
	if len(tr.sent) == 2 {
		t.Errorf("two chains on one day: %v %v", tr.sent[0].At, tr.sent[1].At)
	}
}
