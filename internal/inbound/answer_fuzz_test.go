package inbound

import (
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzReturnDate holds the bounds of dates: after the day of writing, at most maxAbsence days.
func FuzzReturnDate(f *testing.F) {
	for _, text := range []string{
		"Вернусь 14 июля", "с 20.07 по 02.08.2026", "back on 7/20", "до середины июня (15-го точно буду)", "Friday week", "in two weeks", "KW 31", "end of the month",
		"тел. 8 (4932) 12-08-26", "31.02.2026", "29 февраля", "двадцать первого", "until 99/99/9999", "2026-07-20", "next week", "через 99 месяцев",
	} {
		f.Add(text, int64(1783328400), 3)
		f.Add(text, int64(1709164800), -11)
	}
	f.Fuzz(func(t *testing.T, text string, unix int64, hours int) {
		written := time.Unix(unix%(1<<33), 0).In(time.FixedZone("", hours%15*3600))
		date, _ := returnDate(clip(text, maxAnswerText), written)
		if date.IsZero() {
			return
		}
		if !date.After(written) || date.After(written.AddDate(0, 0, maxAbsence+1)) {
			t.Errorf("written %s, back %s", written, date)
		}
	})
}

// FuzzReadAnswer holds the bounds of what is read of an answer.
func FuzzReadAnswer(f *testing.F) {
	for _, file := range []string{"train-1-ru.txtar", "train-1-en.txtar"} {
		for _, e := range exampleAnswers(f, file)[:20] {
			if l, err := Read(e.raw); err == nil {
				f.Add(l.Text, l.Subject, e.label["Our-Subject"])
			}
		}
	}
	f.Fuzz(func(t *testing.T, text, subject, ours string) {
		l := &Letter{Text: text, Subject: subject, Date: monday, From: Mailbox{Name: ours, Address: "a@b.example"}}
		a, automatic := ReadAnswer(l, Sent{Subject: ours})
		switch {
		case len(a.Text) > maxAnswerText:
			t.Error("the text is too long")
		case utf8.RuneCountInString(a.Substitute) > maxSubstitute:
			t.Errorf("the substitute is too long: %q", a.Substitute)
		case !automatic && (a.Substitute != "" || !a.Back.IsZero()):
			t.Error("a person's answer has an absence")
		case automatic && a.OptOut != NoOptOut:
			t.Error("an automatic answer has an opt-out")
		}
	})
}
