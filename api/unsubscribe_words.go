package api

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/language"

	"seventh/sequences"
)

// leaveWords are the words of the unsubscribe page in one language. %s stands for the
// name of a series, or for how often letters come.
type leaveWords struct {
	Lang, Title, Question string

	All        string
	OnlySeries string
	Series     [2]string // with its name, without one
	OrFewer    string
	AtMost     map[string]string // by the stretch of time

	LeftAll     string
	LeftSeries  [2]string
	Fewer       string
	FewerBefore string
	Already     string
	Unclear     string
	Back        string // how to get letters again, and why not here
}

var leaveWordsIn = map[string]leaveWords{
	"en": {
		Lang: "en", Title: "Unsubscribe", Question: "What shall we change for this address?",
		All: "Unsubscribe from all automated letters", OnlySeries: "Or only this series of letters",
		Series:  [2]string{"No more letters of “%s”", "No more letters of this series"},
		OrFewer: "Or write to me less often",
		AtMost:  map[string]string{"1mo": "At most one letter a month", "2mo": "At most one letter in two months", "3mo": "At most one letter in three months"},
		LeftAll: "Done. We will not write to this address automatically any more.",
		LeftSeries: [2]string{
			"Done. No more letters of “%s” will come. Other letters still may.", "Done. No more letters of this series will come. Others still may.",
		},
		Fewer:       "Done. From now on: %s.",
		FewerBefore: "You have asked for fewer letters before, and that holds: %s.",
		Already:     "We do not write to this address automatically any more.",
		Unclear:     "Nothing has changed yet. Please press one of these buttons.",
		Back:        "If you change your mind, just answer one of our letters. A link cannot bring letters back: whoever a letter is forwarded to has that link, too.",
	},
	"ru": {
		Lang: "ru", Title: "Отписка", Question: "Что изменить для этого адреса?",
		All: "Отписаться от всех автоматических писем", OnlySeries: "Или только от этой серии писем",
		Series:  [2]string{"Больше не присылать «%s»", "Больше не присылать письма этой серии"},
		OrFewer: "Или пишите мне реже",
		AtMost:  map[string]string{"1mo": "Не чаще одного письма в месяц", "2mo": "Не чаще одного письма в два месяца", "3mo": "Не чаще одного письма в три месяца"},
		LeftAll: "Готово. Больше мы не будем писать на этот адрес автоматически.",
		LeftSeries: [2]string{
			"Готово. Писем серии «%s» больше не будет. Другие письма могут приходить.", "Готово. Писем этой серии больше не будет. Другие письма могут приходить.",
		},
		Fewer:       "Готово. Теперь так: %s.",
		FewerBefore: "Раньше вы просили писать ещё реже, это остаётся в силе: %s.",
		Already:     "Мы больше не пишем на этот адрес автоматически.",
		Unclear:     "Пока ничего не изменилось. Нажмите, пожалуйста, одну из кнопок.",
		Back:        "Если передумаете, просто ответьте на любое наше письмо. По ссылке вернуть письма нельзя: эта ссылка есть и у тех, кому письмо переслали.",
	},
}

// leaveWordsFor picks the language: the client's, else the first one that the browser
// asks for and the page has, else that of the content.
func leaveWordsFor(locale, accept, fallback string) *leaveWords {
	wanted := []string{locale}
	if len(accept) <= 200 { // browsers need less
		tags, _, _ := language.ParseAcceptLanguage(accept)
		for _, tag := range tags {
			wanted = append(wanted, tag.String())
		}
	}
	for _, tag := range append(wanted, fallback, "en") {
		lang, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if words, ok := leaveWordsIn[lang]; ok {
			return &words
		}
	}
	panic("there are no English words")
}

// series fills in what clients call a series, in the page's language if it has a name in
// it.
func (w *leaveWords) series(text [2]string, names map[string]string) string {
	for _, lang := range []string{w.Lang, ""} {
		if name := names[lang]; name != "" {
			return fmt.Sprintf(text[0], name)
		}
	}
	return text[1]
}

// fewer fills in how often letters come.
func (w *leaveWords) fewer(text string, every sequences.Duration) string {
	often := w.AtMost[every.String()]
	if often == "" {
		often = every.String()
	}
	_, first := utf8.DecodeRuneInString(often)
	return fmt.Sprintf(text, strings.ToLower(often[:first])+often[first:])
}
