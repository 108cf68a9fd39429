package worker_test

import (
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
)

// heard is what a log says.
type heard struct {
	mu   sync.Mutex
	text strings.Builder
}

func (h *heard) Write(text []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(text)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

// A folder that is not there keeps nobody from reading the others, also when it is named
// first, and is told of.
func TestAFolderThatIsNotThereKeepsNoOtherFromBeingRead(t *testing.T) {
	t.Parallel()
	c := correspondingIn(t, 2, "[Junk, INBOX]")
	log := &heard{}
	c.log = slog.New(slog.NewTextHandler(io.MultiWriter(t.Output(), log), nil))
	c.imap.Remove(annsMailbox, "Junk")
	letters := c.start(2)
	if m := c.mailboxes()[annsInbox]; m.Unread() || !strings.Contains(m.Error, "opening folder Junk: the server refuses: ") {
		t.Errorf("the mailbox is %+v", m)
	}
	c.imap.Deliver(annsMailbox, "INBOX", answerTo(t, letters[0], "1", "Yes."))
	c.touches(1) // the server told of it

	c.imap.Kill()
	c.eventually("somebody to notice", func() (bool, string) { m := c.mailboxes()[annsInbox]; return m.Unread(), m.Error })
	c.imap.Deliver(annsMailbox, "INBOX", answerTo(t, letters[1], "2", "Yes.")) // what is new must not hide that it failed
	c.imap.Start()
	c.touches(2)
	again := `"a mailbox is read again" worker=worker mailbox=senders.ann`
	c.eventually("the mailbox to be read again", func() (bool, string) { return strings.Contains(log.String(), again), log.String() })
	for text, want := range map[string]int{
		`"a folder of a mailbox cannot be opened" worker=worker mailbox=senders.ann folder=Junk`: 1, `"a mailbox cannot be read" worker=worker mailbox=senders.ann`: 1, again: 1,
	} {
		if got := strings.Count(log.String(), text); got != want {
			t.Errorf("the log says %q %d times, want %d", text, got, want)
		}
	}
}

// A mailbox without any of its folders cannot be read.
func TestAMailboxWithoutItsFoldersCannotBeRead(t *testing.T) {
	t.Parallel()
	c := correspondingIn(t, 1, "[Junk, Nowhere]")
	c.imap.Remove(annsMailbox, "Junk")
	c.work()
	c.eventually("both to be missed", func() (bool, string) {
		m := c.mailboxes()[annsInbox]
		return m.Unread() && strings.Contains(m.Error, "Junk") && strings.Contains(m.Error, "Nowhere"), m.Error
	})
}
