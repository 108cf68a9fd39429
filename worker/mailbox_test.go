package worker_test

import (
	"bytes"
	"fmt"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"seventh/internal/imaptest"
	"seventh/internal/smtptest"
	"seventh/internal/store"
	"seventh/worker"
)

const (
	annsMailbox = "ann@example.com"
	annsInbox   = "senders.ann"
	forBounces  = "bounces@example.com"
)

// correspondence is a firm whose sender, Ann, has a mailbox in a real Dovecot.
type correspondence struct {
	*firm
	imap    *imaptest.Server
	smtp    *smtptest.Server
	wall    *wallClock
	change  func(*worker.Options)
	secrets string // the folder with the mailboxes' URLs
}

// wallClock is wall time that can be moved.
type wallClock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *wallClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *wallClock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// corresponding has letters of Ann sent to n clients, c0000@example.com and so on; they have bounces
// and answers come back to her mailbox, and to that for bounces, with marks.
func corresponding(t *testing.T, clients int) *correspondence {
	t.Helper()
	return correspondingIn(t, clients, "[INBOX, Junk]")
}

// correspondingIn is corresponding with other folders of Ann's mailbox to be read.
func correspondingIn(t *testing.T, clients int, folders string) *correspondence {
	t.Helper()
	c := &correspondence{firm: newFirm(t), imap: imaptest.New(t), smtp: smtptest.New(t, smtptest.Options{}), wall: &wallClock{}}
	c.imap.Deliver(annsMailbox, "INBOX", []byte("From: friend@private.example\r\nSubject: Long ago\r\n\r\nHello.\r\n"))
	c.imap.Deliver(annsMailbox, "Junk", []byte("From: spam@private.example\r\nSubject: Buy\r\n\r\nHello.\r\n"))
	c.imap.Deliver(forBounces, "INBOX", []byte("From: spam@private.example\r\nSubject: Buy\r\n\r\nHello.\r\n"))
	c.secrets = t.TempDir()
	secret := func(name, value string) string {
		path := filepath.Join(c.secrets, name)
		must(t, os.WriteFile(path, []byte(value), 0o600))
		return "file:" + path
	}
	c.publish(archive(strings.Replace(helloShort, "sender: owner", "sender: ann", 1) + `
-- seventh.yaml --
time_zone: UTC
fallback_sender: ann
senders:
  ann:
    email: ann@example.com
    name: Ann Smith
    mailbox: { imap: "` + secret("ann", c.imap.URL(annsMailbox)) + `", folders: ` + folders + ` }
    reply_token: true
bounces:
  address: bounces@example.com
  mailbox: { imap: "` + secret("bounces", c.imap.PlainURL(forBounces)) + `" }
windows: { office: {}, anytime: {} }
attributes: { industry: {}, compressor: {}, power_kw: { type: number }, city: {} }
`))
	c.invite("c", clients, 1)
	c.change = func(o *worker.Options) { o.Wall, o.MailboxRest = c.wall.now, time.Second }
	return c
}

// start hires a worker, and waits until all letters have gone and both mailboxes are being read.
func (c *correspondence) start(clients int) (letters []smtptest.Letter) {
	c.t.Helper()
	c.work()
	letters = c.smtp.WaitFor(c.t, clients)
	c.eventually("the mailboxes to be read", func() (bool, string) {
		list := c.mailboxes()
		return list[annsInbox].ReadAt != nil && list["bounces"].ReadAt != nil, fmt.Sprint(list)
	})
	return letters
}

func (c *correspondence) work() (stop func() error) {
	c.t.Helper()
	_, stop = c.hire("worker", mailServer(c.t, c.smtp, 2), c.change)
	return stop
}

func (c *correspondence) mailboxes() map[string]store.Mailbox {
	c.t.Helper()
	list, err := store.ListMailboxes(c.t.Context(), c.db)
	must(c.t, err)
	byName := make(map[string]store.Mailbox)
	for _, m := range list {
		byName[m.Name] = m
	}
	return byName
}

