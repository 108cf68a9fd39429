package engine

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"seventh/internal/store"
)

const stepsYAML = "time_zone: UTC\nfallback_sender: ann\nsenders: { ann: { email: ann@firm.example } }\n"

// steps is a sequence with steps, one a line.
func steps(name, lines string) string { return "sequence: " + name + "\nsteps:\n" + lines }

// outcomes counts decisions by step and outcome.
func (tr *trial) outcomes() map[string]int {
	tr.t.Helper()
	rows, err := tr.pool.Query(tr.t.Context(), "SELECT step || ' ' || outcome, count(*)::int FROM decisions GROUP BY 1")
	if err != nil {
		tr.t.Fatal(err)
	}
	counts := make(map[string]int)
	var what string
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&what, &n}, func() error { counts[what] = n; return nil }); err != nil {
		tr.t.Fatal(err)
	}
	return counts
}

func (tr *trial) task(client, step string) store.Task {
	tr.t.Helper()
	list, err := store.ListTasks(tr.t.Context(), tr.pool, store.TaskFilter{Client: client, Limit: 100})
	if err != nil {
		tr.t.Fatal(err)
	}
	for _, t := range list {
		if t.Step == step {
			return t
		}
	}
	tr.t.Fatalf("%s has no task %s: %+v", client, step, list)
	return store.Task{}
}

// Whoever stands at an if is dealt with by the thousand, several steps at a time.
func TestThousandsAtOneIf(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, stepsYAML, map[string]string{"own": steps("own", `
  - { id: big, if: attributes.size >= 10, then: [{ id: tell, notify: A big one }], else: [{ id: small, if: touches >= 7, then: [] }] }
  - { id: rest, wait: 3d }
  - { id: over, end: goal }
`)})
	patches, ids := named("c", 3000)
	for i := range patches {
		patches[i].Attributes = map[string]any{"size": i % 20}
	}
	tr.clients(patches...)
	tr.enroll("own", monday, ids...)
	runs := 0
	for planned := (Planned{Due: 1}); planned.Any(); runs++ {
		var err error
		if planned, err = tr.Plan(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if runs > 8 { // each of them was moved once before, which leaves hints
		t.Errorf("it took the planner %d runs", runs)
	}
	for what, want := range map[string]int{"big then": 1500, "big else": 1500, "tell notified": 1500, "small else": 1500} {
		if got := tr.outcomes()[what]; got != want {
			t.Errorf("%s: %d times, want %d", what, got, want)
		}
	}
	tr.at(monday.AddDate(0, 0, 3).Add(time.Minute))
	tr.plan()
	if e := tr.waits(ids[0], "own"); e.State != "ended" || *e.EndReason != endedGoal {
		t.Errorf("it is %+v", e)
	}
}

// failing fails to insert jobs as often as it says.
type failing struct {
	Jobs
	times int
}

func (f *failing) InsertManyTx(ctx context.Context, tx pgx.Tx, params []river.InsertManyParams) ([]*rivertype.JobInsertResult, error) {
	if f.times--; f.times >= 0 {
		return nil, errors.New("the database is gone")
	}
	return f.Jobs.InsertManyTx(ctx, tx, params)
}

// A run of the planner that fails at its very end has done nothing.
func TestARunThatFailsHasDoneNothing(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, stepsYAML, map[string]string{
		"own": steps("own", `
  - { id: tell, notify: Hello }
  - { id: cool, set: { category: D } }
  - { id: also, enroll: other }
  - { id: ring, call: c/follow-up }
`),
		"other": oneStep("other", ""), "letter": oneStep("letter", ""),
	})
	tr.Jobs = &failing{Jobs: tr.Jobs, times: 1}
	tr.clients(ClientPatch{ExternalID: "ann"}, ClientPatch{ExternalID: "bob"})
	tr.enroll("own", monday, "ann")
	tr.enroll("letter", monday, "bob")
	if _, err := tr.Plan(t.Context()); err == nil {
		t.Fatal("the run did not fail")
	}
	if got := tr.outcomes(); len(got) > 0 {
		t.Errorf("it has decided %v", got)
	}
	tr.plan()
	for _, what := range []string{"tell notified", "cool set", "also enrolled"} {
		if tr.outcomes()[what] != 1 {
			t.Errorf("decided is %v, want %s once", tr.outcomes(), what)
		}
	}
	if task := tr.task("ann", "ring"); task.State != store.TaskOpen {
		t.Errorf("the call is %s", task.State)
	}
}

