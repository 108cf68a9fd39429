package sandbox

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/smtp"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5/pgxpool"

	"seventh/internal/store"
)

const guide = "From: anna@example.com\r\n" +
	"To: boris@example.org\r\n" +
	"Message-ID: <17.guide@example.com>\r\n" +
	"Subject: =?utf-8?q?=D0=9A=D0=B0=D0=BA_=D1=81=D0=BE=D0=BA=D1=80=D0=B0=D1=82=D0=B8=D1=82=D1=8C?=\r\n" +
	" =?utf-8?b?INC/0YDQvtGB0YLQvtC4?=\r\n" +
	"\r\n" +
	"Здравствуйте!\r\n.a line that begins with a dot\r\n"

func TestLetterIsCapturedAsItCame(t *testing.T) {
	t.Parallel()
	w, inbox := newInbox(t)

	send(t, dial(t, inbox), "bounce@example.com", "boris@example.org", guide)

	want := []store.Captured{{
		Sender: "bounce@example.com", Recipient: "boris@example.org",
		MessageID: "17.guide@example.com", Subject: "Как сократить простои", Raw: []byte(guide),
	}}
	got := captured(t, w.db)
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(store.Captured{}, "ID", "At")); diff != "" {
		t.Errorf("letters (-want +got):\n%s", diff)
	}
	if got := day(got[0].At); got != day(monday) {
		t.Errorf("captured on %s, which is not business time", got)
	}
}

func TestHeadersAreReadAsFarAsTheyGo(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, raw, id, subject string }{
		{"plain", "Message-ID: <a@b>\r\nSubject: Hello\r\n\r\nbody", "a@b", "Hello"},
		{"any case, line feeds only", "message-id:<a@b>\nSUBJECT: Hello\n\nbody", "a@b", "Hello"},
		{"folded", "Subject: one\r\n two\r\n\r\n", "", "one two"},
		{"Cyrillic, not encoded", "Subject: Привет\r\n\r\n", "", "Привет"},
		{"unknown charset", "Subject: =?koi8-r?q?=F0?=\r\n\r\n", "", "=?koi8-r?q?=F0?="},
		{"broken encoding", "Subject: =?utf-8?q?=ZZ?=\r\n\r\n", "", "=?utf-8?q?=ZZ?="},
		{"bytes that are not text", "Subject: a\xffb=?utf-8?q?=00?=\r\n\r\n", "", "a\uFFFDb\uFFFD"},
		{"breaks after the subject", "Subject: Hello\r\nthis is no header\r\nMessage-ID: <a@b>\r\n\r\n", "", "Hello"},
		{"begins with a space", " Subject: Hello\r\n\r\n", "", ""},
		{"no end", "Subject: Hello", "", "Hello"},
		{"empty", "", "", ""},
	} {
		id, subject := describe([]byte(tt.raw))
		if id != tt.id || subject != tt.subject {
			t.Errorf("%s: %q, %q; want %q, %q", tt.name, id, subject, tt.id, tt.subject)
		}
	}
}

func TestBrokenLetterIsCapturedAllTheSame(t *testing.T) {
	t.Parallel()
	w, inbox := newInbox(t)
	client := dial(t, inbox)
	letters := []string{
		"no headers at all\r\n",
		" begins with a space\r\n\r\n",
		"Subject: \x00\xff\r\nMessage-ID: <\x00>\r\n\r\n\x00\xff\r\n",
	}
	for _, letter := range letters {
		send(t, client, "", "boris@example.org", letter)
	}
	var got []string
	for _, c := range captured(t, w.db) {
		got = append(got, string(c.Raw))
	}
	if diff := cmp.Diff(letters, got); diff != "" {
		t.Errorf("letters (-want +got):\n%s", diff)
	}
}

func TestManyConnectionsDeliverAtTheSameTime(t *testing.T) {
	t.Parallel()
	w, inbox := newInbox(t)
	const connections, letters = 12, 20
	var senders sync.WaitGroup
	for i := range connections {
		client := dial(t, inbox)
		senders.Go(func() {
			for n := range letters {
				send(t, client, "anna@example.com", fmt.Sprintf("client-%d-%d@example.org", i, n), guide)
			}
		})
	}
	senders.Wait()

	recipients := make(map[string]bool)
	for _, c := range captured(t, w.db) {
		recipients[c.Recipient] = true
	}
	if len(recipients) != connections*letters {
		t.Errorf("%d letters of %d were captured", len(recipients), connections*letters)
	}
}