// touches waits until there are n touches that are not of our own making, and returns "c0000 replied" of each.
func (c *correspondence) touches(n int) []string {
	c.t.Helper()
	var found []string
	c.eventually("what came back to be applied", func() (bool, string) {
		list, err := store.ListTouches(c.t.Context(), c.db, store.TouchFilter{Limit: 1000})
		must(c.t, err)
		found = nil
		for _, touch := range list {
			if touch.Kind != "sent" {
				found = append(found, touch.Client+" "+touch.Kind)
			}
		}
		return len(found) >= n, fmt.Sprint(found)
	})
	return found
}

// evidence counts what is kept, by state.
func (c *correspondence) evidence() map[string]int {
	c.t.Helper()
	rows, err := c.db.Query(c.t.Context(), "SELECT state, count(*)::int FROM evidence GROUP BY state")
	must(c.t, err)
	defer rows.Close()
	count := make(map[string]int)
	for rows.Next() {
		var state string
		var n int
		must(c.t, rows.Scan(&state, &n))
		count[state] = n
	}
	must(c.t, rows.Err())
	return count
}

// header is a field of a letter that went out.
func header(t *testing.T, l smtptest.Letter, name string) string {
	t.Helper()
	message, err := mail.ReadMessage(bytes.NewReader(l.Raw))
	must(t, err)
	return message.Header.Get(name)
}

// answerTo is what a mail program makes of "reply".
func answerTo(t *testing.T, l smtptest.Letter, id, text string) []byte {
	t.Helper()
	return []byte("Return-Path: <" + l.To + ">\r\nDelivered-To: ann@example.com\r\nFrom: <" + l.To + ">\r\nTo: " + header(t, l, "Reply-To") +
		"\r\nSubject: Re: Hello Client\r\nMessage-ID: <" + id + "@client.example>\r\nDate: " + time.Now().Format(time.RFC1123Z) +
		"\r\nIn-Reply-To: " + header(t, l, "Message-Id") + "\r\nReferences: " + header(t, l, "Message-Id") + "\r\n\r\n" + text + "\r\n")
}

// bounceOf is what a mail server makes of a letter that it cannot deliver: it goes to the
// envelope sender, and names nothing else of ours.
func bounceOf(l smtptest.Letter) []byte {
	return []byte("Return-Path: <>\r\nDelivered-To: " + l.From + "\r\nFrom: Mail Delivery System <MAILER-DAEMON@mx.example>\r\nTo: " + l.From + `
Subject: Undelivered Mail Returned to Sender
Message-ID: <bounce-` + l.To + `>
Date: ` + time.Now().Format(time.RFC1123Z) + `
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

The mail system: user unknown.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; ` + l.To + `
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 user unknown

--b--
`)
}

// A letter goes out over SMTP; its answer, its bounce and its unsubscribing come back to mailboxes.
func TestWhatComesBackToMailboxesReachesItsLetter(t *testing.T) {
	t.Parallel()
	c := corresponding(t, 3)
	letters := c.start(3)
	replied, bounced, left := letters[0], letters[1], letters[2]

	c.imap.Deliver(annsMailbox, "INBOX", answerTo(t, replied, "1", "Yes, call me tomorrow."))
	c.imap.Deliver(annsMailbox, "Junk", answerTo(t, replied, "1", "Yes, call me tomorrow.")) // a copy in another folder
	c.imap.Deliver(forBounces, "INBOX", bounceOf(bounced))
	_, mailto, _ := strings.Cut(header(t, left, "List-Unsubscribe"), "mailto:")
	mailto = strings.TrimSuffix(mailto, ">")
	c.imap.Deliver(forBounces, "INBOX", []byte("From: <"+left.To+">\r\nTo: "+mailto+"\r\nDelivered-To: "+mailto+"\r\nMessage-ID: <u@client.example>\r\nSubject: unsubscribe\r\n\r\n\r\n"))

	c.touches(3)
	c.eventually("everything to be applied", func() (bool, string) {
		got := fmt.Sprint(c.evidence())
		return got == "map[applied:3]", got
	})
	name := func(l smtptest.Letter) string { return strings.TrimSuffix(l.To, "@example.com") }
	found := fmt.Sprint(c.touches(3))
	for _, want := range []string{name(replied) + " replied", name(bounced) + " bounced", name(left) + " unsubscribed"} {
		if strings.Count(found, want) != 1 {
			t.Errorf("the touches are %s, want %q once", found, want)
		}
	}
	for _, l := range []smtptest.Letter{bounced, left} {
		suppressed, err := store.ListSuppressions(t.Context(), c.db, store.SuppressionFilter{Address: l.To, Limit: 9})
		must(t, err)
		if len(suppressed) != 1 {
			t.Errorf("%s is not suppressed", l.To)
		}
	}
}

