package inbound

import "testing"

func TestWhoStandsIn(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"I am out of the office with no access to mail.":                                                                "",
		"I am currently away from my desk without access to e-mail and will be back on 1 December.":                     "",
		"I am out of the office on business travel with limited access to email and will respond as soon as practical.": "",
		"Я в отпуске. По срочным вопросам обращайтесь к Ольге Керн, olga@example.com":                                   "Ольге Керн, olga@example.com",
		"I am away. In urgent cases please contact John Doe at john@example.com or +1 555 0100.":                        "John Doe at john@example.com or +1 555 0100",
		"Я в отпуске до 14 июля, пишите Ивановой.":                                                                      "Ивановой",
	} {
		if got := substitute(text, &Letter{}); got != want {
			t.Errorf("%q\n  names %q, want %q", text, got, want)
		}
	}
}
