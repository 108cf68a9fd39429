package engine

// What nearly went wrong with steps that send no letter, and with edits.

import (
	"testing"
	"time"

	"seventh/internal/store"
)

const lowAndHigh = `time_zone: UTC
fallback_sender: ann
senders: { ann: { email: ann@firm.example } }
categories: { C: { letters: 3w, chain: high } }
`

// A chain that waits for new letters keeps no other from going.
func TestAChainWithoutLettersLetsOthersGo(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, lowAndHigh, map[string]string{
		"high": "sequence: high\npriority: 50\nsteps:\n  - { id: pause, wait: 1d }\n",
		"low":  "sequence: low\npriority: 10\nsteps:\n  - { id: tell, notify: Hello }\n",
	})
	tr.clients(ClientPatch{ExternalID: "bob", Category: text("C")})
	tr.enroll("high", monday, "bob")
	tr.enroll("low", monday, "bob")
	tr.plan()
	if e := tr.waits("bob", "low"); e.Waiting != waitsForPriority {
		t.Fatalf("low stands at %+v", e)
	}
	tr.run(monday.AddDate(0, 0, 30), time.Hour)
	if e := tr.waits("bob", "high"); e.Waiting != waitsForLetters {
		t.Fatalf("high stands at %+v", e)
	}
	if e := tr.waits("bob", "low"); e.State != "ended" {
		t.Errorf("low stands at %+v", e)
	}
}

// exit_on is as in force also for those who are in an older version.
func TestANewExitIsHeardByThoseInOlderVersions(t *testing.T) {
	t.Parallel()
	yaml := func(exit string) map[string]string {
		return map[string]string{"own": "sequence: own\n" + exit + "steps:\n  - { id: pause, wait: 300d }\n"}
	}
	tr := newTrial(t, monday, stepsYAML, yaml(""))
	tr.clients(ClientPatch{ExternalID: "bob"})
	tr.enroll("own", monday, "bob")
	tr.plan()
	tr.publish("second", stepsYAML, yaml("exit_on: [\"event(custom:webinar)\"]\n"))
	tr.at(monday.AddDate(0, 0, 1))
	tr.plan()
	if _, err := tr.ApplyEvent(t.Context(), Event{ID: "1", Type: "custom:webinar", Client: "bob", At: tr.now()}); err != nil {
		t.Fatal(err)
	}
	tr.plan()
	if e := tr.waits("bob", "own"); e.State != "ended" || *e.EndReason != endedGoal {
		t.Errorf("it stands at %+v", e)
	}
}

// Another pace of a category holds also for those who go on to a newer version in the
// same run.
func TestAnotherPaceAndAnotherVersionAtOnce(t *testing.T) {
	t.Parallel()
	settings := func(pace string) string {
		return stepsYAML + "categories: { C: { letters: " + pace + " } }\n"
	}
	yaml := func(more string) map[string]string {
		return map[string]string{"own": "sequence: own\non_change: follow\nsteps:\n  - { id: tell, notify: Hello }\n  - { id: guide, after: cadence, email: a }\n" + more}
	}
	tr := newTrial(t, monday, settings("3w"), yaml(""))
	tr.clients(ClientPatch{ExternalID: "bob", Category: text("C")})
	tr.enroll("own", monday, "bob")
	tr.plan()
	tr.publish("second", settings("1w"), yaml("  - { id: case, after: cadence, email: b }\n"))
	tr.at(monday.AddDate(0, 0, 1))
	tr.plan()
	if e := tr.waits("bob", "own"); e.NextAt == nil || e.NextAt.Sub(monday) > 8*24*time.Hour {
		t.Errorf("the letter comes at %v: %+v", e.NextAt, e)
	}
}

// Whoever is taken to a newer version because he is due knows what has happened.
func TestWhoIsTakenOnWhenDueIsDecidedAboutByWhatHappened(t *testing.T) {
	t.Parallel()
	m := newMailing(t, "steps:\n  - { id: guide, email: a }\n  - { id: case, after: 7d, email: b }\n")
	m.clients(ClientPatch{ExternalID: "bob"})
	m.enroll("chain", monday, "bob")
	m.work()
	id := m.waits("bob", "chain").ID
	m.exec(`INSERT INTO touches (client_id, kind, channel, at, actor, enrollment_id, message_id, link)
		SELECT client_id, 'clicked', 'email', business_now(), 'human', enrollment_id, id, 0 FROM messages WHERE enrollment_id = $1`, id)
	m.at(monday.AddDate(0, 0, 8))
	m.edit("replace_with: { case: interested }\nsteps:\n  - { id: guide, email: a }\n  - { id: interested, after: 7d, if: clicked(guide), then: [{ id: hot, notify: Call him }], else: [{ id: cold, notify: Leave him }] }\n")
	m.work()
	if got := m.outcomes(); got["interested then"] != 1 {
		t.Errorf("decided %v", got)
	}
}

