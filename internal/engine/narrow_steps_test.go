package engine

// What nearly went wrong with steps that send no letter, and with edits.

import (
	"testing"
	"time"
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
