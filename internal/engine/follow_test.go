package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
	"seventh/sequences"
)

// mailing is a trial whose letters go the whole way: planned, claimed, settled.
type mailing struct {
	*trial
	worker int32
	times  int // publications
}

const followSettings = "time_zone: UTC\nfallback_sender: ann\nsenders: { ann: { email: ann@firm.example } }\n"

// newMailing publishes a sequence of steps (YAML) that follows, and sets the clock.
func newMailing(t *testing.T, steps string) *mailing {
	t.Helper()
	m := &mailing{trial: newTrial(t, monday, followSettings, map[string]string{"chain": following(steps)})}
	conn, err := pgx.ConnectConfig(t.Context(), m.pool.Config().ConnConfig.Copy())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	if m.worker, err = store.RegisterWorker(t.Context(), conn, "test", 1); err != nil {
		t.Fatal(err)
	}
	return m
}

func following(steps string) string {
	return "sequence: chain\nsender: ann\non_change: follow\n" + steps
}

// edit publishes other steps.
func (m *mailing) edit(steps string) {
	m.t.Helper()
	m.times++
	m.publish(fmt.Sprint("edit ", m.times), followSettings, map[string]string{"chain": following(steps)})
}

// claim takes the chunks that are there, and leaves them in hand.
func (m *mailing) claim() []*Letter {
	m.t.Helper()
	rows, err := m.pool.Query(m.t.Context(), "SELECT id FROM chunks WHERE worker_id IS NULL ORDER BY id")
	if err != nil {
		m.t.Fatal(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		m.t.Fatal(err)
	}
	var letters []*Letter
	for _, id := range ids {
		claim, err := m.Claim(m.t.Context(), id, m.worker)
		if err != nil {
			m.t.Fatal(err)
		}
		if claim != nil {
			letters = append(letters, claim.Letters...)
		}
	}
	return letters
}

// settle settles letters as sent.
func (m *mailing) settle(letters []*Letter) {
	m.t.Helper()
	if len(letters) == 0 {
		return
	}
	now := m.now()
	var results []Result
	for _, l := range letters {
		l.Content = store.Content{Subject: "Hello", Recipient: l.Client.Address}
		results = append(results, Result{Letter: l, State: Sent, At: now})
	}
	if _, err := m.Commit(m.t.Context(), &Batch{Results: results, Now: now}); err != nil {
		m.t.Fatal(err)
	}
}

// work goes on until nothing is due.
func (m *mailing) work() {
	m.t.Helper()
	for {
		planned, err := m.Plan(m.t.Context())
		if err != nil {
			m.t.Fatal(err)
		}
		letters := m.claim()
		m.settle(letters)
		if len(letters) == 0 && !planned.Any() {
			return
		}
	}
}

// until works through everything that comes due until a moment.
func (m *mailing) until(moment time.Time) {
	m.t.Helper()
	for {
		m.work()
		due, err := store.NextDue(m.t.Context(), m.pool)
		if err != nil {
			m.t.Fatal(err)
		}
		if due == nil || due.After(moment) {
			m.at(moment)
			return
		}
		if due.After(m.now()) {
			m.at(*due)
		}
	}
}

// got are the letters of a client: "day step", days counted from monday.
func (m *mailing) got(client string) []string {
	m.t.Helper()
	rows, err := m.pool.Query(m.t.Context(), `
		SELECT m.step, m.sent_at FROM messages m JOIN clients c ON c.id = m.client_id WHERE c.external_id = $1 AND m.state = 'sent' ORDER BY m.sent_at, m.id`, client)
	if err != nil {
		m.t.Fatal(err)
	}
	var got []string
	var step string
	var at time.Time
	if _, err := pgx.ForEachRow(rows, []any{&step, &at}, func() error {
		got = append(got, fmt.Sprintf("%d %s", int(at.Truncate(24*time.Hour).Sub(monday.Truncate(24*time.Hour)).Hours()/24), step))
		return nil
	}); err != nil {
		m.t.Fatal(err)
	}
	return got
}

const guideCaseOffer = `
steps:
  - { id: guide, email: a }
  - { id: case, email: b, after: 10d }
  - { id: offer, email: c, after: 10d }
`

// What becomes of ann, who has had guide on day 0 and is edited on day 4 or so.
func TestEditsReachWhoIsUnderWay(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		after string
		on    int // the day of the edit; 4 if it is not said
		want  []string
		ended string
	}{
		"nothing but a comment": {"# well\n" + guideCaseOffer, 0, []string{"0 guide", "10 case", "20 offer"}, "finished"},
		"a shorter delay: the time that has passed counts": {
			strings.Replace(guideCaseOffer, "10d", "7d", 1), 0, []string{"0 guide", "7 case", "17 offer"}, "finished",
		},
		"a delay that is over already: at once": {
			strings.Replace(guideCaseOffer, "10d", "2d", 1), 0, []string{"0 guide", "4 case", "14 offer"}, "finished",
		},
		"a longer delay": {strings.Replace(guideCaseOffer, "10d", "30d", 1), 0, []string{"0 guide", "30 case", "40 offer"}, "finished"},
		"a step ahead": {
			guideCaseOffer + "  - { id: last, email: d, after: 5d }\n", 0, []string{"0 guide", "10 case", "20 offer", "25 last"}, "finished",
		},
		"a step behind: she stands at case already": {
			strings.Replace(guideCaseOffer, "  - { id: case", "  - { id: early, email: e, after: 1d }\n  - { id: case", 1), 0, []string{"0 guide", "10 case", "20 offer"}, "finished",
		},
		"renamed": {
			strings.Replace(guideCaseOffer, "id: case", "id: story, renamed_from: case", 1), 0, []string{"0 guide", "10 story", "20 offer"}, "finished",
		},
		"what she has had is renamed and comes again": {`
steps:
  - { id: case, email: b, after: 10d }
  - { id: intro, email: a, after: 1d, renamed_from: guide }
  - { id: offer, email: c, after: 10d }
`, 0, []string{"0 guide", "10 case", "21 offer"}, "finished"},
		"the order is turned": {`
steps:
  - { id: offer, email: c, after: 10d }
  - { id: case, email: b, after: 10d }
  - { id: guide, email: a, after: 10d }
`, 0, []string{"0 guide", "10 case"}, "finished"},
		"gone, and replaced by what comes next": {`
replace_with: { case: offer }
steps:
  - { id: guide, email: a }
  - { id: offer, email: c, after: 10d }
`, 0, []string{"0 guide", "10 offer"}, "finished"},
		"gone, and replaced by what she has had": {`
replace_with: { case: guide }
steps:
  - { id: guide, email: a }
  - { id: offer, email: c, after: 10d }
`, 0, []string{"0 guide", "14 offer"}, "finished"},
		"gone, and she ends": {`
replace_with: { case: end }
steps:
  - { id: guide, email: a }
  - { id: offer, email: c, after: 10d }
`, 0, []string{"0 guide"}, "sequence_removed"},
		"gone without a word: she came there too late to be asked about": {`
steps:
  - { id: guide, email: a }
  - { id: offer, email: c, after: 10d }
`, 0, []string{"0 guide", "10 offer"}, "finished"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMailing(t, guideCaseOffer)
			m.clients(ClientPatch{ExternalID: "ann"})
			m.enroll("chain", monday, "ann")
			m.until(monday.AddDate(0, 0, 4))
			m.edit(test.after)
			m.until(monday.AddDate(1, 0, 0))
			if diff := cmp.Diff(test.want, m.got("ann")); diff != "" {
				t.Errorf("letters (-want +got):\n%s", diff)
			}
			if e := m.waits("ann", "chain"); e.EndReason == nil || *e.EndReason != test.ended {
				t.Errorf("she is %s at %s, ended %v, want %s", e.State, e.NextStep, e.EndReason, test.ended)
			}
		})
	}
}

