package sequences

import (
	"strings"
	"testing"
	"time"
)

func calendar(t testing.TB, name string) Calendar {
	t.Helper()
	cal, err := LoadCalendar(name)
	if err != nil {
		t.Fatal(err)
	}
	return cal
}

// at reads "2026-03-02 09:00 Europe/Moscow".
func at(t testing.TB, s string) time.Time {
	t.Helper()
	i := strings.LastIndexByte(s, ' ')
	loc, err := time.LoadLocation(s[i+1:])
	if err != nil {
		t.Fatal(err)
	}
	moment, err := time.ParseInLocation("2006-01-02 15:04:05", s[:i], loc)
	if err != nil {
		if moment, err = time.ParseInLocation("2006-01-02 15:04", s[:i], loc); err != nil {
			t.Fatal(err)
		}
	}
	return moment
}

func duration(t testing.TB, s string) Duration {
	t.Helper()
	d, err := ParseDuration(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDelaysEndWhenPeopleExpect(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, calendar, from, after, want string // want is RFC 3339
	}{
		{"three weeks keep the hour", "ru", "2026-03-02 09:15 Europe/Moscow", "3w", "2026-03-23T09:15:00+03:00"},
		{"21 days are the same", "ru", "2026-03-02 09:15 Europe/Moscow", "21d", "2026-03-23T09:15:00+03:00"},
		{"minutes are elapsed time", "ru", "2026-03-02 09:15 Europe/Moscow", "90m", "2026-03-02T10:45:00+03:00"},

		{"a day over the spring change keeps the hour", "weekends", "2026-03-28 10:00 Europe/Berlin", "1d", "2026-03-29T10:00:00+02:00"},
		{"24 hours over it do not", "weekends", "2026-03-28 10:00 Europe/Berlin", "24h", "2026-03-29T11:00:00+02:00"},
		{"a time that the clock skips moves on", "weekends", "2026-03-28 02:30 Europe/Berlin", "1d", "2026-03-29T03:30:00+02:00"},
		{"also in New York", "weekends", "2026-03-07 02:30 America/New_York", "1d", "2026-03-08T03:30:00-04:00"},
		{"a midnight that the clock skips moves on", "weekends", "2018-11-03 00:15 America/Sao_Paulo", "1d", "2018-11-04T01:15:00-02:00"},
		{"a day over the autumn change keeps the hour", "weekends", "2026-10-24 10:00 Europe/Berlin", "1d", "2026-10-25T10:00:00+01:00"},
		{"a time that occurs twice is the first", "weekends", "2026-10-24 02:30 Europe/Berlin", "1d", "2026-10-25T02:30:00+02:00"},
		{"also in New York, where days are behind UTC", "weekends", "2026-10-31 01:30 America/New_York", "1d", "2026-11-01T01:30:00-04:00"},
		{"24 hours over the autumn change", "weekends", "2026-10-24 10:00 Europe/Berlin", "24h", "2026-10-25T09:00:00+01:00"},

		{"31 January and a month", "ru", "2026-01-31 10:00 Europe/Moscow", "1mo", "2026-02-28T10:00:00+03:00"},
		{"in a leap year", "ru", "2028-01-31 10:00 Europe/Moscow", "1mo", "2028-02-29T10:00:00+03:00"},
		{"leap day and a year", "ru", "2028-02-29 10:00 Europe/Moscow", "12mo", "2029-02-28T10:00:00+03:00"},
		{"over the year's end", "ru", "2026-11-30 10:00 Europe/Moscow", "3mo", "2027-02-28T10:00:00+03:00"},
		{"from a month's end to a longer month", "ru", "2026-02-28 10:00 Europe/Moscow", "1mo", "2026-03-28T10:00:00+03:00"},

		{"business days skip the weekend", "weekends", "2026-03-06 10:00 Europe/Moscow", "1bd", "2026-03-09T10:00:00+03:00"},
		{"but 9 March 2026 is off in Russia", "ru", "2026-03-06 10:00 Europe/Moscow", "1bd", "2026-03-10T10:00:00+03:00"},
		{"from a Saturday the next working day is the first", "weekends", "2026-03-07 10:00 Europe/Moscow", "1bd", "2026-03-09T10:00:00+03:00"},
		{"the May holidays of 2026", "ru", "2026-04-30 12:00 Europe/Moscow", "5bd", "2026-05-08T12:00:00+03:00"},
		{"with the Monday moved to the 11th", "ru", "2026-05-08 12:00 Europe/Moscow", "1bd", "2026-05-12T12:00:00+03:00"},
		{"the May holidays of 2025", "ru", "2025-04-30 12:00 Europe/Moscow", "3bd", "2025-05-07T12:00:00+03:00"},
		{"the working Saturday of 27 April 2024", "ru", "2024-04-26 12:00 Europe/Moscow", "1bd", "2024-04-27T12:00:00+03:00"},
		{"and the six days off after it", "ru", "2024-04-27 12:00 Europe/Moscow", "1bd", "2024-05-02T12:00:00+03:00"},
		{"the New Year holidays", "ru", "2025-12-30 09:00 Europe/Moscow", "1bd", "2026-01-12T09:00:00+03:00"},
		{"the New Year of a year not decreed yet", "ru", "2027-12-31 09:00 Europe/Moscow", "1bd", "2028-01-10T09:00:00+03:00"},
		{"Belarus works on 25 April 2026", "by", "2026-04-24 09:00 Europe/Minsk", "1bd", "2026-04-25T09:00:00+03:00"},
		{"Kazakhstan's long Nauryz", "kz", "2026-03-20 09:00 Asia/Almaty", "1bd", "2026-03-26T09:00:00+05:00"},
		{"Uzbekistan's Teachers' Day", "uz", "2026-09-30 09:00 Asia/Tashkent", "1bd", "2026-10-02T09:00:00+05:00"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := duration(t, tc.after).Add(at(t, tc.from), calendar(t, tc.calendar))
			if got.Format(time.RFC3339) != tc.want {
				t.Errorf("%s after %s is %s, want %s", tc.after, tc.from, got.Format(time.RFC3339), tc.want)
			}
		})
	}
}

