package engine

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"seventh/internal/store"
	"seventh/sequences"
)

var leaveRaces = flag.Int("races", 2000, "how many clients unsubscribe while their letter passes T2")

// What the clients of the race do, by their id modulo 8.
const (
	leavesAll   = iota // and the next two
	leavesChain = 3    // and the next one
	asksForLess = 5    // and the next one
	leavesOther = 7    // a sequence that the letter does not belong to
)

func deedOf(client int64) int {
	return []int{leavesAll, leavesAll, leavesAll, leavesChain, leavesChain, asksForLess, asksForLess, leavesOther}[client%8]
}

// raceOrder notes, as the last thing of their transactions, in which order clients' wishes
// and T2s commit. Both hold the lock of the address until then, so for one client the
// order of the notes is the order of the commits.
const raceOrder = `
	CREATE TABLE commits (n bigserial, what text, client_id bigint);
	CREATE FUNCTION note_stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		INSERT INTO commits (what, client_id) SELECT CASE WHEN NEW.scope IN ('', 'chain') THEN 'stop' ELSE 'other' END, id FROM clients WHERE address = NEW.address;
		RETURN NULL;
	END $$;
	CREATE FUNCTION note_preference() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		INSERT INTO commits (what, client_id) VALUES ('stop', NEW.client_id);
		RETURN NULL;
	END $$;
	CREATE FUNCTION note_passed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		INSERT INTO commits (what, client_id) SELECT 'passed', client_id FROM messages WHERE id = ANY(NEW.message_ids);
		RETURN NULL;
	END $$;
	CREATE CONSTRAINT TRIGGER note_stop AFTER INSERT ON suppressions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_stop();
	CREATE CONSTRAINT TRIGGER note_preference AFTER INSERT ON preferences DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_preference();
	CREATE CONSTRAINT TRIGGER note_passed AFTER INSERT ON transmissions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_passed();`

// The gate: clients unsubscribe, from all or from the one sequence, or ask for fewer
// letters, while a letter of theirs that is claimed passes T2. None passes later.
func TestNoLetterPassesLaterThanItsClientsWish(t *testing.T) {
	t.Parallel()
	e, pool := open(t)
	now := raceField(t, e, pool, *leaveRaces)
	letters := claimAll(t, e, pool, *leaveRaces)
	change(t, pool, raceOrder)
	change(t, pool, "ANALYZE")
	race{t: t, e: e, pool: pool, now: now}.run(letters)

	var late, passed, refused, untouched, stranded, tooSoon int
	if err := pool.QueryRow(t.Context(), `
		SELECT count(*) FILTER (WHERE p.n > s.n), count(p.n), count(*) FILTER (WHERE p.n IS NULL) FROM commits s LEFT JOIN commits p ON p.client_id = s.client_id AND p.what = 'passed'
		WHERE s.what = 'stop'`).Scan(&late, &passed, &refused); err != nil {
		t.Fatal(err)
	}
	if late > 0 {
		t.Errorf("%d letters passed T2 after their client's wish had been kept", late)
	}
	if passed+refused != *leaveRaces-*leaveRaces/8 || passed == 0 || refused == 0 {
		t.Errorf("%d letters passed before their client's wish and %d did not, of %d", passed, refused, *leaveRaces-*leaveRaces/8)
	}
	// Whoever left another sequence gets his letter. Whoever asked for fewer loses none: it
	// waits until a month after the one before.
	if err := pool.QueryRow(t.Context(), `
		SELECT count(*) FILTER (WHERE m.client_id % 8 = 7 AND m.state <> 'sent'),
			count(*) FILTER (WHERE m.client_id % 8 IN (5, 6) AND m.state <> 'sent' AND (m.state <> 'planned' OR m.chunk_id IS NOT NULL OR d.until IS NULL)),
			count(*) FILTER (WHERE m.client_id % 8 IN (5, 6) AND d.until < $1)
		FROM messages m LEFT JOIN deferred d ON d.message_id = m.id WHERE m.step = 'one' AND m.template = 'a' AND m.due_at > $2`,
		now.AddDate(0, 0, 24), now.AddDate(0, 0, -1)).Scan(&untouched, &stranded, &tooSoon); err != nil {
		t.Fatal(err)
	}
	if untouched > 0 {
		t.Errorf("%d letters did not go because their client left another sequence", untouched)
	}
	if stranded > 0 || tooSoon > 0 {
		t.Errorf("of letters whose client wants fewer %d are lost and %d come too soon", stranded, tooSoon)
	}
	t.Logf("%d races: %d letters passed T2 first, %d were refused, %d passed late", passed+refused, passed, refused, late)
}