// Whoever is pinned goes on by the steps as they were; all else is as in force.
func TestPinnedPeopleKeepTheirSteps(t *testing.T) {
	t.Parallel()
	m := newMailing(t, guideCaseOffer)
	m.clients(ClientPatch{ExternalID: "ann"})
	m.enroll("chain", monday, "ann")
	m.until(monday.AddDate(0, 0, 4))
	m.publish("pinned", followSettings+"windows: { weekend: { days: [sat, sun] } }\n", map[string]string{
		"chain": "sequence: chain\nsender: ann\nwindow: weekend\nsteps: [{ id: other, email: o }]\n",
	})
	m.until(monday.AddDate(1, 0, 0))
	if diff := cmp.Diff([]string{"0 guide", "12 case", "26 offer"}, m.got("ann")); diff != "" {
		t.Errorf("letters, on weekends now (-want +got):\n%s", diff)
	}
}

// A letter that is planned, or in a worker's hands, goes as planned; then its client
// goes on by the new steps.
func TestLetterOnItsWayGoesAsPlanned(t *testing.T) {
	t.Parallel()
	m := newMailing(t, guideCaseOffer)
	m.clients(ClientPatch{ExternalID: "ann"})
	m.enroll("chain", monday, "ann")
	if _, err := m.Plan(t.Context()); err != nil {
		t.Fatal(err)
	}
	inHand := m.claim()
	m.edit("replace_with: { guide: end }\nsteps:\n  - { id: story, renamed_from: case, email: b, after: 3d }\n  - { id: offer, email: c, after: 10d }\n")
	m.work()
	if e := m.waits("ann", "chain"); e.Edited || e.NextStep != "guide" {
		t.Fatalf("she was taken on while her letter was on its way: %+v", e)
	}
	m.settle(inHand)
	m.until(monday.AddDate(1, 0, 0))
	if diff := cmp.Diff([]string{"0 guide", "3 story", "13 offer"}, m.got("ann")); diff != "" {
		t.Errorf("letters (-want +got):\n%s", diff)
	}
}