func TestATaskIsDoneOnce(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, stepsYAML, map[string]string{"own": steps("own", `
  - { id: box, task: Send the box, give_up: 3d }
  - { id: rest, after: 2d, wait: 1d }
`)})
	tr.clients(ClientPatch{ExternalID: "ann"})
	tr.enroll("own", monday, "ann")
	tr.plan()
	task := tr.task("ann", "box")
	if task.Title != "Send the box" || task.Kind != store.TaskOther || task.LateAt == nil || !task.LateAt.Equal(monday.AddDate(0, 0, 3)) {
		t.Errorf("the task is %+v", task)
	}
	if err := tr.CloseTask(t.Context(), task.ID, Closing{By: "rep@firm.example", Note: "sent it"}); err != nil {
		t.Fatal(err)
	}
	after := tr.waits("ann", "own")
	if err := tr.CloseTask(t.Context(), task.ID, Closing{By: "rep@firm.example", Note: "again"}); !errors.Is(err, ErrTaskClosed) {
		t.Errorf("the second time: %v", err)
	}
	if e := tr.waits("ann", "own"); e.NextStep != "rest" || !e.NextAt.Equal(*after.NextAt) {
		t.Errorf("after the second time it stands at %s, due %s", e.NextStep, e.NextAt)
	}
	if err := tr.CloseTask(t.Context(), 4711, Closing{}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a task that there is not: %v", err)
	}
	if again := tr.task("ann", "box"); again.Note != "sent it" || again.ClosedBy != "rep@firm.example" {
		t.Errorf("the task is %+v", again)
	}
}

func TestACallThatNobodyAnsweredDoesNotCount(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, stepsYAML, map[string]string{"own": steps("own", `
  - { id: ring, call: ring, give_up: 3d }
  - { id: rest, after: 2d, wait: 1d }
`)})
	tr.clients(ClientPatch{ExternalID: "ann"}, ClientPatch{ExternalID: "bob"})
	tr.enroll("own", monday, "ann", "bob")
	tr.plan()
	for client, closing := range map[string]Closing{"ann": {By: "rep@firm.example", NotHeld: true}, "bob": {By: "rep@firm.example"}} {
		if err := tr.CloseTask(t.Context(), tr.task(client, "ring").ID, closing); err != nil {
			t.Fatal(err)
		}
		if e := tr.waits(client, "own"); e.NextStep != "rest" {
			t.Errorf("%s stands at %s", client, e.NextStep)
		}
		row, err := store.ClientByExternalID(t.Context(), tr.DB, client)
		if err != nil {
			t.Fatal(err)
		}
		facts, err := store.TouchFactsOf(t.Context(), tr.DB, []int64{row.ID})
		if err != nil {
			t.Fatal(err)
		}
		if want := map[bool]int{true: 0, false: 1}[closing.NotHeld]; facts[row.ID].Touches != want {
			t.Errorf("%s has %d touches that count, want %d", client, facts[row.ID].Touches, want)
		}
	}
}

func TestTasksOfAnEndedSequenceAreCancelledAndNewsStays(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, stepsYAML, map[string]string{"own": steps("own", `
  - { id: tell, notify: Hello }
  - { id: ring, call: c/follow-up }
`)})
	tr.clients(ClientPatch{ExternalID: "ann"})
	tr.enroll("own", monday, "ann")
	tr.plan()
	if err := tr.EndEnrollment(t.Context(), tr.waits("ann", "own").ID); err != nil {
		t.Fatal(err)
	}
	if call, news := tr.task("ann", "ring"), tr.task("ann", "tell"); call.State != store.TaskCancelled || news.State != store.TaskOpen {
		t.Errorf("the call is %s, the notice %s", call.State, news.State)
	}
	if err := tr.EraseClient(t.Context(), "ann"); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := tr.pool.QueryRow(t.Context(), "SELECT (SELECT count(*) FROM tasks) + (SELECT count(*) FROM decisions)").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d rows are left of an erased client (%v)", left, err)
	}
}

