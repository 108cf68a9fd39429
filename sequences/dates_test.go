package sequences

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// Each line is a chain of letters: when the first one went, and then each delay with the date it gives. Delays count from
// the letter before.
const chains = `
Month ends. A month that is too short gives its last day, and the chain goes on from there.
Europe/Berlin, always open, weekends: 2026-01-31 10:00; 1mo 2026-02-28 10:00; 1mo 2026-03-28 10:00; 1mo 2026-04-28 10:00
Europe/Berlin, always open, weekends: 2026-01-31 10:00; 2mo 2026-03-31 10:00; 1mo 2026-04-30 10:00; 1mo 2026-05-30 10:00
Europe/Berlin, always open, weekends: 2026-08-31 10:00; 6mo 2027-02-28 10:00; 6mo 2027-08-28 10:00
Europe/Berlin, always open, weekends: 2026-12-31 23:30; 1mo 2027-01-31 23:30; 1mo 2027-02-28 23:30

The leap day. A year after it is the last of February; four years after it there is one again.
Europe/Berlin, always open, weekends: 2028-02-29 10:00; 12mo 2029-02-28 10:00; 12mo 2030-02-28 10:00
Europe/Berlin, always open, weekends: 2028-02-29 10:00; 48mo 2032-02-29 10:00
Europe/Berlin, always open, weekends: 2028-01-31 10:00; 1mo 2028-02-29 10:00; 1d 2028-03-01 10:00
Europe/Berlin, always open, weekends: 2028-02-22 10:00; 1w 2028-02-29 10:00; 1w 2028-03-07 10:00

The clock goes forward in Berlin on 29 March 2026 at 02:00 and back on 25 October at 03:00. Days keep the hour, hours do not.
Europe/Berlin, always open, weekends: 2026-03-28 10:00; 1d 2026-03-29 10:00; 1d 2026-03-30 10:00
Europe/Berlin, always open, weekends: 2026-03-28 10:00; 24h 2026-03-29 11:00; 24h 2026-03-30 11:00
Europe/Berlin, always open, weekends: 2026-03-28 02:30; 1d 2026-03-29 03:30; 1d 2026-03-30 03:30
Europe/Berlin, always open, weekends: 2026-10-24 10:00; 24h 2026-10-25 09:00; 1d 2026-10-26 09:00
Europe/Berlin, always open, weekends: 2026-10-24 02:30; 1d 2026-10-25 02:30; 1d 2026-10-26 02:30
America/New_York, always open, us: 2026-03-01 09:00; 1w 2026-03-08 09:00; 1w 2026-03-15 09:00
Australia/Lord_Howe, always open, weekends: 2026-10-03 02:15; 1d 2026-10-04 02:45

The office is open on weekdays from 09:00 to 18:00, not on holidays.
Europe/Berlin, office, de: 2026-01-30 10:00; 1mo 2026-03-02 09:00; 1mo 2026-04-02 09:00; 1d 2026-04-07 09:00
Europe/Moscow, office, ru: 2026-01-30 10:00; 1mo 2026-03-02 09:00; 5bd 2026-03-10 09:00; 1bd 2026-03-11 09:00
Europe/Moscow, office, ru: 2026-04-10 15:00; 3w 2026-05-04 09:00; 1w 2026-05-12 09:00
America/New_York, office, us: 2026-11-20 16:00; 4bd 2026-11-27 16:00; 1mo 2026-12-28 09:00; 3d 2026-12-31 09:00; 1d 2027-01-04 09:00
Asia/Almaty, office, kz: 2026-03-20 12:00; 1d 2026-03-26 09:00; 90m 2026-03-26 10:30; 8h 2026-03-27 09:00

The same time between letters as the category has, here three weeks.
Europe/Moscow, office, ru: 2026-03-02 10:00; cadence 2026-03-23 10:00; cadence 2026-04-13 10:00; cadence 2026-05-04 10:00
`

func TestDatesOfChains(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^(\S+), (always open|office), (\S+): (.+)$`)
	played := 0
	for _, line := range strings.Split(chains, "\n") {
		parts := form.FindStringSubmatch(line)
		if parts == nil {
			continue
		}
		played++
		timing := Timing{Calendar: calendar(t, parts[3]), Cadence: Duration{3, Week}}
		if parts[2] == "office" {
			timing.Window = office
		}
		dates := strings.Split(parts[4], "; ")
		now := at(t, dates[0]+" "+parts[1])
		for _, date := range dates[1:] {
			delay, want, _ := strings.Cut(date, " ")
			after, err := ParseDelay(delay)
			if err != nil {
				t.Fatal(err)
			}
			if now, err = timing.Due(Step{ID: "letter", Email: Letters{"letter"}, After: after}, now); err != nil {
				t.Fatal(err)
			}
			if got := now.Format("2006-01-02 15:04"); got != want {
				t.Errorf("%s\n\t%s gives %s", line, date, got)
			}
		}
	}
	if played < 20 {
		t.Errorf("only %d lines were read", played)
	}
}

func TestWhoWaitsIsSpread(t *testing.T) {
	t.Parallel()
	spread := office
	spread.Spread = 15 * time.Minute
	short := Window{Name: "short", Ranges: []Range{{9 * 60, 9*60 + 5}}, Spread: 2 * time.Hour}
	for _, tc := range []struct {
		name        string
		window      Window
		at          string
		first, last string
		minutes     int // on which letters go
	}{
		{"at night", spread, "2026-03-02 03:00 Europe/Moscow", "2026-03-02 09:00", "2026-03-02 09:14", 15},
		{"at the weekend", spread, "2026-03-07 12:00 Europe/Moscow", "2026-03-09 09:00", "2026-03-09 09:14", 15},
		{"who need not wait goes when he is due", spread, "2026-03-02 09:00 Europe/Moscow", "2026-03-02 09:00", "2026-03-02 09:00", 1},
		{"also at the last minute", spread, "2026-03-02 17:59 Europe/Moscow", "2026-03-02 17:59", "2026-03-02 17:59", 1},
		{"spread: none", office, "2026-03-02 03:00 Europe/Moscow", "2026-03-02 09:00", "2026-03-02 09:00", 1},
		{"never beyond the end", short, "2026-03-02 03:00 Europe/Moscow", "2026-03-02 09:00", "2026-03-02 09:04", 5},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			minutes := make(map[string]int)
			first, last := "9", ""
			for client := range int64(3000) {
				opens, _, err := Timing{Window: tc.window, Key: KeyOf("c-nurture", client)}.Opening(at(t, tc.at))
				if err != nil {
					t.Fatal(err)
				}
				minute := opens.Format("2006-01-02 15:04")
				minutes[minute]++
				first, last = min(first, minute), max(last, minute)
			}
			if first != tc.first || last != tc.last || len(minutes) != tc.minutes {
				t.Errorf("from %s to %s in %d minutes", first, last, len(minutes))
			}
			for minute, letters := range minutes {
				if fair := 3000 / tc.minutes; letters < fair*2/3 || letters > fair*3/2 {
					t.Errorf("%d letters at %s", letters, minute)
				}
			}
		})
	}
}
