package worker_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"seventh/internal/store"
)

// An absence that is told hours after our letter is told by a person, also where business
// time is ahead of the wall clock, which dates answers.
func TestHowSoonAnAnswerCameIsCountedInWallTime(t *testing.T) {
	t.Parallel()
	c := corresponding(t, 2)
	must(t, store.MoveClock(t.Context(), c.db, c.now().AddDate(0, 0, 42)))
	letters := c.start(2)
	now := time.Now()
	for i, after := range []time.Duration{0, 3 * time.Hour} {
		answer := answerTo(t, letters[i], fmt.Sprint(i), "I am on vacation until Monday.")
		before, rest, _ := bytes.Cut(answer, []byte("\r\nDate: "))
		_, rest, _ = bytes.Cut(rest, []byte("\r\n"))
		answer = append([]byte(string(before)+"\r\nDate: "+now.Add(after).Format(time.RFC1123Z)+"\r\n"), rest...)
		c.imap.Deliver(annsMailbox, "INBOX", answer)
	}
	found := strings.Join(c.touches(2), ", ")
	for i, kind := range []string{"auto_replied", "replied"} {
		if want := strings.TrimSuffix(letters[i].To, "@example.com") + " " + kind; !strings.Contains(found, want) {
			t.Errorf("the touches are %s, want %s", found, want)
		}
	}
}
