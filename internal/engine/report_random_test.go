package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"seventh/internal/inbound"
	"seventh/internal/store"
)

// A world is what happens to one client: letters a week apart, what is told about them,
// and what the mail server says about the last one. Every client of a world lives through
// the same, in an order of his own.
type world struct {
	sequence string
	outcomes []string // of the last letter, in their order
	reports  []told
}

type told struct {
	letter int // from 0
	event  inbound.Event
	after  time.Duration // after its letter
	times  int
}

// worlds are drawn at random, always the same ones.
func worlds(n int) []world {
	random := rand.New(rand.NewPCG(5, 19))
	outcomes := [][]string{{Sent}, {Sent}, {Unconfirmed}, {Unconfirmed, Sent}}
	list := make([]world, n)
	for i := range list {
		w := world{sequence: []string{"long", "short"}[i%2], outcomes: outcomes[i/2%len(outcomes)]}
		for range 1 + random.IntN(5) {
			t := told{letter: random.IntN(3), after: time.Duration(1+random.IntN(240)) * time.Second, times: 1 + random.IntN(3)}
			switch random.IntN(6) {
			case 0:
				t.event = inbound.Event{Kind: inbound.Complained}
			case 1:
				t.event = inbound.Event{Kind: inbound.Unsubscribed}
			case 2:
				t.event = inbound.Event{Kind: inbound.Delivered}
			default:
				classes := []string{"invalid", "full", "full", "unknown", "policy", "content", "temporary"}
				t.event = inbound.Event{Kind: inbound.Bounced, Class: classes[random.IntN(len(classes))], Permanent: random.IntN(3) > 0, Status: "5.0.0", Diagnostic: fmt.Sprint("words ", random.IntN(3))}
			}
			w.reports = append(w.reports, t)
		}
		if i%5 == 4 { // a row of soft bounces
			class := []string{"full", "unknown"}[i/5%2]
			for letter := range 3 {
				w.reports = append(w.reports, told{letter: letter, event: inbound.Event{Kind: inbound.Bounced, Class: class, Permanent: true}, after: time.Minute, times: 2})
			}
		}
		list[i] = w
	}
	return list
}