// A wait for an event that becomes a wait for a time.
func TestAWaitThatWaitsForSomethingElse(t *testing.T) {
	t.Parallel()
	for _, waits := range [][2]string{{"{ event: replied, timeout: 30d }", "3d"}, {"30d", "{ event: event(custom:webinar), timeout: 40d }"}} {
		m := newMailing(t, "steps:\n  - { id: pause, wait: "+waits[0]+" }\n  - { id: over, end: finished }\n")
		m.clients(ClientPatch{ExternalID: "bob"})
		m.enroll("chain", monday, "bob")
		m.work()
		m.at(monday.AddDate(0, 0, 1))
		m.edit("steps:\n  - { id: pause, wait: " + waits[1] + " }\n  - { id: over, end: finished }\n")
		m.until(monday.AddDate(0, 0, 2))
		if _, err := m.ApplyEvent(t.Context(), Event{ID: "1", Type: "custom:webinar", Client: "bob", At: m.now()}); err != nil {
			t.Fatal(err)
		}
		m.until(monday.AddDate(0, 0, 4))
		if e := m.waits("bob", "chain"); e.State != "ended" {
			t.Errorf("%v: it stands at %+v", waits, e)
		}
	}
}

// Whoever is through with a chain is not taken for one who reached its goal.
func TestTheEndOfAChainKnowsTheWholeClient(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, lowAndHigh, map[string]string{
		"high": "sequence: high\nexit_on: [\"attributes.size is empty\"]\nsteps:\n  - { id: pause, wait: 1d }\n",
	})
	tr.clients(ClientPatch{ExternalID: "bob", Category: text("C"), Attributes: map[string]any{"size": "big"}})
	tr.enroll("high", monday, "bob")
	tr.run(monday.AddDate(0, 0, 30), time.Hour)
	if e := tr.waits("bob", "high"); e.State != "active" || e.Waiting != waitsForLetters {
		t.Errorf("it stands at %+v, %v", e, *e.EndReason)
	}
}

// A client who comes back to a category whose chain he was through with waits for new
// letters as before.
func TestWhoComesBackToAChainWithoutLettersWaitsAgain(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, lowAndHigh, map[string]string{
		"high": "sequence: high\naudience: { category: C }\nenroll: automatic\nexit_on: [category_change]\nsteps:\n  - { id: tell, notify: Hello }\n",
	})
	tr.clients(ClientPatch{ExternalID: "bob", Category: text("C")})
	tr.exec("UPDATE clients SET review_at = business_now()")
	tr.plan()
	if e := tr.waits("bob", "high"); e.Waiting != waitsForLetters {
		t.Fatalf("it stands at %+v", e)
	}
	for _, category := range []string{"D", "C"} {
		if _, err := tr.UpsertClients(t.Context(), []ClientPatch{{ExternalID: "bob", Category: &category}}); err != nil {
			t.Fatal(err)
		}
		tr.plan()
	}
	if e := tr.waits("bob", "high"); e.State != "active" || e.Waiting != waitsForLetters {
		t.Errorf("it stands at %+v", e)
	}
}

// A letter of another sequence is a touch, too.
func TestALetterOfAnotherSequenceIsHeard(t *testing.T) {
	t.Parallel()
	m := newMailing(t, "steps:\n  - { id: guide, after: 1d, email: a }\n")
	m.publish("more", followSettings, map[string]string{
		"chain": following("steps:\n  - { id: guide, after: 1d, email: a }\n"),
		"waits": "sequence: waits\nsteps:\n  - { id: touched, wait: { event: touches >= 1, timeout: 300d } }\n  - { id: over, end: finished }\n",
	})
	m.clients(ClientPatch{ExternalID: "bob"})
	m.enroll("waits", monday, "bob")
	m.enroll("chain", monday.AddDate(0, 0, 1), "bob")
	m.until(monday.AddDate(0, 0, 10))
	if e := m.waits("bob", "waits"); e.State != "ended" {
		t.Errorf("it stands at %+v; letters %v", e, m.got("bob"))
	}
}

// Whoever cannot follow because of the content keeps nobody else from going on.
func TestWhoCannotFollowKeepsNobodyElse(t *testing.T) {
	t.Parallel()
	m := newMailing(t, "steps:\n  - { id: pause, wait: 5d }\n  - { id: over, end: finished }\n")
	m.clients(ClientPatch{ExternalID: "bob"}, ClientPatch{ExternalID: "cat"})
	m.enroll("chain", monday, "bob")
	m.work()
	m.exec("UPDATE sequence_versions SET source = 'steps: [' || source") // as if seventh read it no more
	m.edit("steps:\n  - { id: pause, wait: 6d }\n  - { id: over, end: finished }\n")
	m.enroll("chain", monday, "cat")
	m.until(monday.AddDate(0, 0, 10))
	if e := m.waits("cat", "chain"); e.State != "ended" {
		t.Errorf("it stands at %+v", e)
	}
	if e := m.waits("bob", "chain"); e.Waiting != waitsForContent {
		t.Errorf("it stands at %+v", e)
	}
	bob, err := store.ClientByExternalID(t.Context(), m.pool, "bob")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.SuppressMany(t.Context(), []store.Suppression{{Address: bob.Address, Reason: endedManual, Source: "a rep", CreatedAt: m.now()}}); err != nil {
		t.Error(err)
	}
	if e := m.waits("bob", "chain"); e.State != "ended" {
		t.Errorf("it stands at %+v", e)
	}
}

