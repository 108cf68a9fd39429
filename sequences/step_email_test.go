package sequences

import (
	"testing"
	"time"
)

// A deadline is a day that letters name, and all of it is the client's.
func TestDeadlineOfAnOffer(t *testing.T) {
	t.Parallel()
	ru, err := LoadCalendar("ru")
	if err != nil {
		t.Fatal(err)
	}
	moscow, _ := time.LoadLocation("Europe/Moscow")
	berlin, _ := time.LoadLocation("Europe/Berlin")
	for _, tc := range []struct {
		expires string
		made    time.Time
		want    string
	}{
		{"3bd", time.Date(2026, 3, 2, 10, 0, 0, 0, moscow), "2026-03-05 23:59:59 +0300"},
		{"3bd", time.Date(2026, 3, 5, 10, 0, 0, 0, moscow), "2026-03-11 23:59:59 +0300"}, // Monday the 9th is a day off for the 8th
		{"1d", time.Date(2026, 3, 2, 0, 0, 0, 0, moscow), "2026-03-03 23:59:59 +0300"},
		{"1mo", time.Date(2026, 1, 31, 10, 0, 0, 0, moscow), "2026-02-28 23:59:59 +0300"},
		{"1d", time.Date(2026, 3, 28, 10, 0, 0, 0, berlin), "2026-03-29 23:59:59 +0200"}, // a day of 23 hours
		{"36h", time.Date(2026, 3, 2, 10, 0, 0, 0, moscow), "2026-03-03 22:00:00 +0300"},
		{"90m", time.Date(2026, 3, 2, 10, 0, 0, 0, moscow), "2026-03-02 11:30:00 +0300"},
	} {
		d, err := ParseDuration(tc.expires)
		if err != nil {
			t.Fatal(err)
		}
		offer := Offer{Name: "spring", Expires: d}
		if got := offer.Deadline(tc.made, ru).Format("2006-01-02 15:04:05 -0700"); got != tc.want {
			t.Errorf("made at %s for %s it holds until %s, want %s", tc.made, tc.expires, got, tc.want)
		}
	}
}
