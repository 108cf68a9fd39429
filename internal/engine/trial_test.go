package engine

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"seventh/internal/pgtest"
	"seventh/internal/store"
)

// trial is an engine with a clock that the test sets and a worker that takes every
// letter the planner lets go, at once.
type trial struct {
	*Engine
	t        *testing.T
	pool     *pgxpool.Pool
	sent     []sentLetter
	rejected int64
	decided  int // due enrollments and deferred letters that the planner looked at
}

// sentLetter is one that went.
type sentLetter struct {
	Client   string
	Address  string
	Company  string
	Sequence string
	Sender   string
	Step     string
	Due      time.Time // of the enrollment, at first
	At       time.Time
	Pace     float64 // of its chunk
}

// newTrial publishes settings and sequences (name → YAML) and sets the clock.
func newTrial(t *testing.T, now time.Time, settings string, sequences map[string]string) *trial {
	t.Helper()
	pool := pgtest.DB(t)
	jobs, err := river.NewClient(riverpgxv5.New(pool), &river.Config{})
	if err != nil {
		t.Fatal(err)
	}
	tr := &trial{Engine: &Engine{DB: pool, Jobs: jobs, Log: slog.New(slog.DiscardHandler)}, t: t, pool: pool}
	tr.publish("first", settings, sequences)
	tr.exec("CREATE TABLE first_due (enrollment_id bigint PRIMARY KEY, at timestamptz)")
	tr.at(now)
	return tr
}

func (tr *trial) publish(hash, settings string, sequences map[string]string) {
	tr.t.Helper()
	err := store.Tx(tr.t.Context(), tr.pool, func(tx pgx.Tx) error {
		id, err := store.InsertPublication(tr.t.Context(), tx, []byte(hash), time.Now(), map[string][]byte{"seventh.yaml": []byte(settings)})
		for name, source := range sequences {
			if err == nil {
				_, err = store.SaveVersion(tr.t.Context(), tx, name, "sequences/"+name+".yaml", source, id)
			}
		}
		return err
	})
	if err != nil {
		tr.t.Fatal(err)
	}
}

func (tr *trial) exec(sql string, args ...any) {
	tr.t.Helper()
	if _, err := tr.pool.Exec(tr.t.Context(), sql, args...); err != nil {
		tr.t.Fatalf("%s: %v", sql, err)
	}
}

// at sets business time.
func (tr *trial) at(now time.Time) {
	tr.t.Helper()
	tr.exec("UPDATE clock SET shift = make_interval(secs => extract(epoch FROM $1::timestamptz - clock_timestamp())::float8)", now)
}

func (tr *trial) now() time.Time {
	tr.t.Helper()
	now, err := store.Now(tr.t.Context(), tr.pool)
	if err != nil {
		tr.t.Fatal(err)
	}
	return now
}

// clients adds clients who may be mailed.
func (tr *trial) clients(list ...ClientPatch) {
	tr.t.Helper()
	for i := range list {
		if list[i].Email == nil {
			list[i].Email = text(list[i].ExternalID + "@client.example")
		}
		list[i].Consent = &Consent{Basis: "opt_in"}
	}
	results, err := tr.UpsertClients(tr.t.Context(), list)
	if err != nil {
		tr.t.Fatal(err)
	}
	for _, r := range results {
		if r.Err != nil {
			tr.t.Fatal(r.ExternalID, r.Err)
		}
	}
	tr.exec("UPDATE clients SET review_at = NULL")
}

// enroll puts clients in a sequence, due at a time.
func (tr *trial) enroll(sequence string, due time.Time, clients ...string) {
	tr.t.Helper()
	err := store.Tx(tr.t.Context(), tr.pool, func(tx pgx.Tx) error {
		enrolled, err := tr.Enroll(tr.t.Context(), tx, EnrollRequest{Sequence: sequence, Clients: clients})
		if err == nil && enrolled.Enrolled != len(clients) {
			err = fmt.Errorf("enrolled %+v", enrolled)
		}
		return err
	})
	if err != nil {
		tr.t.Fatal(err)
	}
	tr.exec(`
		WITH fresh AS (
			UPDATE enrollments e SET next_at = $3 FROM clients c, sequences s
			WHERE c.id = e.client_id AND s.id = e.sequence_id AND c.external_id = ANY($1) AND s.name = $2 AND e.state = 'active' RETURNING e.id
		)
		INSERT INTO first_due SELECT id, $3 FROM fresh ON CONFLICT DO NOTHING`, clients, sequence, due)
}

