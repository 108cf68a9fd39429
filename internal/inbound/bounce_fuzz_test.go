package inbound

import (
	"strings"
	"testing"
)

// seed adds the letters of the corpus that are known, and what breaks of each.
func seed(f *testing.F) {
	for _, half := range []string{"train", "train-2"} {
		for i, l := range bouncesOf(f, half) {
			f.Add(l.raw)
			f.Add(l.raw[:len(l.raw)*(i%7+1)/8])
		}
	}
}

// checkEvent holds what is promised of every event.
func checkEvent(t *testing.T, e Event) {
	t.Helper()
	if len(e.Refs) > maxRefs || len(e.Diagnostic) > maxDiagnostic || len(e.Recipient) > maxAddress || len(e.Status) > 11 {
		t.Errorf("an event without bounds: %d refs, %d bytes of diagnostic, %d of recipient, status %q", len(e.Refs), len(e.Diagnostic), len(e.Recipient), e.Status)
	}
	for _, s := range append([]string{e.Diagnostic, e.Recipient, e.Status}, e.Refs...) {
		if strings.ContainsAny(s, "\r\n\x00") || strings.ToValidUTF8(s, "") != s || len(s) > 2000 {
			t.Errorf("no clean words: %.100q", s)
		}
	}
	if e.Permanent && e.Kind != Bounced || (e.Class == "") != (e.Kind != Bounced) {
		t.Errorf("class %q, permanent %v of %s", e.Class, e.Permanent, e.Kind)
	}
}

func FuzzBounces(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		l, err := Read(raw)
		if err != nil {
			return
		}
		events := Bounces(l)
		if len(events) > maxEvents {
			t.Errorf("%d events", len(events))
		}
		for _, e := range events {
			if e.Kind != Bounced && e.Kind != Delivered {
				t.Errorf("kind %s", e.Kind)
			}
			checkEvent(t, e)
		}
	})
}

func FuzzComplaint(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		l, err := Read(raw)
		if err != nil {
			return
		}
		e, ok := Complaint(l)
		if ok && (e.Kind != Complained || Bounces(l) != nil) || !ok && e.Kind != "" {
			t.Errorf("complaint %v: %+v, and bounces %+v", ok, e, Bounces(l))
		}
		checkEvent(t, e)
	})
}