// Whose letters lie in the mailbox is nobody's business but for those that answer ours.
func TestPrivateLettersAreLeftAlone(t *testing.T) {
	t.Parallel()
	c := corresponding(t, 1)
	letter := c.start(1)[0]
	byHand := func(id string) []byte {
		return bytes.Replace(answerTo(t, letter, id, "As I wrote"), []byte("From: <"+letter.To+">"), []byte("From: Ann <ann@example.com>"), 1)
	}
	for _, raw := range [][]byte{
		[]byte("From: friend@private.example\r\nTo: ann@example.com\r\nSubject: Lunch\r\nMessage-ID: <lunch@private.example>\r\n\r\nAt noon?\r\n"),
		[]byte("From: shop@private.example\r\nTo: ann@example.com\r\nSubject: Your delivery has failed\r\nMessage-ID: <shop@private.example>\r\n\r\nNobody opened the door.\r\n"),
		letter.Raw, // a blind copy to ourselves
		byHand("hand"),
		bytes.Replace(byHand("delivery"), []byte("Re: Hello Client"), []byte("Re: Our delivery terms, and what if it failed"), 1), // words of bounces
	} {
		c.imap.Deliver(annsMailbox, "INBOX", raw)
	}
	c.imap.Store(annsMailbox, "INBOX", "D", answerTo(t, letter, "draft", "I am still writing"))
	c.imap.Deliver(annsMailbox, "INBOX", answerTo(t, letter, "1", "Yes."))
	c.eventually("the answer alone to be kept and applied", func() (bool, string) {
		got := fmt.Sprint(c.evidence())
		return got == "map[applied:1]", got
	})
	stored := c.imap.Stored(annsMailbox, "INBOX")
	if len(stored) != 8 {
		t.Errorf("the mailbox has %d letters, want 8", len(stored))
	}
	for _, l := range stored {
		if strings.ContainsAny(l.Flags, "SRTPF") {
			t.Errorf("letter %s has got the flags %q", l.Name, l.Flags)
		}
	}
}

// Whatever happens to the server and its numbers, every letter is applied, and once.
func TestAMailboxIsReadOnAfterItsServerWasAway(t *testing.T) {
	t.Parallel()
	c := corresponding(t, 3)
	letters := c.start(3)
	c.imap.Deliver(annsMailbox, "INBOX", answerTo(t, letters[0], "1", "Yes."))
	c.touches(1)

	c.imap.Kill()
	c.eventually("somebody to notice", func() (bool, string) { return c.mailboxes()[annsInbox].Error != "", "" })
	c.imap.Deliver(annsMailbox, "INBOX", answerTo(t, letters[1], "2", "Yes."))
	c.imap.Start()
	c.touches(2)

	c.imap.Kill()
	c.imap.Renumber(annsMailbox, "INBOX")
	c.imap.Deliver(annsMailbox, "INBOX", answerTo(t, letters[2], "3", "Yes."))
	c.imap.Start()
	if found := c.touches(3); len(found) != 3 {
		t.Errorf("three answers became %v", found)
	}
	c.eventually("the mailbox to be in order", func() (bool, string) { m := c.mailboxes()[annsInbox]; return m.Error == "", m.Error })
	c.eventually("three letters to be applied, and no more", func() (bool, string) {
		got := fmt.Sprint(c.evidence())
		return got == "map[applied:3]", got
	})
}

