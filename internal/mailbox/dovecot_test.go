package mailbox_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"seventh/internal/imaptest"
	"seventh/internal/mailbox"
)

const ann = "ann@example.com"

func letter(subject string) []byte {
	return []byte("From: Ivan <ivan@client.example>\r\nTo: ann@example.com\r\nSubject: " + subject + "\r\nMessage-ID: <" + subject + "@client.example>\r\n\r\nHello.\r\n")
}

func open(t *testing.T, url string) *mailbox.Conn {
	t.Helper()
	account, err := mailbox.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := mailbox.Open(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

func TestARealServerIsReadAndNothingInItChanges(t *testing.T) {
	t.Parallel()
	server := imaptest.New(t)
	for _, subject := range []string{"one", "two", "three"} {
		server.Deliver(ann, "INBOX", letter(subject))
	}
	server.Store(ann, "INBOX", "D", letter("draft"))
	big := append(letter("big"), bytes.Repeat([]byte(strings.Repeat("x", 76)+"\r\n"), 12<<20/78)...)
	server.Deliver(ann, "INBOX", big)
	server.Deliver(ann, "&BCEEPwQwBDw-", letter("spam"))

	for name, url := range map[string]string{"imaps": server.URL(ann), "STARTTLS": server.PlainURL(ann)} {
		t.Run(name, func(t *testing.T) {
			conn := open(t, url)
			if _, err := conn.Examine("Спам"); err != nil {
				t.Fatal(err)
			}
			folder, err := conn.Examine("INBOX")
			if err != nil || folder.Validity == 0 || folder.Next == 0 {
				t.Fatalf("Examine = %+v, %v", folder, err)
			}
			uids, err := conn.Search(0, time.Now().AddDate(0, 0, -2))
			if err != nil || len(uids) != 4 {
				t.Fatalf("Search = %v, %v; want 4 letters, as a draft is none", uids, err)
			}
			if none, err := conn.Search(folder.Next, time.Time{}); err != nil || len(none) != 0 {
				t.Errorf("Search behind the last letter = %v, %v", none, err)
			}
			heads, err := conn.Heads(append(uids, 4_000_000_000))
			if err != nil || len(heads) != 4 {
				t.Fatalf("Heads = %d, %v", len(heads), err)
			}
			last := heads[3]
			if !bytes.Contains(last.Header, []byte("Subject: big\r\n")) || last.Size != int64(len(big)) || last.Draft {
				t.Errorf("the last letter is %+v", last)
			}
			raw, err := conn.Letter(last.UID)
			if err != nil || !bytes.Equal(raw, big[:mailbox.MaxLetter]) {
				t.Errorf("a letter of %d bytes was read as %d bytes, %v", len(big), len(raw), err)
			}
			if raw, err := conn.Letter(uids[1]); err != nil || !bytes.Equal(raw, letter("two")) {
				t.Errorf("Letter = %q, %v", raw, err)
			}
			if gone, err := conn.Letter(4_000_000_000); err != nil || gone != nil {
				t.Errorf("a letter that is gone = %q, %v", gone, err)
			}
		})
	}
	flags := ""
	for _, stored := range server.Stored(ann, "INBOX") {
		flags += stored.Flags + ";"
	}
	if flags != ";;;D;;" && flags != ";;;;D;" {
		t.Errorf("5 letters were there without flags but for a draft; now their flags are %q", flags)
	}
}

func TestIdleEndsWhenALetterComes(t *testing.T) {
	t.Parallel()
	server := imaptest.New(t)
	server.Deliver(ann, "INBOX", letter("one"))
	conn := open(t, server.URL(ann))
	if !conn.CanIdle() {
		t.Fatal("Dovecot offers no IDLE")
	}
	folder, err := conn.Examine("INBOX")
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Idle(time.Millisecond); err != nil {
		t.Fatalf("an idle without news: %v", err)
	}
	heard := make(chan error, 1)
	go func() { heard <- conn.Idle(time.Minute) }()
	server.Deliver(ann, "INBOX", letter("two"))
	if err := <-heard; err != nil {
		t.Fatal(err)
	}
	if uids, err := conn.Search(folder.Next, time.Time{}); err != nil || len(uids) != 1 {
		t.Errorf("Search after IDLE = %v, %v", uids, err)
	}
}

func TestWhatCannotBeReadIsSaid(t *testing.T) {
	t.Parallel()
	server := imaptest.New(t)
	server.Deliver(ann, "INBOX", letter("one"))
	conn := open(t, server.URL(ann))
	for folder, want := range map[string]string{
		"Sent": "opening folder Sent: the folder is for sent letters, drafts or rubbish, and is not read", "Entwürfe": "is not read", "Nowhere": "opening folder Nowhere: the server refuses: ",
	} {
		if _, err := conn.Examine(folder); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Examine(%s) = %v, want %q", folder, err, want)
		}
	}
	account, err := mailbox.ParseURL(server.URL(ann))
	if err != nil {
		t.Fatal(err)
	}
	wrong := account
	wrong.Password = "wrong horse"
	if _, err := mailbox.Open(t.Context(), wrong); !errors.Is(err, mailbox.ErrLogin) || strings.Contains(err.Error(), "horse") {
		t.Errorf("with a wrong password: %v", err)
	}
	account.Roots = nil
	if _, err := mailbox.Open(t.Context(), account); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("with an unknown certificate: %v", err)
	}
}
