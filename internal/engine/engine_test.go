package engine

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"seventh/internal/pgtest"
	"seventh/internal/store"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const settingsYAML = `
company: { name: Firm }
time_zone: UTC
senders: { team: { email: team@firm.example, name: Team } }
fallback_sender: team
`

const chainYAML = `
sequence: chain
audience: { category: C }
enroll: automatic
exit_on: [purchase, category_change]
steps:
  - { id: one, email: a }
  - { id: two, email: b, after: 21d }
`

const otherYAML = `
sequence: other
audience: { category: D }
enroll: automatic
exit_on: [category_change]
steps:
  - { id: one, email: a }
`

// open returns an engine on an own database with two automatic sequences in force.
func open(t testing.TB) (*Engine, *pgxpool.Pool) {
	t.Helper()
	pool := pgtest.DB(t)
	jobs, err := river.NewClient(riverpgxv5.New(pool), &river.Config{})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	err = store.Tx(t.Context(), pool, func(tx pgx.Tx) error {
		id, err := store.InsertPublication(t.Context(), tx, []byte("hash"), now, map[string][]byte{"seventh.yaml": []byte(settingsYAML)})
		if err != nil {
			return err
		}
		if _, err := store.SaveVersion(t.Context(), tx, "chain", "sequences/chain.yaml", chainYAML, id); err != nil {
			return err
		}
		_, err = store.SaveVersion(t.Context(), tx, "other", "sequences/other.yaml", otherYAML, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return &Engine{DB: pool, Jobs: jobs, Log: slog.New(slog.DiscardHandler)}, pool
}

func text(s string) *string { return &s }

func upsert(t *testing.T, e *Engine, p ClientPatch) {
	t.Helper()
	p.ExternalID = "ann"
	results, err := e.UpsertClients(t.Context(), []ClientPatch{p})
	if err != nil || results[0].Err != nil {
		t.Fatal(err, results)
	}
}

var ann = ClientPatch{Email: text("ann@client.example"), Category: text("C"), Consent: &Consent{Basis: "opt_in"}}

// claimed plans and claims everything that is due, for a living worker.
func claimed(t *testing.T, e *Engine, pool *pgxpool.Pool) *Claim {
	t.Helper()
	ctx := t.Context()
	if _, err := e.Plan(ctx); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.ConnectConfig(ctx, pool.Config().ConnConfig.Copy())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	worker, err := store.RegisterWorker(ctx, conn, "test", 1)
	if err != nil {
		t.Fatal(err)
	}
	claim, err := e.Claim(ctx, 1, worker)
	if err != nil || claim == nil || len(claim.Letters) != 1 {
		t.Fatalf("claimed %+v, %v", claim, err)
	}
	return claim
}

// send settles a claimed letter as accepted.
func send(t *testing.T, e *Engine, l *Letter) {
	t.Helper()
	l.Content = store.Content{Subject: "Hello", Recipient: l.Client.Address}
	if _, err := e.Commit(t.Context(), &Batch{Results: []Result{{Letter: l, State: Sent, At: time.Now()}}, Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
}

// Whoever unsubscribes by an old letter means the address it went to, and himself.
func TestUnsubscribeReachesTheAddressTheLetterWentTo(t *testing.T) {
	t.Parallel()
	e, pool := open(t)
	upsert(t, e, ann)
	letter := claimed(t, e, pool).Letters[0]
	send(t, e, letter)
	for _, now := range []string{"ann@new.example", ""} {
		upsert(t, e, ClientPatch{Email: &now})
		if err := e.Unsubscribe(t.Context(), letter.MessageID); err != nil {
			t.Fatal(err)
		}
	}
	list, err := store.SuppressionsOf(t.Context(), pool, []string{"ann@client.example", "ann@new.example", ""})
	if err != nil || len(list) != 2 {
		t.Errorf("suppressions %+v, %v: want the old address and the new one", list, err)
	}
}

// A category that flaps in the CRM does not bring a client two letters on a day.
func TestLettersOfTwoChainsKeepADayApart(t *testing.T) {
	t.Parallel()
	e, pool := open(t)
	upsert(t, e, ann)
	send(t, e, claimed(t, e, pool).Letters[0])
	upsert(t, e, ClientPatch{Category: text("D")})
	for range 2 {
		if _, err := e.Plan(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	open, err := store.ListEnrollments(t.Context(), pool, store.EnrollmentFilter{Sequence: "other", Limit: 1})
	if err != nil || len(open) != 1 {
		t.Fatal(open, err)
	}
	if other := open[0]; other.NextAt == nil || time.Until(*other.NextAt) < 23*time.Hour || other.Waiting != waitsForRecent {
		t.Errorf("the other chain goes on at %v and waits for %q, want a day later", other.NextAt, other.Waiting)
	}
}

// A change of the name that runs beside a withdrawal of consent does not bring the
// consent back.
func TestWithdrawnConsentStaysWithdrawn(t *testing.T) {
	t.Parallel()
	e, pool := open(t)
	upsert(t, e, ann)
	for round := range 20 {
		upsert(t, e, ann)
		var both sync.WaitGroup
		both.Go(func() { upsert(t, e, ClientPatch{FirstName: text("Ann")}) })
		both.Go(func() { upsert(t, e, ClientPatch{Consent: &Consent{}}) })
		both.Wait()
		client, err := store.ClientByExternalID(t.Context(), pool, "ann")
		if err != nil {
			t.Fatal(err)
		}
		if client.ConsentBasis != "" || client.FirstName != "Ann" {
			t.Fatalf("round %d: consent %q, name %q", round, client.ConsentBasis, client.FirstName)
		}
	}
}

// Two first requests for one client at the same moment: both are heard.
func TestTwoFirstRequestsForOneClientAreBothHeard(t *testing.T) {
	t.Parallel()
	e, pool := open(t)
	for round := range 20 {
		var both sync.WaitGroup
		both.Go(func() { upsert(t, e, ann) })
		both.Go(func() { upsert(t, e, ClientPatch{FirstName: text("Ann")}) })
		both.Wait()
		client, err := store.ClientByExternalID(t.Context(), pool, "ann")
		if err != nil {
			t.Fatal(err)
		}
		if client.ConsentBasis != "opt_in" || client.FirstName != "Ann" || client.Address == "" {
			t.Fatalf("round %d: consent %q, name %q, address %q", round, client.ConsentBasis, client.FirstName, client.Address)
		}
		if err := e.EraseClient(t.Context(), "ann"); err != nil {
			t.Fatal(err)
		}
	}
}

// An outcome for a client who was erased meanwhile is written like any other: it
// must not keep the process's other outcomes from being written.
func TestBounceOfAnErasedClientIsWritten(t *testing.T) {
	t.Parallel()
	e, pool := open(t)
	upsert(t, e, ann)
	letter := claimed(t, e, pool).Letters[0]
	if err := e.EraseClient(t.Context(), "ann"); err != nil {
		t.Fatal(err)
	}
	_, err := e.Commit(t.Context(), &Batch{Results: []Result{{Letter: letter, State: Failed, Invalid: true, At: time.Now()}}, Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	list, err := store.SuppressionsOf(t.Context(), pool, []string{"ann@client.example"})
	if err != nil || len(list) != 1 {
		t.Errorf("suppressions %v, %v: want the address that does not exist", list, err)
	}
}

// A letter that two claims have in hand passes under the later one only.
func TestLetterClaimedTwicePassesUnderTheFenceInForce(t *testing.T) {
	t.Parallel()
	e, pool := open(t)
	upsert(t, e, ann)
	first := claimed(t, e, pool).Letters[0]
	if _, err := pool.Exec(t.Context(), "UPDATE chunks SET fence = fence + 1"); err != nil {
		t.Fatal(err)
	}
	second := *first
	second.Chunk.Fence++
	for _, l := range []*Letter{first, &second} {
		l.Content.Recipient = l.Client.Address
	}
	passed, err := e.Commit(t.Context(), &Batch{Wanted: []*Letter{first, &second}, Now: time.Now(), WorkerID: 1})
	if err != nil {
		t.Fatal(err)
	}
	if passed[first].ContentID != 0 || passed[&second].ContentID == 0 {
		t.Errorf("the earlier claim passed in %v, the later in %v", passed[first], passed[&second])
	}
}

// What is planned while consent goes, or comes, is never stranded.
func TestConsentThatComesAndGoesStrandsNobody(t *testing.T) {
	t.Parallel()
	e, pool := open(t)
	for range 20 {
		upsert(t, e, ann)
		upsert(t, e, ClientPatch{Consent: &Consent{}})
		var both sync.WaitGroup
		both.Go(func() {
			if _, err := e.Plan(t.Context()); err != nil {
				t.Error(err)
			}
		})
		both.Go(func() { upsert(t, e, ann) })
		both.Wait()
		if _, err := e.Plan(t.Context()); err != nil {
			t.Fatal(err)
		}
		var stranded int
		err := pool.QueryRow(t.Context(), `
			SELECT count(*) FROM enrollments e WHERE state = 'active' AND next_at IS NULL
			AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.enrollment_id = e.id AND m.state = 'planned')`).Scan(&stranded)
		if err != nil {
			t.Fatal(err)
		}
		if stranded > 0 {
			t.Fatal("the client has consent, an open enrollment, and neither a date nor a letter")
		}
		upsert(t, e, ClientPatch{Consent: &Consent{}}) // so that the next round begins with a change
		for _, table := range []string{"messages", "chunks", "enrollments"} {
			if _, err := pool.Exec(t.Context(), "DELETE FROM "+table); err != nil {
				t.Fatal(err)
			}
		}
	}
}
