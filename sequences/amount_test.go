package sequences

import (
	"testing"
	"time"
)

func TestRates(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"2/s": 2, "20/m": 1.0 / 3, "36/h": 0.01} {
		r, err := ParseRate(text)
		if err != nil || r.PerSecond() != want || r.String() != text {
			t.Errorf("%s is %v a second, written %s, %v; want %v", text, r.PerSecond(), r, err, want)
		}
	}
	for _, text := range []string{"", "2", "2/d", "-1/s", "1.5/s", "0/s", "1000000/s", " 2/s"} {
		if r, err := ParseRate(text); err == nil {
			t.Errorf("%q is taken for %v", text, r)
		}
	}
	if none := (Rate{}); none.PerSecond() != 0 || none.String() != "" || !none.IsZero() {
		t.Errorf("no limit is %v", none)
	}
}

func TestLimitsGrowDayByDay(t *testing.T) {
	t.Parallel()
	from := Date{2026, time.October, 24} // clocks go back on the 25th
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		sender Sender
		want   []int // from the day before on
	}{
		"no limit":          {Sender{}, []int{0, 0}},
		"one limit":         {Sender{DailyLimit: 5}, []int{5, 5}},
		"ramp":              {Sender{Ramp: &Ramp{Start: 20, Step: 10, From: from}}, []int{20, 20, 30, 40}},
		"ramp to a ceiling": {Sender{Ramp: &Ramp{Start: 20, Step: 10, Ceiling: 35, From: from}}, []int{20, 20, 30, 35, 35}},
		"ramp to the limit": {Sender{DailyLimit: 30, Ramp: &Ramp{Start: 20, Step: 10, Ceiling: 35, From: from}}, []int{20, 20, 30, 30}},
	} {
		for i, want := range tc.want {
			for _, hour := range []int{0, 23} {
				day := time.Date(2026, time.October, 23+i, hour, 59, 0, 0, berlin)
				if got := tc.sender.LimitOn(day); got != want {
					t.Errorf("%s: %d on %s, want %d", name, got, day, want)
				}
			}
		}
	}
}

func TestBreakersTripAboveTheirShare(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		over Share
		of   int
		want int
	}{{0.05, 200, 10}, {0.003, 1000, 3}, {0.1, 10, 1}, {1, 50, 50}, {0.001, 100, 0}} {
		b := ShareBreaker{Over: tc.over, Of: tc.of}
		if got := b.Most(); got != tc.want {
			t.Errorf("over %v of %d: at most %d, want %d", tc.over, tc.of, got, tc.want)
		}
	}
}

func TestDatesCountCalendarDays(t *testing.T) {
	t.Parallel()
	d := Date{2026, time.December, 31}
	if next := d.Next(); next != (Date{2027, time.January, 1}) || !d.Before(next) || next.Before(d) || next.String() != "2027-01-01" {
		t.Errorf("the day after %s is %s", d, next)
	}
	if start := d.Start(time.UTC); !start.Equal(time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("it starts at %s", start)
	}
}

func TestDomainsOfOneProviderCountAsOne(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"a@mail.ru": "mailru", "b@bk.ru": "mailru", "c@ya.ru": "yandex", "d@googlemail.com": "gmail", "e@hotmail.com": "microsoft", "f@firm.example": "firm.example",
	} {
		if got := ProviderOf(address); got != want {
			t.Errorf("%s is at %s, want %s", address, got, want)
		}
	}
	for domain, want := range map[string]bool{"bk.ru": true, "rambler.ru": true, "firm.example": false, "": false} {
		if got := PublicProvider(domain); got != want {
			t.Errorf("%q is public: %v", domain, got)
		}
	}
}

func TestPasswordsAreNotShown(t *testing.T) {
	t.Parallel()
	_, problems := ParseSettings("seventh.yaml", []byte("time_zone: UTC\nfallback_sender: a\nsenders:\n  a:\n    email: a@example.com\n    smtp: smtps://a:secret@mail.example.com\n"))
	if len(problems) != 1 || problems[0].Line != 6 || problems[0].Source != "" {
		t.Errorf("problems %+v", problems)
	}
}
