package inbound

import "testing"

// Whoever sends or accepts an invitation is in the office, though he writes nothing.
func TestInvitationsAreNoAutomaticAnswers(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		header, calendar string
		kind             Kind
	}{
		"an invitation":        {"Subject: Call about compressors", "text/calendar; charset=utf-8; method=REQUEST\n\nBEGIN:VCALENDAR", Replied},
		"it is accepted":       {"Subject: Принято: Встреча", "text/calendar; method=\"reply\"\n\nBEGIN:VCALENDAR", Replied},
		"as the calendar says": {"Subject: Accepted: Call", "text/calendar\n\nBEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:COUNTER\n", Replied},
		"a calendar's machine": {"Subject: Accepted: Call\nAuto-Submitted: auto-replied", "text/calendar; method=REPLY\n\nBEGIN:VCALENDAR", AutoReplied},
		"holidays, attached":   {"Subject: Out of office", "text/calendar; method=PUBLISH\n\nBEGIN:VCALENDAR", AutoReplied},
	} {
		l := read(t, "From: Ivan <ivan@client.example>\nTo: ann+r.abcdefghijklmnopqrstuvwx27@levanto.example.com\n"+tc.header+
			"\nMessage-ID: <q@client.example>\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nTeams\n--b\nContent-Type: "+tc.calendar+"\n--b--\n")
		events := Events(l, Sent{Subject: "Hello"})
		if len(events) != 1 || events[0].Kind != tc.kind {
			t.Errorf("%s: %+v, want %s", name, events, tc.kind)
		}
	}
}