func TestLetterThatCannotBeStoredComesAgain(t *testing.T) {
	t.Parallel()
	w, inbox := newInbox(t)
	client := dial(t, inbox)
	w.db.Close()

	wantReply(t, 451, submit(client, "anna@example.com", "boris@example.org", guide))
}

func TestSecondRecipientComesAgainToo(t *testing.T) {
	t.Parallel()
	_, inbox := newInbox(t)
	client := dial(t, inbox)
	if err := errors.Join(client.Mail("anna@example.com"), client.Rcpt("boris@example.org")); err != nil {
		t.Fatal(err)
	}
	wantReply(t, 452, client.Rcpt("vera@example.org"))
}

func TestLetterOverTenMebibytesIsRefused(t *testing.T) {
	t.Parallel()
	w, inbox := newInbox(t)
	letter := guide + strings.Repeat(strings.Repeat("x", 998)+"\r\n", maxLetter/1000+1)

	wantReply(t, 552, submit(dial(t, inbox), "anna@example.com", "boris@example.org", letter))

	if got := captured(t, w.db); len(got) != 0 {
		t.Errorf("%d letters were captured", len(got))
	}
}

func TestInboxOffersPipeliningAndPlainConnections(t *testing.T) {
	t.Parallel()
	_, inbox := newInbox(t)
	client := dial(t, inbox)
	for _, extension := range []string{"PIPELINING", "8BITMIME", "SMTPUTF8"} {
		if offered, _ := client.Extension(extension); !offered {
			t.Errorf("%s is not offered", extension)
		}
	}
	for _, extension := range []string{"STARTTLS", "AUTH"} {
		if offered, _ := client.Extension(extension); offered {
			t.Errorf("%s is offered", extension)
		}
	}
	if u, err := url.Parse(inbox.URL()); err != nil || u.Scheme != "smtp" || u.Hostname() != "127.0.0.1" || u.RawQuery != "tls=none&pool=10" {
		t.Errorf("the URL is %s, %v", inbox.URL(), err)
	}
}

func TestClosedInboxTakesNothingMore(t *testing.T) {
	t.Parallel()
	_, inbox := newInbox(t)
	client := dial(t, inbox)
	inbox.Close()
	inbox.Close() // as often as wanted

	if err := client.Noop(); err == nil {
		t.Error("the connection is still open")
	}
	if conn, err := net.Dial("tcp", address(t, inbox)); err == nil {
		conn.Close()
		t.Error("a new connection was accepted")
	}
}

func FuzzDescribe(f *testing.F) {
	f.Add([]byte(guide))
	f.Add([]byte("Subject: =?utf-8?b?AA==?=\r\nMessage-ID: <\xff>\r\n\r\n"))
	f.Add([]byte("Subject\r\n: x\r\n"))
	f.Add([]byte("\x00"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		id, subject := describe(raw)
		for _, s := range []string{id, subject} {
			if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
				t.Errorf("PostgreSQL does not store %q", s)
			}
		}
	})
}

// newInbox starts an inbox in a world where it is Monday.
func newInbox(t *testing.T) (*world, *Inbox) {
	t.Helper()
	w := newWorld(t)
	inbox, err := StartInbox(w.db, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(inbox.Close)
	return w, inbox
}

func address(t *testing.T, inbox *Inbox) string {
	t.Helper()
	u, err := url.Parse(inbox.URL())
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

func dial(t *testing.T, inbox *Inbox) *smtp.Client {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address(t, inbox), 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	client, err := smtp.NewClient(conn, "localhost")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// send delivers a letter; its lines end in CRLF, or the client would change it.
func send(t *testing.T, client *smtp.Client, from, to, letter string) {
	t.Helper()
	if err := submit(client, from, to, letter); err != nil {
		t.Errorf("sending to %s: %v", to, err)
	}
}

func submit(client *smtp.Client, from, to, letter string) error {
	if err := errors.Join(client.Mail(from), client.Rcpt(to)); err != nil {
		return err
	}
	body, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := body.Write([]byte(letter)); err != nil {
		return err
	}
	return body.Close()
}

func wantReply(t *testing.T, code int, err error) {
	t.Helper()
	var reply *textproto.Error
	if !errors.As(err, &reply) || reply.Code != code {
		t.Errorf("the answer is %v, want %d", err, code)
	}
}

// captured returns the inbox, oldest first.
func captured(t *testing.T, db *pgxpool.Pool) []store.Captured {
	t.Helper()
	list, err := store.ListCaptured(t.Context(), db, "", 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(list)
	return list
}
