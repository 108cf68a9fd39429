package inbound

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
)

const russian = "Добрый день! Спасибо за письмо, но сейчас нам это не нужно. Напишите, пожалуйста, осенью — «обсудим» всё, что важно. С уважением, Иван Щербаков"

func TestTextIsReadInTheCharsetItIsIn(t *testing.T) {
	t.Parallel()
	const ukrainian = "Доброго дня! Дякуємо за листа, але зараз нам це не потрібно. Напишіть, будь ласка, восени."
	const german = "Vielen Dank für Ihre Nachricht. Ich bin bis zum 5. März nicht im Büro und möchte später antworten. Grüße, Jörg Weiß"
	const french = "Je suis absent du bureau jusqu'à la fin du mois. À bientôt, Hélène – « merci »"
	koi := strings.NewReplacer("«", `"`, "»", `"`, "—", "-").Replace(russian)
	for name, test := range map[string]struct {
		in    *charmap.Charmap
		label string
		text  string
	}{
		"KOI8-R labelled":                {charmap.KOI8R, "koi8-r", koi},
		"KOI8-R unlabelled":              {charmap.KOI8R, "", koi},
		"KOI8-R called us-ascii":         {charmap.KOI8R, "us-ascii", koi},
		"KOI8-R called UTF-8":            {charmap.KOI8R, "utf-8", koi},
		"KOI8-R called windows-1251":     {charmap.KOI8R, "windows-1251", koi},
		"KOI8-R called Latin":            {charmap.KOI8R, "iso-8859-1", koi},
		"windows-1251 labelled":          {charmap.Windows1251, "windows-1251", russian},
		"windows-1251 by another name":   {charmap.Windows1251, "CP1251", russian},
		"windows-1251 by a wrong name":   {charmap.Windows1251, "win-1251", russian},
		"windows-1251 unlabelled":        {charmap.Windows1251, "", russian},
		"windows-1251 called KOI8-R":     {charmap.Windows1251, "koi8-r", russian},
		"windows-1251 called Latin":      {charmap.Windows1251, "iso-8859-1", russian},
		"windows-1251 called UTF-8":      {charmap.Windows1251, "utf-8", russian},
		"windows-1251, capitals":         {charmap.Windows1251, "", strings.ToUpper(russian)},
		"windows-1251, one word":         {charmap.Windows1251, "", "Привет"},
		"KOI8-R, one word":               {charmap.KOI8R, "", "Привет"},
		"windows-1251, short":            {charmap.Windows1251, "", "Ок, спасибо"},
		"windows-1251, Ukrainian":        {charmap.Windows1251, "", ukrainian},
		"cp866 unlabelled":               {charmap.CodePage866, "", koi},
		"ISO-8859-5 unlabelled":          {charmap.ISO8859_5, "", koi},
		"windows-1252 labelled":          {charmap.Windows1252, "windows-1252", german},
		"windows-1252 unlabelled":        {charmap.Windows1252, "", german},
		"windows-1252 called UTF-8":      {charmap.Windows1252, "utf-8", german},
		"windows-1252, French":           {charmap.Windows1252, "", french},
		"windows-1252, French, labelled": {charmap.Windows1252, "iso-8859-1", french},
		"Polish is believed":             {charmap.ISO8859_2, "iso-8859-2", "Dziękuję za wiadomość, będę później"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := encode(t, test.in, test.text)
			if got := string(toUTF8([]byte(raw), test.label)); got != test.text {
				t.Errorf("got %q", got)
			}
			header := "Content-Type: text/plain"
			if test.label != "" {
				header += "; charset=" + test.label
			}
			if got := read(t, header+"\n\n"+raw+"\n").Text; got != test.text+"\n" {
				t.Errorf("as a letter: %q", got)
			}
		})
	}
}

func TestUTF8IsBelievedWhateverTheLabelSays(t *testing.T) {
	t.Parallel()
	for _, label := range []string{"", "utf-8", "windows-1251", "koi8-r", "iso-8859-1", "us-ascii", "x-nonsense"} {
		if got := string(toUTF8([]byte(russian), label)); got != russian {
			t.Errorf("%s: %q", label, got)
		}
	}
	broken := russian[:60] + "\xd0" + russian[60:]
	if got := string(toUTF8([]byte(broken), "utf-8")); !strings.HasPrefix(got, "Добрый день! Спасибо") || !strings.HasSuffix(got, "Щербаков") {
		t.Errorf("with a broken letter: %q", got)
	}
	if got := string(toUTF8([]byte("\xff\xfe\x1f\x04\x40\x04"), "utf-16le")); !strings.Contains(got, "Пр") {
		t.Errorf("UTF-16: %q", got)
	}
	if got := string(toUTF8([]byte("\x1b$B$3$s\x1b(B"), "iso-2022-jp")); got != "こん" {
		t.Errorf("ISO-2022-JP: %q", got)
	}
}

func TestRawHeadersAreReadToo(t *testing.T) {
	t.Parallel()
	for _, c := range []*charmap.Charmap{charmap.Windows1251, charmap.KOI8R} {
		l := read(t, "Subject: "+encode(t, c, "Ответ на ваше предложение")+"\nFrom: "+encode(t, c, "Анна Петрова")+" <a@b.example>\n\nx\n")
		if l.Subject != "Ответ на ваше предложение" || l.From.Name != "Анна Петрова" {
			t.Errorf("%v: %q from %q", c, l.Subject, l.From.Name)
		}
	}
}

func TestEncodedWordsOfAllSorts(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{
		"plain":                                    "plain",
		"=?utf-8?Q?a_b?=":                          "a b",
		"=?utf-8?Q?a?= =?utf-8?Q?b?=":              "ab",
		"=?utf-8?Q?a?= and =?utf-8?Q?b?=":          "a and b",
		"=?utf-8?Q?=D0?=\t=?UTF-8?B?nw==?=":        "П",
		"=?koi8-r?B?8NLJ18XU?=":                    "Привет",
		"=?windows-1251*ru?B?z/Do4uXy?=":           "Привет",
		"=?utf-8?Q?broken space inside?=":          "broken space inside",
		"=?utf-8?Q?no end":                         "=?utf-8?Q?no end",
		"=?utf-8?X?abc?=":                          "=?utf-8?X?abc?=",
		"=? =?=?=??=":                              "=? =?=?=??=",
		"=?unknown?B?8NLJ18XU?=":                   "Привет",
		"=?utf-8?B?8NLJ18XU?=":                     "Привет",
		"a =?utf-8?Q?b?=":                          "a b",
		"=?utf-8?Q?=D0=9F?= =?koi8-r?B?0tLJ1w==?=": "Пррив",
	} {
		if got := decodeWords(from); got != want {
			t.Errorf("%q: %q, want %q", from, got, want)
		}
	}
}