// A letter of a pool that was dropped with its step goes from the step in its place.
func TestALetterDroppedWithItsStepCanStillGo(t *testing.T) {
	t.Parallel()
	m := newMailing(t, "steps:\n  - { id: tips, email: [a, b], repeat: { every: 10d } }\n")
	m.clients(ClientPatch{ExternalID: "bob"})
	m.enroll("chain", monday, "bob")
	if _, err := m.Plan(t.Context()); err != nil {
		t.Fatal(err)
	}
	e := m.waits("bob", "chain")
	if err := m.PauseEnrollment(t.Context(), e.ID); err != nil { // the letter is held
		t.Fatal(err)
	}
	m.edit("replace_with: { tips: more }\nsteps:\n  - { id: more, email: [a, b], repeat: { every: 10d } }\n")
	m.work()
	if err := m.ResumeEnrollment(t.Context(), e.ID); err != nil {
		t.Fatal(err)
	}
	m.until(monday.AddDate(0, 0, 30))
	if got := m.got("bob"); len(got) != 2 {
		t.Errorf("got %v; it stands at %+v", got, m.waits("bob", "chain"))
	}
}

// A letter that a step sends in this very run is not sent from a pool as well.
func TestALetterOfAStepAndOfAPoolAtOnce(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, stepsYAML+"limits: { client: { letters: 5, in: 1d } }\n", map[string]string{
		"plain": "sequence: plain\nsteps:\n  - { id: one, email: a }\n",
		"tips":  "sequence: tips\nsteps:\n  - { id: tips, email: [a, b], repeat: { every: 10d } }\n",
	})
	tr.clients(ClientPatch{ExternalID: "bob"})
	tr.enroll("plain", monday, "bob")
	tr.enroll("tips", monday, "bob")
	if _, err := tr.Plan(t.Context()); err != nil {
		t.Fatal(err)
	}
	var letters int
	if err := tr.pool.QueryRow(t.Context(), "SELECT count(DISTINCT template) FROM messages").Scan(&letters); err != nil || letters != 2 {
		t.Errorf("%d different letters, %v", letters, err)
	}
}

// A sequence that may always be begun again, and is over at once, does not keep the
// planner busy for ever.
func TestASequenceThatIsOverAtOnceIsNotBegunAgainAtOnce(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, stepsYAML, map[string]string{
		"own": "sequence: own\naudience: { category: C }\nenroll: automatic\nreentry: always\nexit_on: [\"attributes.size >= 10\"]\nsteps:\n  - { id: one, email: a }\n",
	})
	tr.clients(ClientPatch{ExternalID: "bob", Category: text("C"), Attributes: map[string]any{"size": 20}})
	tr.exec("UPDATE clients SET review_at = business_now()")
	for range 30 {
		if _, err := tr.Plan(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	list, err := store.ListEnrollments(t.Context(), tr.pool, store.EnrollmentFilter{Client: "bob", Limit: 100})
	if err != nil || len(list) > 2 {
		t.Errorf("begun %d times, %v", len(list), err)
	}
	tr.at(monday.AddDate(0, 0, 2))
	tr.planOnce()
	if again, err := store.ListEnrollments(t.Context(), tr.pool, store.EnrollmentFilter{Client: "bob", Limit: 100}); err != nil || len(again) == len(list) {
		t.Errorf("begun %d times, %v", len(again), err)
	}
}

// A condition of exit_on names steps as they are called now, for whoever did them under
// another name, too.
func TestAnExitKnowsStepsByTheirOldNames(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, stepsYAML, map[string]string{"own": steps("own", "  - { id: ring, call: c/follow-up }\n  - { id: pause, wait: 3d }\n  - { id: over, end: finished }\n")})
	tr.clients(ClientPatch{ExternalID: "bob"})
	tr.enroll("own", monday, "bob")
	tr.plan()
	if err := tr.CloseTask(t.Context(), tr.task("bob", "ring").ID, Closing{By: "rep@firm.example"}); err != nil {
		t.Fatal(err)
	}
	tr.publish("second", stepsYAML, map[string]string{"own": "exit_on: [\"done(phone)\"]\n" +
		steps("own", "  - { id: phone, renamed_from: ring, call: c/follow-up }\n  - { id: pause, wait: 3d }\n  - { id: over, end: finished }\n")})
	tr.run(monday.AddDate(0, 0, 5), time.Hour)
	if e := tr.waits("bob", "own"); e.EndReason == nil || *e.EndReason != endedGoal {
		t.Errorf("it stands at %+v", e)
	}
}