// A mailbox that is away for four hours stops its sender, and starts it again.
func TestAMailboxThatIsAwayStopsItsSender(t *testing.T) {
	t.Parallel()
	c := corresponding(t, 1)
	c.start(1)
	paused := func() string {
		pauses, err := c.engine.Pauses(t.Context(), c.db, store.PausedSender, c.now())
		must(t, err)
		if pause := pauses[annsMailbox]; pause != nil {
			return pause.Reason
		}
		return ""
	}
	c.imap.Kill()
	c.wall.move(4 * time.Hour)
	c.eventually("the sender to be paused", func() (bool, string) { return paused() != "", fmt.Sprint(c.mailboxes()) })
	if reason := paused(); !strings.HasPrefix(reason, "the mailbox of ann@example.com cannot be read since ") || !strings.HasSuffix(reason, "; nobody would notice replies") || strings.Contains(reason, imaptest.Password) {
		t.Errorf("the reason is %q", reason)
	}
	c.invite("d", 1, 1)
	c.eventually("the next letter to wait", func() (bool, string) {
		state := ""
		for _, e := range c.waiting("d0000") {
			state += e
		}
		return strings.Contains(state, "sender"), state
	})
	c.imap.Start()
	c.smtp.WaitFor(t, 2)
	if reason := paused(); reason != "" {
		t.Errorf("still paused: %s", reason)
	}
}

// waiting is what a client's enrollments wait for.
func (c *correspondence) waiting(client string) (list []string) {
	c.t.Helper()
	rows, err := c.db.Query(c.t.Context(), "SELECT e.waiting FROM enrollments e JOIN clients c ON c.id = e.client_id WHERE c.external_id = $1", client)
	must(c.t, err)
	defer rows.Close()
	for rows.Next() {
		var waiting string
		must(c.t, rows.Scan(&waiting))
		list = append(list, waiting)
	}
	return list
}

// What breaks between reading letters and keeping them loses none, and takes none twice.
func TestLettersAreKeptOrReadAgain(t *testing.T) {
	t.Parallel()
	c := corresponding(t, 2)
	stop := c.work()
	letters := c.smtp.WaitFor(t, 2)
	must(t, stop())
	c.imap.Deliver(annsMailbox, "INBOX", answerTo(t, letters[0], "1", "Yes."))
	c.imap.Deliver(annsMailbox, "INBOX", answerTo(t, letters[1], "2", "No."))
	// Letters are kept, and then how far the folder was read cannot be written.
	c.exec("CREATE SEQUENCE attempts")
	c.exec(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		IF NEW.folder = 'INBOX' AND NEW.mailbox = 'senders.ann' AND nextval('attempts') < 3 THEN RAISE EXCEPTION 'the disk is full'; END IF; RETURN NEW; END $$`)
	c.exec("CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON mailbox_folders FOR EACH ROW EXECUTE FUNCTION refuse()")
	c.work()
	if found := c.touches(2); len(found) != 2 {
		t.Errorf("two answers became %v", found)
	}
	var attempts int64
	must(t, c.db.QueryRow(t.Context(), "SELECT last_value FROM attempts").Scan(&attempts))
	if attempts < 3 {
		t.Errorf("it was refused %d times only", attempts)
	}
	if failed := c.mailboxes()[annsInbox].Error; failed != "" {
		t.Errorf("the database's trouble is the mailbox's: %s", failed)
	}
}

// Big letters are read as far as they say something, and strange ones keep nobody waiting.
func TestBigAndStrangeLettersKeepNobodyWaiting(t *testing.T) {
	t.Parallel()
	c := corresponding(t, 2)
	letters := c.start(2)
	big := answerTo(t, letters[0], "big", "Yes, see the attached.\r\n"+strings.Repeat(strings.Repeat("x", 76)+"\r\n", 12<<20/78))
	c.imap.Deliver(annsMailbox, "INBOX", []byte("no header at all"))
	c.imap.Deliver(annsMailbox, "INBOX", bytes.Repeat([]byte{0, 0xff, '\n'}, 10_000))
	c.imap.Deliver(annsMailbox, "INBOX", big)
	c.imap.Deliver(annsMailbox, "INBOX", answerTo(t, letters[1], "2", "No."))
	c.touches(2)
	var most int
	must(t, c.db.QueryRow(t.Context(), "SELECT max(length(raw)) FROM evidence").Scan(&most))
	if most != 1<<20 {
		t.Errorf("the biggest letter is kept with %d bytes", most)
	}
}
