package templates

import (
	"strings"
	"time"
)

// Russian dates need the genitive beside a day: 12 марта, not 12 март.
var (
	russianMonths = []string{"января", "февраля", "марта", "апреля", "мая", "июня",
		"июля", "августа", "сентября", "октября", "ноября", "декабря"}
	russianMonthsAlone = []string{"январь", "февраль", "март", "апрель", "май", "июнь",
		"июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь"}
	russianShortMonths = []string{"янв.", "февр.", "марта", "апр.", "мая", "июня",
		"июля", "авг.", "сент.", "окт.", "нояб.", "дек."}
	russianWeekdays = []string{"воскресенье", "понедельник", "вторник", "среда",
		"четверг", "пятница", "суббота"}
	russianShortWeekdays = []string{"вс", "пн", "вт", "ср", "чт", "пт", "сб"}
)

// formatDate writes a moment by a layout of package time, with the names of months and weekdays in the letter's language.
// Text may be a date too (an attribute of the CRM); when it is not, it stays as it is.
func formatDate(locale, layout string, v any) string {
	t, ok := v.(moment)
	if !ok {
		s := toText(v)
		parsed, err := time.Parse(time.RFC3339, s)
		if err != nil {
			parsed, err = time.Parse(time.DateOnly, s)
		}
		if err != nil {
			return s
		}
		t = moment{Time: parsed}
	}
	if language(locale) != "ru" {
		return clean(t.Format(layout))
	}
	return clean(russianDate(t.Time, layout))
}

// russianDate formats the layout between names, so that a name never passes through package time.
func russianDate(t time.Time, layout string) string {
	months := russianMonths
	if !strings.Contains(strings.ReplaceAll(layout, "2006", ""), "2") {
		months = russianMonthsAlone // no day beside it
	}
	names := []struct {
		word string
		name string
	}{
		{"January", months[t.Month()-1]},
		{"Jan", russianShortMonths[t.Month()-1]},
		{"Monday", russianWeekdays[t.Weekday()]},
		{"Mon", russianShortWeekdays[t.Weekday()]},
	}
	for _, n := range names {
		if before, after, found := strings.Cut(layout, n.word); found {
			return russianDate(t, before) + n.name + russianDate(t, after)
		}
	}
	return t.Format(layout)
}

func language(locale string) string {
	language, _, _ := strings.Cut(locale, "-")
	return language
}
