package engine

import (
	"fmt"
	"testing"
	"time"

	"seventh/internal/store"
)

const paceYAML = `sequence: %s
audience: { category: %s }
enroll: automatic
exit_on: [category_change]
steps:
  - { id: one, email: a }
  - { id: two, email: b, after: cadence }
  - { id: tips, email: [c, d, e], after: cadence, repeat: { every: cadence } }
`

// waitingSince puts a client's chain behind a step that was done at a moment.
func (c caller) waitingSince(client, sequence, last, next string, anchor time.Time, due string) {
	c.t.Helper()
	at := moment(c.t, due)
	c.exec(`
		UPDATE enrollments e SET last_step = $3, next_step = $4, anchor_at = $5, next_at = $6, waiting = '' FROM clients c, sequences s
		WHERE c.id = e.client_id AND s.id = e.sequence_id AND c.external_id = $1 AND s.name = $2 AND e.state = 'active'`, client, sequence, last, next, anchor, at)
}

func (c caller) next(client, sequence, want string) {
	c.t.Helper()
	e := c.waits(client, sequence)
	if e.NextAt == nil || e.NextAt.In(moscow).Format("2006-01-02 15:04") != want {
		c.t.Errorf("%s of %s is due at %v, want %s", e.NextStep, client, e.NextAt, want)
	}
}

