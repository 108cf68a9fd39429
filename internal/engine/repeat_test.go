package engine

import (
	"testing"
	"time"

	"seventh/internal/store"
)

// pool is a repeat that waits for new letters.
func pool(letters string) map[string]string {
	return map[string]string{"own": steps("own", "  - { id: tips, email: "+letters+", repeat: { every: 10d, used_up: wait } }\n")}
}

// A client who has had all letters waits; a new one goes as soon as it is published,
// since its time has come.
func TestANewLetterOfAPoolWakesWhoeverWaitsForIt(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, stepsYAML, pool("[a, b]"))
	tr.clients(ClientPatch{ExternalID: "ann"})
	tr.enroll("own", monday, "ann")
	letter := claimed(t, tr.Engine, tr.pool).Letters[0]
	letter.Content = store.Content{Subject: "Hello", Recipient: letter.Client.Address}
	if _, err := tr.Commit(t.Context(), &Batch{Results: []Result{{Letter: letter, State: Failed, At: monday}}, Now: monday}); err != nil {
		t.Fatal(err)
	}
	want := []string{"a", "b", "a"} // the one that failed comes again, after the others
	for occurrence := 2; occurrence <= 3; occurrence++ {
		now := monday.AddDate(0, 0, 10*(occurrence-1)).Add(time.Minute)
		tr.at(now)
		tr.plans(occurrence, want[occurrence-1])
		tr.settle(occurrence, now)
	}
	tr.at(monday.AddDate(0, 0, 60))
	tr.planOnce()
	if e := tr.waits("ann", "own"); e.Waiting != waitsForLetters || e.NextAt != nil {
		t.Fatalf("without letters it stands at %+v", e)
	}
	tr.publish("second", stepsYAML, pool("[a, b, c]"))
	tr.exec("UPDATE enrollments e SET version_id = s.version_id FROM sequences s WHERE s.id = e.sequence_id")
	tr.exec("UPDATE clients SET review_at = business_now()")
	tr.plans(4, "c")
}

func (tr *trial) planOnce() {
	tr.t.Helper()
	for range 2 { // a review first, perhaps
		if _, err := tr.Plan(tr.t.Context()); err != nil {
			tr.t.Fatal(err)
		}
	}
}

// plans plans, and expects a letter.
func (tr *trial) plans(occurrence int, template string) {
	tr.t.Helper()
	tr.planOnce()
	var got string
	err := tr.pool.QueryRow(tr.t.Context(), "SELECT template FROM messages WHERE occurrence = $1 AND pooled AND state = 'planned'", occurrence).Scan(&got)
	if err != nil || got != template {
		tr.t.Fatalf("letter %d is %q (%v), want %s; it stands at %+v", occurrence, got, err, template, tr.waits("ann", "own"))
	}
}

// settle takes a letter for sent, as T3 does.
func (tr *trial) settle(occurrence int, at time.Time) {
	tr.t.Helper()
	e := tr.waits("ann", "own")
	version, err := tr.Version(tr.t.Context(), tr.pool, e.VersionID)
	if err != nil {
		tr.t.Fatal(err)
	}
	next, more := version.follow(e.NextStep, occurrence)
	if !more {
		tr.t.Fatal("the repeat is over")
	}
	tr.exec("UPDATE messages SET state = 'sent', sent_at = $2 WHERE occurrence = $1", occurrence, at)
	move := version.onward(&e, e.NextStep, next, &store.Client{}, at)
	if err := store.MoveEnrollments(tr.t.Context(), tr.pool, []store.Move{move}); err != nil {
		tr.t.Fatal(err)
	}
}