// The rep says done at the moment at which the planner gives up: one of them wins.
func TestDoneAndGivenUpExcludeEachOther(t *testing.T) {
	t.Parallel()
	const clients = 60
	tr := newTrial(t, monday, stepsYAML, map[string]string{"own": steps("own", `
  - { id: ring, call: c/follow-up, give_up: 3d }
  - { id: rest, wait: 30d }
`)})
	patches, ids := named("c", clients)
	tr.clients(patches...)
	tr.enroll("own", monday, ids...)
	tr.plan()
	tr.at(monday.AddDate(0, 0, 4))
	results := make(chan error, clients)
	for _, id := range ids {
		go func() {
			results <- tr.CloseTask(context.Background(), tr.task(id, "ring").ID, Closing{By: "rep@firm.example", Note: ""})
		}()
	}
	tr.plan()
	done, late := 0, 0
	for range clients {
		switch err := <-results; {
		case err == nil:
			done++
		case errors.Is(err, ErrTaskClosed):
			late++
		default:
			t.Error(err)
		}
	}
	tr.plan()
	got := tr.outcomes()
	if got["ring done"] != done || got["ring given_up"] != late || done+late != clients {
		t.Errorf("%d were in time and %d were not; decided is %v", done, late, got)
	}
	for _, id := range ids {
		if e := tr.waits(id, "own"); e.NextStep != "rest" {
			t.Errorf("%s stands at %s, waiting %q", id, e.NextStep, e.Waiting)
		}
	}
}

// Events come while the planner looks: at the wait's beginning none is missed, at its
// end each enrollment goes one way.
func TestEventsRaceWithThePlanner(t *testing.T) {
	t.Parallel()
	const clients = 60
	tr := newTrial(t, monday, stepsYAML, map[string]string{"own": steps("own", `
  - { id: sign, wait: { event: "event(custom:sign)", timeout: 7d } }
  - { id: second, wait: { event: "event(custom:second)", timeout: 7d } }
  - { id: rest, wait: 30d }
`)})
	patches, ids := named("c", clients)
	tr.clients(patches...)
	tr.enroll("own", monday, ids...)
	tell := func(kind string) chan error {
		results := make(chan error, clients)
		for i, id := range ids {
			go func() {
				_, err := tr.ApplyEvent(context.Background(), Event{ID: fmt.Sprint(kind, i), Type: kind, Client: id, At: tr.now()})
				results <- err
			}()
		}
		return results
	}
	race := func(kind string) {
		t.Helper()
		results := tell(kind)
		tr.plan()
		for range clients {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		tr.plan()
	}
	race("custom:sign")
	if got := tr.outcomes(); got["sign happened"] != clients {
		t.Errorf("decided is %v", got)
	}
	tr.at(monday.AddDate(0, 0, 7).Add(time.Hour))
	race("custom:second")
	if got := tr.outcomes(); got["second happened"]+got["second timed_out"] != clients {
		t.Errorf("decided is %v", got)
	}
	for _, id := range ids {
		if e := tr.waits(id, "own"); e.NextStep != "rest" {
			t.Errorf("%s stands at %s, waiting %q", id, e.NextStep, e.Waiting)
		}
	}
}

// The rule of seven: who has not been touched often enough waits for new letters.
func TestAChainThatNeverRunsDry(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, stepsYAML, map[string]string{"own": steps("own", "  - { id: tell, notify: Hello }\n")})
	tr.clients(ClientPatch{ExternalID: "ann"}, ClientPatch{ExternalID: "bob"})
	tr.enroll("own", monday, "ann", "bob")
	version, err := tr.Version(t.Context(), tr.pool, tr.waits("ann", "own").VersionID)
	if err != nil {
		t.Fatal(err)
	}
	version.neverRunsDry = true
	tr.plan()
	e := tr.waits("ann", "own")
	if e.State != "active" || e.NextStep != "" || WhyItWaits(e.Waiting, e.WaitingDetail) != "waits for new letters: 0 touches so far" {
		t.Errorf("ann: %+v", e)
	}
	bob, err := store.ClientByExternalID(t.Context(), tr.pool, "bob")
	if err != nil {
		t.Fatal(err)
	}
	for range enoughTouches {
		if _, err := tr.NoteTouch(t.Context(), store.NewTouch{ClientID: bob.ID, Kind: "call", Channel: "call", Actor: "rep", At: tr.now()}); err != nil {
			t.Fatal(err)
		}
		tr.plan()
	}
	if e := tr.waits("bob", "own"); e.State != "ended" || *e.EndReason != endedFinished {
		t.Errorf("bob, who was called seven times: %+v", e)
	}
	tr.publish("second", stepsYAML, map[string]string{"own": steps("own", "  - { id: tell, notify: Hello }\n  - { id: more, after: 1d, notify: Again }\n")})
	tr.exec("UPDATE enrollments e SET version_id = s.version_id FROM sequences s WHERE s.id = e.sequence_id")
	tr.exec("UPDATE clients SET review_at = business_now()")
	tr.at(monday.AddDate(0, 0, 2))
	tr.plan()
	if task := tr.task("ann", "more"); task.Title != "Again" {
		t.Errorf("the new step: %+v", task)
	}
}
