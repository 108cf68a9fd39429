package worker

import (
	"bytes"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"seventh/internal/mail"
	"seventh/internal/token"
	"seventh/sequences"
)

// withMarks writes a message's tokens for their names.
func (w *Worker) withMarks(text string, id int64) string {
	links := w.options.Links
	return strings.NewReplacer("RETURN", links.Mark(id, token.Return), "REPLY", links.Mark(id, token.Reply), "LEAVE", links.Mark(id, token.Leave),
		"LINK", links.Seal(token.Token{Message: id, Purpose: token.Unsubscribe})).Replace(text)
}

// What comes back to a letter carries its mark, as far as the settings allow.
func TestLettersCarryTheirMarksInTheirAddresses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name       string
		sender     sequences.Sender
		bounces    string
		returnPath string
		replyTo    string
		leave      string // behind the https URL
	}{
		{"nothing set", sequences.Sender{}, "", "team@example.com", "team@example.com", ""},
		{"a mailbox only", sequences.Sender{Mailbox: &sequences.Mailbox{}}, "", "team@example.com", "team@example.com", "team@example.com?subject=unsubscribe%20LEAVE"},
		{"bounces come elsewhere", sequences.Sender{}, "bounces@bounce.example.com", "bounces+b.RETURN@bounce.example.com", "team@example.com", "bounces+u.LEAVE@bounce.example.com"},
		{"a domain in Cyrillic", sequences.Sender{}, "bounces@возврат.рф", "bounces+b.RETURN@xn--80adat8aop.xn--p1ai", "team@example.com", "bounces+u.LEAVE@xn--80adat8aop.xn--p1ai"},
		{"answers find their letter", sequences.Sender{ReplyToken: true}, "", "team@example.com", "team+r.REPLY@example.com", ""},
		{"answers go elsewhere and find their letter", sequences.Sender{ReplyToken: true, ReplyTo: "desk@example.com"}, "", "team@example.com", "desk+r.REPLY@example.com", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w, edition, l := composing(t)
			l.MessageID = 7
			tc.sender.Email = l.From.Email
			l.From = tc.sender
			edition.settings.Bounces.Address = tc.bounces
			c, err := w.compose(t.Context(), edition, l, time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC))
			if err != nil {
				t.Fatal(err)
			}
			raw, err := mail.Expand(nil, c.compiled.Fixed, c.content.Personal)
			if err != nil {
				t.Fatal(err)
			}
			message, err := netmail.ReadMessage(bytes.NewReader(raw))
			if err != nil {
				t.Fatal(err)
			}
			check := func(what, got, want string) {
				t.Helper()
				if want = w.withMarks(want, l.MessageID); got != want {
					t.Errorf("%s is %q, want %q", what, got, want)
				}
			}
			check("the envelope sender", c.returnPath, tc.returnPath)
			check("Reply-To", message.Header.Get("Reply-To"), "<"+tc.replyTo+">")
			list := "<https://mail.example.com/u/LINK>"
			if tc.leave != "" {
				list += ", <mailto:" + tc.leave + ">"
			}
			check("List-Unsubscribe", message.Header.Get("List-Unsubscribe"), list)
			check("List-Unsubscribe-Post", message.Header.Get("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click")
			check("the domain that signs", c.from, "team@example.com")
		})
	}
}
