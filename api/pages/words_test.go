package pages

import "testing"

// What the engine and the mailer write for each other is said in words to people.
func TestWordsForPeople(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		suppressedBy("hook:generic"):             "told by the provider",
		suppressedBy("hook:ses"):                 "told by the provider ses",
		suppressedBy("api"):                      "by the API",
		suppressedBy("link"):                     "by the link in a letter",
		suppressedBy("mailbox"):                  "by a letter to us",
		suppressedBy("smtp"):                     "refused by the mail server",
		suppressedBy("mary@levanto.test"):        "mary@levanto.test",
		endedBecause("manual", "not_target"):     "not our client",
		endedBecause("manual", "lead"):           "somebody ended it",
		endedBecause("replied", "not_target"):    "the client replied",
		day("2026-12-07"):                        "Mon 7 Dec 2026",
		day("in <June>"):                         "in <June>",
		lostWords("the worker died"):             "",
		lostWords("unconfirmed at dot: it: EOF"): "the connection broke before the server answered",
		lostWords("unconfirmed at data: EOF"):    "the connection broke while the letter was on the wire",
	} {
		if got != want {
			t.Errorf("it says %q, want %q", got, want)
		}
	}
}
