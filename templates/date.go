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

// dateFormat is a layout of package time, taken apart at the names that package time has in English only.
type dateFormat []datePiece

// datePiece is a layout, or else the names of months or weekdays.
type datePiece struct {
	layout           string
	months, weekdays []string
}

// newDateFormat reads a layout for the language of a letter.
func newDateFormat(locale, layout string) dateFormat {
	if language(locale) != "ru" {
		return dateFormat{{layout: layout}}
	}
	months := russianMonths
	if !strings.Contains(strings.ReplaceAll(layout, "2006", ""), "2") {
		months = russianMonthsAlone // no day beside it
	}
	for _, name := range []struct {
		word  string
		piece datePiece
	}{
		{"January", datePiece{months: months}},
		{"Jan", datePiece{months: russianShortMonths}},
		{"Monday", datePiece{weekdays: russianWeekdays}},
		{"Mon", datePiece{weekdays: russianShortWeekdays}},
	} {
		if before, after, found := strings.Cut(layout, name.word); found {
			f := append(newDateFormat(locale, before), name.piece)
			return append(f, newDateFormat(locale, after)...)
		}
	}
	return dateFormat{{layout: layout}}
}

// write is the date as the letter shows it. Text may be a date too (an attribute of the CRM); when it is not, it stays as it is.
func (f dateFormat) write(v any) string {
	m, ok := v.(moment)
	if !ok {
		s := toText(v)
		parsed, err := time.Parse(time.RFC3339, s)
		if err != nil {
			parsed, err = time.Parse(time.DateOnly, s)
		}
		if err != nil {
			return s
		}
		m = moment{Time: parsed}
	}
	var buffer [64]byte
	out := buffer[:0]
	for _, piece := range f {
		switch {
		case piece.months != nil:
			out = append(out, piece.months[m.Month()-1]...)
		case piece.weekdays != nil:
			out = append(out, piece.weekdays[m.Weekday()]...)
		default:
			out = m.AppendFormat(out, piece.layout)
		}
	}
	return clean(string(out))
}

// Date is a moment as letters in a language show it, by a layout of package time.
func Date(locale, layout string, t time.Time) string {
	return formatDate(locale, layout, moment{Time: t})
}

// formatDate is for a layout that is used once.
func formatDate(locale, layout string, v any) string { return newDateFormat(locale, layout).write(v) }

func language(locale string) string {
	language, _, _ := strings.Cut(locale, "-")
	return language
}