// A thousand and more go in batches; publishing again meanwhile is a newer aim.
func TestManyAreTakenOnInBatches(t *testing.T) {
	t.Parallel()
	m := newMailing(t, guideCaseOffer)
	patches, ids := named("c", 2500)
	m.clients(patches...)
	m.enroll("chain", monday.AddDate(0, 0, 3), ids...)
	m.edit(strings.Replace(guideCaseOffer, "id: guide,", "id: start, renamed_from: guide, after: 1d,", 1))
	planned, err := m.Plan(t.Context())
	if err != nil || planned.Carried != planLimit {
		t.Fatalf("planned %+v, %v", planned, err)
	}
	m.edit(strings.Replace(guideCaseOffer, "id: guide,", "id: begin, renamed_from: start, after: 2d,", 1))
	m.at(monday.AddDate(0, 0, 2))
	m.work()
	var versions, sent int
	err = m.pool.QueryRow(t.Context(), `
		SELECT (SELECT count(*) FROM enrollments WHERE version_id = (SELECT version_id FROM sequences) AND edited), (SELECT count(*) FROM messages WHERE step = 'begin')`).Scan(&versions, &sent)
	if err != nil || versions != 2500 || sent != 2500 {
		t.Errorf("%d are in the newest version, %d had its first letter (%v)", versions, sent, err)
	}
}