// plan plans everything that is due and delivers it.
func (tr *trial) plan() {
	tr.t.Helper()
	for {
		planned, err := tr.Plan(tr.t.Context())
		if err != nil {
			tr.t.Fatal(err)
		}
		tr.decided += planned.Due
		if !tr.deliver() && !planned.Any() {
			return
		}
	}
}

// deliver sends all letters in chunks. Chains of these trials that have more than a
// step are moved on by hand.
func (tr *trial) deliver() bool {
	tr.t.Helper()
	rows, err := tr.pool.Query(tr.t.Context(), `
		WITH gone AS (DELETE FROM chunks RETURNING id, sender, per_second, message_ids),
		sent AS (
			UPDATE messages m SET state = 'sent', sent_at = business_now(), subject = 'About ' || m.step
			FROM gone WHERE m.id = ANY(gone.message_ids) AND m.state = 'planned' AND m.chunk_id = gone.id
			RETURNING m.enrollment_id, m.client_id, m.step, m.sent_at, gone.sender, gone.per_second
		)
		SELECT c.external_id AS client, c.address, company_key(c.company_id, c.address) AS company, s.name AS sequence, sent.sender, sent.step,
			f.at AS due, sent.sent_at AS at, sent.per_second::float8 AS pace, sent.enrollment_id
		FROM sent JOIN enrollments e ON e.id = sent.enrollment_id JOIN sequences s ON s.id = e.sequence_id JOIN clients c ON c.id = sent.client_id
		JOIN first_due f ON f.enrollment_id = e.id ORDER BY e.priority DESC, f.at, e.id`)
	if err != nil {
		tr.t.Fatal(err)
	}
	type row struct {
		sentLetter
		EnrollmentID int64
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[row])
	if err != nil {
		tr.t.Fatal(err)
	}
	var ended []int64
	for _, r := range list {
		tr.sent = append(tr.sent, r.sentLetter)
		ended = append(ended, r.EnrollmentID)
	}
	err = store.Tx(tr.t.Context(), tr.pool, func(tx pgx.Tx) error {
		now := tr.now()
		clients, err := store.EndEnrollments(tr.t.Context(), tx, ended, endedFinished, now)
		if err != nil {
			return err
		}
		return tr.afterEnd(tr.t.Context(), tx, clients, now)
	})
	if err != nil {
		tr.t.Fatal(err)
	}
	return len(list) > 0
}

// run goes through everything that comes due until a moment, looking no more often
// than every step.
func (tr *trial) run(until time.Time, step time.Duration) {
	tr.t.Helper()
	for {
		tr.plan()
		due, err := store.NextDue(tr.t.Context(), tr.pool)
		if err != nil {
			tr.t.Fatal(err)
		}
		if due == nil || due.After(until) {
			tr.at(until)
			return
		}
		next := tr.now().Add(step)
		if due.After(next) {
			next = *due
		}
		tr.at(next)
	}
}

// waits is what a client's enrollment in a sequence waits for.
func (tr *trial) waits(client, sequence string) store.Enrollment {
	tr.t.Helper()
	list, err := store.ListEnrollments(tr.t.Context(), tr.pool, store.EnrollmentFilter{Client: client, Sequence: sequence, Limit: 1})
	if err != nil || len(list) != 1 {
		tr.t.Fatal(client, sequence, list, err)
	}
	return list[0]
}

// oneStep is a sequence of one letter.
func oneStep(name, rest string) string {
	return "sequence: " + name + "\nsteps:\n  - { id: one, email: a }\n" + rest + "\n"
}
