package sequences

import (
	"testing"
	"time"
)

func TestCallsAreDueOnWorkingDays(t *testing.T) {
	t.Parallel()
	office := Window{Name: "office", Days: []time.Weekday{1, 2, 3, 4, 5}, Ranges: []Range{{From: 600, To: 1140}}, Holidays: SkipHolidays}
	for _, tc := range []struct {
		name, calls, last, due, late string
		hours                        *Window
	}{
		{name: "a week later, from the beginning of work on", calls: "1w", last: "2027-03-01 17:40 Europe/Moscow", due: "2027-03-09 09:00", late: "2027-03-10 00:00"}, // 8 March is a day off
		{name: "within a range", calls: "2w-4w", last: "2027-04-05 12:00 Europe/Moscow", due: "2027-04-19 09:00", late: "2027-05-04 00:00"},
		{name: "a month's end", calls: "1mo", last: "2027-01-31 12:00 Europe/Moscow", due: "2027-03-01 09:00", late: "2027-03-02 00:00"}, // Sunday the 28th
		{name: "business days", calls: "5bd", last: "2027-04-05 12:00 Europe/Moscow", due: "2027-04-12 09:00", late: "2027-04-13 00:00"},
		{name: "the hour of the last call does not matter", calls: "1w", last: "2027-04-05 00:01 Europe/Moscow", due: "2027-04-12 09:00", late: "2027-04-13 00:00"},
		{name: "the day is the company's", calls: "1w", last: "2027-04-05 22:00 UTC", due: "2027-04-13 09:00", late: "2027-04-14 00:00"},
		{name: "hours of the office", calls: "1w", last: "2027-04-05 12:00 Europe/Moscow", due: "2027-04-12 10:00", late: "2027-04-13 00:00", hours: &office},
		{name: "hours that never come", calls: "1w", last: "2027-04-05 12:00 Europe/Moscow", due: "2027-04-12 00:00", late: "2027-04-13 00:00",
			hours: &Window{Days: []time.Weekday{1}, Ranges: []Range{{From: 5, To: 5}}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			moscow := at(t, "2027-01-01 00:00 Europe/Moscow").Location()
			calls := Calls{Hours: (&Settings{}).CallHours(), Calendar: calendar(t, "ru"), Zone: moscow}
			if tc.hours != nil {
				calls.Hours = (&Settings{Windows: map[string]Window{"office": *tc.hours}}).CallHours()
			}
			span, err := ParseSpan(tc.calls)
			if err != nil {
				t.Fatal(err)
			}
			due, late := calls.Next(span, at(t, tc.last))
			if got := due.Format("2006-01-02 15:04"); got != tc.due {
				t.Errorf("due %s, want %s", got, tc.due)
			}
			if got := late.Format("2006-01-02 15:04"); got != tc.late {
				t.Errorf("late %s, want %s", got, tc.late)
			}
		})
	}
}

func TestSpansReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{"1mo": "1mo", "2w-4w": "2w-4w", "1w – 1mo": "1w-1mo", "2w-2w": "2w"} {
		if span, err := ParseSpan(written); err != nil || span.String() != want {
			t.Errorf("%q is %s, %v; want %s", written, span, err, want)
		}
	}
	if got := (Span{}).String(); got != "none" {
		t.Errorf("never is %q", got)
	}
}

func TestACategoryKnowsItsChain(t *testing.T) {
	t.Parallel()
	s, problems := ParseSettings("seventh.yaml", []byte(corpusSettings+"categories: { B: { chain: b-nurture, automated: true }, C: { chain: none }, D: { automated: false } }\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for sequence, want := range map[string]string{"b-nurture": "B", "c-nurture": "", "d-nurture": "", "win-back": "", "": ""} {
		if got, ok := s.ChainOf(sequence); got != want || ok != (want != "") {
			t.Errorf("%s is the chain of %q, want %q", sequence, got, want)
		}
	}
}
