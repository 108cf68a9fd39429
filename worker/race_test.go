package worker_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"seventh/internal/engine"
	"seventh/internal/smtptest"
	"seventh/internal/store"
	"seventh/worker"
)

// commitOrder notes, as the last thing of their transactions, in which order stops and T2s commit. Both hold the lock of
// the address until they have committed, so for one address the order of the notes is the order of the commits.
const commitOrder = `
	CREATE TABLE commits (n bigserial, what text, address text);
	CREATE FUNCTION note_stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		INSERT INTO commits (what, address) VALUES ('stop', NEW.address);
		RETURN NULL;
	END $$;
	CREATE FUNCTION note_passed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		INSERT INTO commits (what, address)
		SELECT 'passed', c.address FROM messages m JOIN clients c ON c.id = m.client_id WHERE m.id = ANY(NEW.message_ids);
		RETURN NULL;
	END $$;
	CREATE CONSTRAINT TRIGGER note_stop AFTER INSERT ON suppressions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_stop();
	CREATE CONSTRAINT TRIGGER note_passed AFTER INSERT ON transmissions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_passed();`

func TestNoLetterPassesAfterItsClientUnsubscribed(t *testing.T) {
	t.Parallel()
	const races = 400
	f := newMailing(t, races, 10)
	f.exec(commitOrder, pgx.QueryExecModeSimpleProtocol) // several statements
	f.planAll()
	message := map[string]int64{}
	moment := map[string]int{} // when each client unsubscribes, see below
	for i, m := range f.letters("") {
		message[m.Recipient], moment[m.Recipient] = m.ID, i%4
	}
	var stops sync.WaitGroup
	stop := func(address string) {
		if err := f.engine.Unsubscribe(t.Context(), message[address]); err != nil {
			t.Errorf("unsubscribing %s: %v", address, err)
		}
	}
	server := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Fault {
		switch m := moment[e.To]; {
		case m == 0 && e.Phase == "rcpt": // over before the letter may begin
			stop(e.To)
		case m == 1 && e.Phase == "rcpt", m == 2 && e.Phase == "data", m == 3 && e.Phase == "body":
			stops.Go(func() { stop(e.To) })
		}
		return smtptest.None
	}})
	f.hire("worker", mailServer(t, server, 8))
	f.carryOn()
	stops.Wait()

	var late, passed int
	must(t, f.db.QueryRow(t.Context(), `
		SELECT count(*) FILTER (WHERE p.n > s.n), count(*) FROM commits p JOIN commits s ON s.address = p.address AND s.what = 'stop'
		WHERE p.what = 'passed'`).Scan(&late, &passed))
	if late > 0 {
		t.Errorf("%d letters passed T2 after their client had unsubscribed", late)
	}
	got := copies(server)
	before, after := 0, 0
	for _, m := range f.letters("") {
		if moment[m.Recipient] == 0 {
			after += got[m.Recipient]
		}
		before += got[m.Recipient]
		if want := map[string]int{"sent": 1, "cancelled": 0}[m.State]; m.State != "sent" && m.State != "cancelled" || got[m.Recipient] != want {
			t.Errorf("the letter to %s is %s, the mail server accepted %d", m.Recipient, m.State, got[m.Recipient])
		}
	}
	if after > 0 {
		t.Errorf("%d letters were accepted although Unsubscribe had returned before their body", after)
	}
	if passed != before {
		t.Errorf("%d letters passed T2, %d were accepted", passed, before)
	}
	t.Logf("of %d letters %d went out before their client unsubscribed", races, before)
	for _, e := range f.enrollments() {
		if e.State != "ended" || *e.EndReason != "unsubscribed" {
			t.Errorf("the chain of %s is %s", e.Client, e.State)
		}
	}
	f.wantNothingLeft()
}

func TestRequestsThatRaceToEnrollOneClientEnrollHimOnce(t *testing.T) {
	t.Parallel()
	f := newFirm(t)
	f.publish(archive(hello))
	for round := range 25 {
		client := fmt.Sprintf("c%d", round)
		f.upsert(engine.ClientPatch{ExternalID: client, Email: new(client + "@example.com"), Consent: &engine.Consent{Basis: "opt_in"}})
		enrolled, reasons := make([]int, 4), make([]map[string]int, 4)
		var requests sync.WaitGroup
		for i := range enrolled {
			requests.Go(func() {
				err := store.Tx(t.Context(), f.db, func(tx pgx.Tx) error {
					answer, err := f.engine.Enroll(t.Context(), tx, engine.EnrollRequest{Sequence: "hello", Clients: []string{client}})
					enrolled[i], reasons[i] = answer.Enrolled, answer.Reasons
					return err
				})
				if err != nil {
					t.Errorf("enrolling %s: %v", client, err)
				}
			})
		}
		requests.Wait()
		in, out := 0, 0
		for i := range enrolled {
			in, out = in+enrolled[i], out+reasons[i][engine.SkipAlreadyActive]
		}
		if in != 1 || out != 3 {
			t.Errorf("%d requests enrolled %s, %d found him enrolled", in, client, out)
		}
	}
	if got := len(f.enrollments()); got != 25 {
		t.Errorf("there are %d enrollments, want 25", got)
	}
}

func TestThreePlannersAtOncePlanEachStepOnce(t *testing.T) {
	t.Parallel()
	const clients = 1500 // more than one transaction plans
	f := newMailing(t, clients, 7)
	var planners sync.WaitGroup
	for range 3 {
		jobs, err := worker.NewInserter(f.db)
		must(t, err)
		process := &engine.Engine{DB: f.db, Jobs: jobs, Log: f.log} // each process has its own
		planners.Go(func() {
			for len(f.due()) > 0 {
				if _, err := process.Plan(t.Context()); err != nil {
					t.Errorf("planning: %v", err)
					return
				}
			}
		})
	}
	planners.Wait()
	var messages, enrollments, carried, chunks, jobs int
	must(t, f.db.QueryRow(t.Context(), `
		SELECT (SELECT count(*) FROM messages), (SELECT count(DISTINCT enrollment_id) FROM messages WHERE step = 'first'),
			(SELECT count(DISTINCT carried) FROM chunks, unnest(message_ids) AS carried), (SELECT count(*) FROM chunks),
			(SELECT count(DISTINCT args->>'chunk_id') FROM river_job)`).Scan(&messages, &enrollments, &carried, &chunks, &jobs))
	if messages != clients || enrollments != clients || carried != clients {
		t.Errorf("%d messages for %d enrollments, %d of them in chunks; want %d of each", messages, enrollments, carried, clients)
	}
	if chunks != jobs {
		t.Errorf("%d chunks have %d jobs", chunks, jobs)
	}
}

// due are the enrollments whose step the planner has not dealt with.
func (f *firm) due() []store.Enrollment {
	var due []store.Enrollment
	for _, e := range f.enrollments() {
		if e.NextAt != nil {
			due = append(due, e)
		}
	}
	return due
}

func (f *firm) enrollments() []store.Enrollment {
	list, err := store.ListEnrollments(f.t.Context(), f.db, store.EnrollmentFilter{Limit: 10_000})
	if err != nil {
		f.t.Error(errors.Join(errors.New("listing enrollments"), err))
	}
	return list
}