// Reports may come twice, in any order, and before the letter is settled: the end is
// always the same.
func TestReportsInAnyOrderEndTheSame(t *testing.T) {
	t.Parallel()
	const kinds, orders = 20, 10
	worlds := worlds(kinds)
	m := newMailing(t, "steps:\n  - { id: one, email: a }\n")
	three := "sender: ann\nsteps:\n  - { id: one, email: a }\n  - { id: two, after: 7d, email: b }\n  - { id: three, after: 7d, email: c }\n"
	m.publish("two", followSettings, map[string]string{"long": "sequence: long\n" + three + "  - { id: four, after: 7d, email: d }\n", "short": "sequence: short\n" + three})
	var patches []ClientPatch
	by := map[string][]string{}
	for w := range worlds {
		for o := range orders {
			id := clientOf(w, o)
			patches = append(patches, ClientPatch{ExternalID: id})
			by[worlds[w].sequence] = append(by[worlds[w].sequence], id)
		}
	}
	m.clients(patches...)
	for sequence, ids := range by {
		m.enroll(sequence, monday, ids...)
	}
	m.until(monday.AddDate(0, 0, 7).Add(time.Hour))
	sent := monday.AddDate(0, 0, 14).Add(time.Hour)
	m.at(sent)
	for range 3 {
		if _, err := m.Plan(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	letters := m.claim()
	if len(letters) != kinds*orders {
		t.Fatalf("%d letters are claimed", len(letters))
	}
	passed := m.transmit(letters)
	m.at(sent.Add(10 * time.Minute))
	shift := m.shift()
	var wait sync.WaitGroup
	var mu sync.Mutex
	applied := 0
	lanes := make(chan *Letter)
	for range 4 {
		wait.Go(func() {
			for l := range lanes {
				var w, o int
				if _, err := fmt.Sscanf(l.Client.ExternalID, "w%d-%d", &w, &o); err != nil {
					t.Error(err)
				}
				n := m.live(l, passed[l], &worlds[w], uint64(o), sent, shift)
				mu.Lock()
				applied += n
				mu.Unlock()
			}
		})
	}
	for _, l := range letters {
		lanes <- l
	}
	close(lanes)
	wait.Wait()
	m.look()
	for w := range worlds {
		want := m.end(clientOf(w, 0))
		for o := 1; o < orders; o++ {
			if diff := cmp.Diff(want, m.end(clientOf(w, o))); diff != "" {
				t.Errorf("world %+v, order %d (-in order +shuffled):\n%s", worlds[w], o, diff)
			}
		}
	}
	t.Logf("%d worlds in %d orders each: %d reports and outcomes", kinds, orders, applied)
}

func clientOf(world, order int) string { return fmt.Sprintf("w%d-%d", world, order) }

// live lives through a world: order 0 in order, any other shuffled. It returns how many
// things happened.
func (m *mailing) live(l *Letter, content store.ContentRef, w *world, order uint64, sent time.Time, shift time.Duration) int {
	ids := m.lettersOf(l.Client.ExternalID)
	var happens []func() error
	var outcomes []int // where they stand in happens
	for _, state := range w.outcomes {
		outcomes = append(outcomes, len(happens))
		happens = append(happens, func() error {
			r := Result{Letter: l, State: state, At: sent, Content: content, Attempted: true}
			_, err := m.Commit(m.t.Context(), &Batch{Results: []Result{r}, Now: sent})
			return err
		})
	}
	for _, report := range w.reports {
		at := monday.AddDate(0, 0, 7*report.letter).Add(time.Hour + report.after).Add(-shift)
		for range report.times {
			happens = append(happens, func() error {
				event := report.event
				event.At = at
				return m.Apply(m.t.Context(), Report{MessageID: ids[report.letter], Source: "hook:generic", Event: event})
			})
		}
	}
	turns := make([]int, len(happens))
	for i := range turns {
		turns[i] = i
	}
	if order > 0 {
		random := rand.New(rand.NewPCG(order, uint64(len(happens))))
		random.Shuffle(len(turns), func(i, j int) { turns[i], turns[j] = turns[j], turns[i] })
	}
	next := 0 // outcomes keep their order
	for i, turn := range turns {
		if slices.Contains(outcomes, turn) {
			turns[i], next = outcomes[next], next+1
		}
	}
	for _, turn := range turns {
		if err := happens[turn](); err != nil {
			m.t.Error(err)
		}
	}
	return len(turns)
}

// transmit has letters pass T2.
func (m *mailing) transmit(letters []*Letter) map[*Letter]store.ContentRef {
	m.t.Helper()
	for _, l := range letters {
		l.Content = store.Content{Subject: "Hello", Recipient: l.Client.Address, LetterHash: []byte("h"), Personal: []byte("p")}
	}
	passed, err := m.Commit(m.t.Context(), &Batch{Wanted: letters, Now: m.now(), WorkerID: m.worker})
	if err != nil || len(passed) != len(letters) {
		m.t.Fatalf("%d of %d letters passed: %v", len(passed), len(letters), err)
	}
	return passed
}

func (m *mailing) shift() time.Duration {
	m.t.Helper()
	clock, err := store.ReadClock(m.t.Context(), m.pool)
	if err != nil {
		m.t.Fatal(err)
	}
	return clock.Shift
}

// look looks at unconfirmed letters until nothing is to be looked at.
func (m *mailing) look() {
	m.t.Helper()
	for {
		if n, err := m.LookAtUnconfirmed(m.t.Context()); err != nil || n == 0 {
			if err != nil {
				m.t.Fatal(err)
			}
			return
		}
	}
}

func (m *mailing) lettersOf(client string) []int64 {
	return rowsOf[int64](m.trial, "SELECT m.id FROM messages m JOIN clients c ON c.id = m.client_id WHERE c.external_id = $1 ORDER BY m.id", client)
}

func rowsOf[T any](tr *trial, sql string, args ...any) []T {
	tr.t.Helper()
	rows, err := tr.pool.Query(tr.t.Context(), sql, args...)
	if err != nil {
		tr.t.Error(err)
		return nil
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[T])
	if err != nil {
		tr.t.Error(err)
	}
	return list
}

// end is all that a client's world came to, one line for each thing.
func (m *mailing) end(client string) []string {
	m.t.Helper()
	return rowsOf[string](m.trial, `
		WITH c AS (SELECT * FROM clients WHERE external_id = $1)
		SELECT 'letter ' || m.step || ' ' || m.state FROM messages m JOIN c ON c.id = m.client_id
		UNION ALL SELECT concat_ws(' ', 'touch', m.step, t.kind, t.at, t.actor, t.data) FROM touches t JOIN c ON c.id = t.client_id LEFT JOIN messages m ON m.id = t.message_id
		UNION ALL SELECT concat_ws(' ', 'suppressed', x.reason, x.scope) FROM suppressions x JOIN c USING (address)
		UNION ALL SELECT concat_ws(' ', 'rejection', m.step, r.class) FROM rejections r JOIN messages m ON m.id = r.message_id JOIN c ON c.id = m.client_id
		UNION ALL SELECT concat_ws(' ', 'open', m.step, u.open) FROM unconfirmed u JOIN messages m ON m.id = u.message_id JOIN c ON c.id = m.client_id WHERE m.state = 'unconfirmed'
		UNION ALL SELECT concat_ws(' ', 'chain', e.state, e.end_reason, CASE WHEN e.state <> 'ended' THEN concat_ws(' ', e.last_step, e.next_step, e.next_at, e.waiting) END) FROM enrollments e JOIN c ON c.id = e.client_id
		ORDER BY 1`, client)
}
