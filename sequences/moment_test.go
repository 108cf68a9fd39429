package sequences

import (
	"testing"
	"time"
)

func TestMomentsAreReadInTheZoneTheyName(t *testing.T) {
	t.Parallel()
	moscow, err := LoadZone("Europe/Moscow")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		text, want string
		exact      bool
	}{
		{"2027-03-01", "2027-03-01T00:00:00+03:00", false},
		{"2027-03-01 10:00", "2027-03-01T10:00:00+03:00", true},
		{"2027-03-01 10:00 Asia/Almaty", "2027-03-01T10:00:00+05:00", true},
		{"2027-03-01 America/New_York", "2027-03-01T00:00:00-05:00", false},
		{"2027-03-01T10:00:00Z", "2027-03-01T10:00:00Z", true},
		{"2027-03-01T10:00:00+05:00", "2027-03-01T10:00:00+05:00", true},
		{"2027-03-28 02:30 Europe/Berlin", "2027-03-28T03:30:00+02:00", true}, // skipped by the clocks
	} {
		m, err := ParseMoment(tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		if got := m.In(moscow).Format(time.RFC3339); got != tt.want || m.Exact != tt.exact {
			t.Errorf("%s is %s, exact %t; want %s, %t", tt.text, got, m.Exact, tt.want, tt.exact)
		}
	}
	for _, text := range []string{"", "monday", "2027-02-30", "2027-03-01 25:00", "2027-03-01 10:00 Mars/Olympus", "2027-03-01 10:00 Local", "1800-01-01", "9999-01-01"} {
		if m, err := ParseMoment(text); err == nil {
			t.Errorf("%q is read as %s", text, m.In(moscow))
		}
	}
}

func FuzzParseSamples(f *testing.F) {
	f.Add([]byte("- { external_id: ann, email: ann@example.com, events: [{ type: clicked, step: guide, after: 2d }] }"))
	f.Add([]byte(`{"external_id": "ann", "consent": {"basis": "opt_in", "at": "2026-01-01"}, "attributes": {"power_kw": 75}}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		list, problems := ParseSamples("clients.yaml", src, nil)
		for _, p := range problems {
			if p.Line < 1 || p.Column < 1 || p.Message == "" {
				t.Errorf("a problem without a place: %q", p)
			}
		}
		for i := range list {
			list[i].Facts(time.UTC)
		}
	})
}