// raceField is clients who got a letter of one sequence days ago, and are due to get one
// of another.
func raceField(t *testing.T, e *Engine, pool *pgxpool.Pool, clients int) time.Time {
	t.Helper()
	now, err := store.Now(t.Context(), pool)
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		`INSERT INTO clients (external_id, address, email, consent_basis, category) SELECT i, i || '@client.example', i || '@client.example', 'opt_in', '' FROM generate_series(1, $1) i`,
		`INSERT INTO enrollments (client_id, sequence_id, version_id, origin, next_step, started_at, state, ended_at, end_reason)
			SELECT c.id, s.id, s.version_id, 'api', '', business_now(), 'ended', business_now(), 'finished' FROM clients c, sequences s WHERE s.name = 'other' AND $1 > 0`,
		`INSERT INTO messages (enrollment_id, client_id, step, template, sender, state, due_at, not_after, at, sent_at)
			SELECT id, client_id, 'one', 'a', 'team@firm.example', 'sent', business_now() - interval '5 days', business_now(), business_now() - interval '5 days', business_now() - interval '5 days' FROM enrollments WHERE $1 > 0`,
		`INSERT INTO enrollments (client_id, sequence_id, version_id, origin, next_step, started_at, next_at)
			SELECT c.id, s.id, s.version_id, 'api', 'one', business_now(), business_now() FROM clients c, sequences s WHERE s.name = 'chain' AND $1 > 0`,
	} {
		if _, err := pool.Exec(t.Context(), sql, clients); err != nil {
			t.Fatal(err)
		}
	}
	return now
}

// claimAll plans all letters and takes them as one worker, who lives until the test ends.
func claimAll(t *testing.T, e *Engine, pool *pgxpool.Pool, clients int) []*Letter {
	t.Helper()
	race{t: t, e: e}.plan()
	conn, err := pgx.ConnectConfig(t.Context(), pool.Config().ConnConfig.Copy())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	worker, err := store.RegisterWorker(t.Context(), conn, "test", 1)
	if err != nil {
		t.Fatal(err)
	}
	var letters []*Letter
	for chunk := int64(1); len(letters) < clients; chunk++ {
		claim, err := e.Claim(t.Context(), chunk, worker)
		if err != nil || claim == nil {
			t.Fatalf("claiming chunk %d: %v, %v; %d letters so far", chunk, claim, err, len(letters))
		}
		for _, l := range claim.Letters {
			l.Content = store.Content{Subject: "Hello", Recipient: l.Client.Address, LetterHash: make([]byte, 32), Personal: []byte("x")}
		}
		letters = append(letters, claim.Letters...)
	}
	return letters
}

type race struct {
	t    *testing.T
	e    *Engine
	pool *pgxpool.Pool
	now  time.Time
}

// run sends the letters in small group commits, as connections do, each of which settles
// the one before; whoever they go to has a wish at the same moment.
func (r race) run(letters []*Letter) {
	const together = 24
	var settled Batch
	for round := 1; len(letters) > 0; round++ {
		n := min(together, len(letters))
		batch := letters[:n]
		letters = letters[n:]
		wishes := append([]*Letter(nil), batch...)
		rand.Shuffle(n, func(i, j int) { wishes[i], wishes[j] = wishes[j], wishes[i] })
		var clients sync.WaitGroup
		for i := range 3 {
			clients.Go(func() {
				for _, l := range wishes[i*n/3 : (i+1)*n/3] {
					if err := r.wish(l); err != nil {
						r.t.Errorf("the wish of client %d: %v", l.ClientID, err)
					}
				}
			})
		}
		for at := 0; at < n; at += together / 4 {
			settled = r.commit(batch[at:min(at+together/4, n)], settled)
		}
		clients.Wait()
		if round%4 == 0 || len(letters) == 0 {
			r.plan()
		}
		if r.t.Failed() {
			return
		}
	}
	r.commit(nil, settled)
}

// plan decides about everything that is due.
func (r race) plan() {
	for {
		planned, err := r.e.Plan(r.t.Context())
		if err != nil {
			r.t.Fatal(err)
		}
		if !planned.Any() {
			return
		}
	}
}

// commit has letters pass T2, and settles what passed before. It returns what is to be
// settled next.
func (r race) commit(wanted []*Letter, settled Batch) Batch {
	settled.Wanted, settled.Now = wanted, r.now
	if len(wanted) > 0 {
		settled.WorkerID = 1
	}
	passed, err := r.e.Commit(r.t.Context(), &settled)
	if err != nil {
		r.t.Fatal(err)
	}
	var next Batch
	for l, place := range passed {
		next.Results = append(next.Results, Result{Letter: l, State: Sent, At: r.now, Attempted: true, Response: "250 ok", Content: place})
		next.Settled = []int64{place.ContentID}
	}
	return next
}

func (r race) wish(l *Letter) error {
	ctx := r.t.Context()
	switch deedOf(l.ClientID) {
	case leavesAll:
		return r.e.Unsubscribe(ctx, l.MessageID)
	case leavesChain:
		return r.e.LeaveSequence(ctx, l.MessageID)
	case asksForLess:
		_, err := r.e.PreferFewer(ctx, l.MessageID, sequences.Duration{N: 1, Unit: sequences.Month})
		return err
	}
	var other int64
	err := r.pool.QueryRow(ctx, "SELECT min(id) FROM messages WHERE client_id = $1", l.ClientID).Scan(&other)
	if err != nil {
		return fmt.Errorf("finding the other letter: %w", err)
	}
	return r.e.LeaveSequence(ctx, other)
}