// A sequence that is retired with its people ends for all of them; letters on their
// way go.
func TestRetiredSequenceEndsIfSaid(t *testing.T) {
	t.Parallel()
	m := newMailing(t, guideCaseOffer)
	m.clients(ClientPatch{ExternalID: "ann"}, ClientPatch{ExternalID: "bob"})
	m.enroll("chain", monday.AddDate(0, 0, 5), "ann")
	m.enroll("chain", monday, "bob")
	if _, err := m.Plan(t.Context()); err != nil {
		t.Fatal(err)
	}
	inHand := m.claim()
	for _, f := range []func() error{
		func() error { return store.RetireSequences(t.Context(), m.pool, []string{}) },
		func() error { return store.EndRetired(t.Context(), m.pool, true) },
	} {
		if err := f(); err != nil {
			t.Fatal(err)
		}
	}
	m.publish("empty", followSettings, nil)
	m.work()
	m.settle(inHand)
	m.work()
	for _, client := range []string{"ann", "bob"} {
		if e := m.waits(client, "chain"); e.EndReason == nil || *e.EndReason != endedRemoved {
			t.Errorf("%s is %s, %v", client, e.State, e.EndReason)
		}
	}
	if diff := cmp.Diff([]string{"0 guide"}, m.got("bob")); diff != "" {
		t.Errorf("bob's letters (-want +got):\n%s", diff)
	}
}

// Whoever has run out of letters gets new ones, also where steps are pinned.
func TestNewLettersReachWhoRanOut(t *testing.T) {
	t.Parallel()
	m := newMailing(t, guideCaseOffer)
	m.clients(ClientPatch{ExternalID: "ann"})
	m.enroll("chain", monday, "ann")
	m.until(monday.AddDate(0, 0, 12))
	m.exec("UPDATE enrollments SET next_at = NULL, waiting = 'letters', last_step = 'offer', next_step = ''")
	m.publish("more", followSettings, map[string]string{"chain": "sequence: chain\nsender: ann\n" + guideCaseOffer + "  - { id: more, email: m }\n"})
	if err := store.WakeWithoutLetters(t.Context(), m.pool, []string{"chain"}, m.now()); err != nil {
		t.Fatal(err)
	}
	m.until(monday.AddDate(1, 0, 0))
	if diff := cmp.Diff([]string{"0 guide", "10 case", "12 more"}, m.got("ann")); diff != "" {
		t.Errorf("letters (-want +got):\n%s", diff)
	}
}

// An open task goes by its step's new name, and is dropped with the step.
func TestTasksGoWithTheirSteps(t *testing.T) {
	t.Parallel()
	m := newMailing(t, guideCaseOffer)
	m.clients(ClientPatch{ExternalID: "ann"}, ClientPatch{ExternalID: "bob"})
	m.enroll("chain", monday.AddDate(0, 0, 5), "ann", "bob")
	m.exec("UPDATE enrollments SET waiting = 'task', next_step = CASE WHEN id % 2 = 1 THEN 'case' ELSE 'offer' END")
	m.exec(`INSERT INTO tasks (client_id, enrollment_id, step, kind, origin, title, due_at, created_at)
		SELECT client_id, id, next_step, 'call', 'sequence', '', now(), now() FROM enrollments`)
	m.edit("replace_with: { offer: guide }\nsteps:\n  - { id: guide, email: a, after: 9d }\n  - { id: story, renamed_from: case, email: b, after: 10d }\n")
	if _, err := m.Plan(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows, err := m.pool.Query(t.Context(), `
		SELECT concat_ws(' ', t.step, t.state, e.next_step, e.waiting, e.next_at IS NULL) FROM tasks t JOIN enrollments e ON e.id = t.enrollment_id ORDER BY t.id`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"offer cancelled guide  f", "story open story task f"}, got); diff != "" {
		t.Errorf("tasks (-want +got):\n%s", diff)
	}
}

func TestStepNamedKnowsOldNames(t *testing.T) {
	t.Parallel()
	m := newMailing(t, guideCaseOffer)
	m.edit(strings.Replace(guideCaseOffer, "id: case", "id: story, renamed_from: case", 1))
	catalog, err := m.Catalog(t.Context(), m.pool)
	if err != nil {
		t.Fatal(err)
	}
	v := catalog.Current("chain")
	for then, want := range map[string]string{"case": "story", "story": "story", "guide": "guide", "gone": "gone"} {
		if got := v.StepNamed(then); got != want {
			t.Errorf("%s is %s now, want %s", then, got, want)
		}
	}
	if v.Sequence.OnChange != sequences.FollowSteps {
		t.Error("it follows")
	}
}
