package engine

// What nearly went wrong with steps that send no letter, and with edits.

import "testing"

const lowAndHigh = `time_zone: UTC
fallback_sender: ann
senders: { ann: { email: ann@firm.example } }
categories: { C: { letters: 3w, chain: high } }
`

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