func TestNoDelayIsNow(t *testing.T) {
	t.Parallel()
	now := at(t, "2026-03-02 09:15 Europe/Moscow")
	var none Duration
	if !none.IsZero() || !none.Add(now, Calendar{}).Equal(now) || !none.Sub(now).Equal(now) || none.String() != "0" {
		t.Errorf("the zero Duration moves time: %s", none)
	}
}

func TestOlderThanCountsBack(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, from, span, want string }{
		{"days", "2026-08-30 12:00 UTC", "180d", "2026-03-03T12:00:00Z"},
		{"hours", "2026-03-02 12:00 UTC", "36h", "2026-03-01T00:00:00Z"},
		{"minutes", "2026-03-02 12:00 UTC", "30m", "2026-03-02T11:30:00Z"},
		{"weeks", "2026-03-22 12:00 UTC", "3w", "2026-03-01T12:00:00Z"},
		{"months", "2026-03-15 12:00 UTC", "2mo", "2026-01-15T12:00:00Z"},
		{"a month too short gives its very end", "2026-03-31 12:00 UTC", "1mo", "2026-02-28T23:59:59Z"},
		{"weekdays over a weekend", "2026-03-02 12:00 UTC", "1bd", "2026-02-27T12:00:00Z"},
		{"a weekend counts as its Monday's start", "2026-03-01 12:00 UTC", "1bd", "2026-02-27T00:00:00Z"},
		{"in the caller's location", "2026-03-31 12:00 Europe/Berlin", "7d", "2026-03-24T11:00:00+01:00"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := duration(t, tc.span).Sub(at(t, tc.from))
			if got.Format(time.RFC3339) != tc.want {
				t.Errorf("%s before %s is %s, want %s", tc.span, tc.from, got.Format(time.RFC3339), tc.want)
			}
		})
	}
}

func TestOlderThanNeverGoesBack(t *testing.T) {
	t.Parallel()
	for _, span := range []string{"30m", "12h", "1d", "3w", "1mo", "6mo", "1bd", "7bd"} {
		d, now := duration(t, span), at(t, "2026-01-20 00:00 Europe/Berlin")
		for before := d.Sub(now); now.Year() == 2026; before = d.Sub(now) {
			now = now.Add(41 * time.Minute)
			if d.Sub(now).Before(before) {
				t.Fatalf("%s before %s is earlier than before the moment before", span, now)
			}
		}
	}
}

func TestDurationsOutsideTheFormsAreRefused(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "0", "0d", "21", "d", "-3d", "+3d", "1.5d", "3 d", "3D", "3y", "3d2h", "３d", "3661d", "121mo", "2601bd", "99999999999999999999d"} {
		if d, err := ParseDuration(s); err == nil {
			t.Errorf("%q became %s", s, d)
		}
	}
}

func FuzzParseDuration(f *testing.F) {
	for _, s := range []string{"30m", "12h", "21d", "3w", "2mo", "5bd", "0d", "007d", "3650d", "-1d", "1y", ""} {
		f.Add(s)
	}
	start := time.Date(2024, 2, 29, 12, 30, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDuration(s)
		if err != nil {
			return
		}
		again, err := ParseDuration(d.String())
		if err != nil || again != d {
			t.Errorf("%q is %v, but its form %q is %v, %v", s, d, d.String(), again, err)
		}
		if !d.Add(start, Calendar{}).After(start) || !d.Sub(start).Before(start) {
			t.Errorf("%s does not move time", d)
		}
	})
}