func moment(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", s, moscow)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// A new time between letters holds for those who wait already; the time that has
// passed counts, and nobody's letter is due in the past.
func TestAPublishedCadenceMovesTheLetters(t *testing.T) {
	t.Parallel()
	fixed := "sequence: fixed\naudience: { stage: interest }\nenroll: automatic\nsteps:\n  - { id: one, email: a }\n  - { id: two, email: b, after: 21d }\n"
	c := caller{newTrial(t, monday, cadenceYAML, map[string]string{"nurture": fmt.Sprintf(paceYAML, "nurture", "C"), "fixed": fixed})}
	patches, _ := named("c", 4)
	for i := range patches {
		patches[i].Category, patches[i].Email, patches[i].Consent = text("C"), text(patches[i].ExternalID+"@client.example"), &Consent{Basis: "opt_in"}
	}
	patches[3].Stage = text("interest")
	c.upsert(patches...)
	day := func(n int) time.Time { return monday.AddDate(0, 0, n) }
	long, lately, repeating, other := patches[0].ExternalID, patches[1].ExternalID, patches[2].ExternalID, patches[3].ExternalID
	c.waitingSince(long, "nurture", "one", "two", day(-15), "2027-03-08 10:00")
	c.waitingSince(lately, "nurture", "one", "two", day(-2), "2027-03-20 10:00")
	c.waitingSince(repeating, "nurture", "tips", "tips", day(-7), "2027-03-15 10:00")
	c.waitingSince(other, "fixed", "one", "two", day(-15), "2027-03-08 10:00")
	c.planAll()
	c.next(lately, "nurture", "2027-03-20 10:00") // the first publication changes nothing

	c.publish("second", cadenceYAML+"categories: { C: { letters: 10d } }\n", nil)
	c.planAll()
	if at := c.waits(long, "nurture"); at.NextAt != nil { // 24 February is past: it has gone
		t.Errorf("the letter of %s is due on %s", long, at.NextAt)
	}
	c.next(lately, "nurture", "2027-03-09 10:00")
	c.next(repeating, "nurture", "2027-03-04 10:00")
	c.next(other, "fixed", "2027-03-08 10:00")

	c.publish("third", cadenceYAML+"categories: { C: { letters: 2mo } }\n", nil)
	c.planAll()
	c.next(lately, "nurture", "2027-04-27 10:00")
	c.next(repeating, "nurture", "2027-04-22 10:00")
	c.next(other, "fixed", "2027-03-08 10:00")
}

// Many who wait are dated anew in batches, and the work goes on where it stopped.
func TestAPublishedCadenceReachesEverybody(t *testing.T) {
	t.Parallel()
	c := caller{newTrial(t, monday, cadenceYAML, map[string]string{"nurture": fmt.Sprintf(paceYAML, "nurture", "C")})}
	patches, _ := named("c", 2*planLimit+10)
	for i := range patches {
		patches[i].Category, patches[i].Email, patches[i].Consent = text("C"), text(patches[i].ExternalID+"@client.example"), &Consent{Basis: "opt_in"}
	}
	c.upsert(patches...)
	c.exec("UPDATE enrollments SET last_step = 'one', next_step = 'two', anchor_at = $1, next_at = $2", monday.AddDate(0, 0, -1), monday.AddDate(0, 0, 20))
	c.planAll()
	c.publish("second", cadenceYAML+"categories: { C: { letters: 10d } }\n", nil)
	if _, err := c.Plan(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.Engine = &Engine{DB: c.pool, Jobs: c.Jobs, Log: c.Log} // another process takes over
	c.planAll()
	var left int
	if err := c.pool.QueryRow(t.Context(), "SELECT count(*) FROM enrollments WHERE next_at <> $1", monday.AddDate(0, 0, 9)).Scan(&left); err != nil || left > 0 {
		t.Errorf("%d were left as they were, %v", left, err)
	}
}

// A chain that goes on through a change of category takes the new one's pace; a chain
// that begins waits until the new pace has passed since the last letter.
func TestLettersTakeThePaceOfTheNewCategory(t *testing.T) {
	t.Parallel()
	anyone := "sequence: anyone\naudience: { temperature: cold }\nenroll: automatic\nsteps:\n  - { id: one, email: a }\n  - { id: two, email: b, after: cadence }\n"
	c := caller{newTrial(t, monday, cadenceYAML, map[string]string{
		"anyone": anyone, "c-nurture": fmt.Sprintf(paceYAML, "c-nurture", "C"), "d-nurture": fmt.Sprintf(paceYAML, "d-nurture", "D"),
	})}
	c.upsert(ClientPatch{ExternalID: "ann", Email: text("ann@client.example"), Category: text("C"), Consent: &Consent{Basis: "opt_in"}})
	c.waitingSince("ann", "anyone", "one", "two", monday.AddDate(0, 0, -4), "2027-03-18 10:00")
	c.exec("UPDATE messages SET state = 'sent', sent_at = $1", monday.AddDate(0, 0, -10)) // of c-nurture
	c.upsert(ClientPatch{ExternalID: "ann", Category: text("D")})
	c.next("ann", "anyone", "2027-03-25 10:00")
	c.next("ann", "d-nurture", "2027-03-19 10:00")
	if got := c.waits("ann", "d-nurture").NextStep; got != "one" {
		t.Errorf("d-nurture begins with %q", got)
	}
	c.upsert(ClientPatch{ExternalID: "ann", Category: text("A")}) // who has no pace of letters: they are slow
	c.next("ann", "anyone", "2027-03-25 10:00")
	if _, err := c.ApplyEvent(t.Context(), Event{ID: "1", Type: "category_changed", Client: "ann", At: c.now(), Data: map[string]any{"category": "C"}}); err != nil {
		t.Fatal(err)
	}
	c.next("ann", "anyone", "2027-03-18 10:00")
}

// Letters last so long for those who are under way in whatever version.
func TestRunwayOfThoseUnderWay(t *testing.T) {
	t.Parallel()
	c := caller{newTrial(t, monday, cadenceYAML, map[string]string{"c-nurture": fmt.Sprintf(paceYAML, "c-nurture", "C")})}
	patches, ids := named("c", 6)
	for i := range patches {
		patches[i].Category, patches[i].Email, patches[i].Consent = text("C"), text(patches[i].ExternalID+"@client.example"), &Consent{Basis: "opt_in"}
	}
	c.upsert(patches...)
	c.waitingSince(ids[0], "c-nurture", "one", "two", monday, "2027-03-22 10:00")   // four letters ahead, and three weeks after the last
	c.waitingSince(ids[1], "c-nurture", "tips", "tips", monday, "2027-03-22 10:00") // two, one of the three is sent
	c.waitingSince(ids[2], "c-nurture", "two", "tips", monday, "2027-03-22 10:00")  // three
	c.exec(`INSERT INTO messages (enrollment_id, client_id, step, template, sender, due_at, not_after, at, state)
		SELECT e.id, e.client_id, 'tips', 'c', 's', $1, $1, $1, 'sent' FROM enrollments e JOIN clients c ON c.id = e.client_id WHERE c.external_id = $2`, monday, ids[1])
	c.exec("UPDATE enrollments e SET next_at = NULL, waiting = 'letters', last_step = 'tips', next_step = '' FROM clients c WHERE c.id = e.client_id AND c.external_id = $1", ids[3])
	c.exec("UPDATE enrollments e SET state = 'ended', end_reason = 'manual', ended_at = $1 FROM clients c WHERE c.id = e.client_id AND c.external_id = ANY($2)", monday, ids[4:])
	c.publish("second", cadenceYAML, map[string]string{"c-nurture": fmt.Sprintf(paceYAML, "c-nurture", "C") + "  - { id: more, email: f }\n"})
	list, err := c.Runway(t.Context(), c.pool, c.now())
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	r := list[0]
	if r.Sequence != "c-nurture" || r.Category != "C" || !r.Lasting || r.Clients != 4 || r.Waiting != 1 || r.Letters != 2 ||
		r.DryAt.Format(time.DateOnly) != "2027-05-03" || r.Within30 != 0 || r.Within60 != 0 || r.Within90 != 2 {
		t.Errorf("%+v, dry on %s", r, r.DryAt)
	}
}

// Whoever stands at the same step on the same day is counted together.
func TestRunwayCountsPlaces(t *testing.T) {
	t.Parallel()
	c := caller{newTrial(t, monday, cadenceYAML, map[string]string{"nurture": fmt.Sprintf(paceYAML, "nurture", "C")})}
	patches, _ := named("c", 50)
	for i := range patches {
		patches[i].Category, patches[i].Email, patches[i].Consent = text("C"), text(patches[i].ExternalID+"@client.example"), &Consent{Basis: "opt_in"}
	}
	c.upsert(patches...)
	c.exec("UPDATE enrollments SET last_step = 'one', next_step = 'two', next_at = $1::timestamptz + make_interval(mins => (id % 60)::int)", monday.AddDate(0, 0, 1))
	places, err := store.CountPlaces(t.Context(), c.pool, c.now())
	if err != nil || len(places) != 1 || places[0].People != 50 || places[0].Category != "C" || places[0].Step != "two" {
		t.Errorf("places %+v, %v", places, err)
	}
}
