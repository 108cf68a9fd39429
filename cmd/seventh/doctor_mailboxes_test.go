package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seventh/internal/imaptest"
	"seventh/sequences"
)

func TestDoctorLooksIntoMailboxes(t *testing.T) {
	t.Parallel()
	server := imaptest.New(t)
	server.Deliver("ann@example.com", "&BCEEPwQwBDw-", []byte("Subject: Buy\r\n\r\nHello.\r\n"))
	dir := t.TempDir()
	secret := func(name, value string) sequences.Reference {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(value), 0o600); err != nil {
			t.Fatal(err)
		}
		return sequences.Reference("file:" + path)
	}
	good := secret("good", server.URL("ann@example.com"))
	for name, test := range map[string]struct {
		imap    sequences.Reference
		folders []string
		want    string
	}{
		"good":          {good, []string{"INBOX"}, "ok: can be read: INBOX; it tells of letters at once (IDLE)"},
		"no folder":     {good, []string{"INBOX", "Nowhere"}, "warn: opening folder Nowhere: the server refuses: Mailbox doesn't exist: Nowhere"},
		"what there is": {good, []string{"INBOX", "Nowhere"}, "warn: ; the other folders are read: correct folders in senders.ann.mailbox; the server has INBOX, Спам"},
		"none of them":  {good, []string{"Nowhere", "Junk"}, "fail: correct folders in senders.ann.mailbox; the server has INBOX, Спам"},
		"sent letters":  {good, []string{"Sent"}, "fail: is not read: correct folders"},
		"wrong user":    {secret("user", server.URL("nobody@example.com")), []string{"INBOX"}, "fail: check user and password"},
		"nobody there":  {secret("host", "imap://ann:x@127.0.0.1:1?tls=none"), []string{"INBOX"}, "fail: check host, port and certificate"},
		"own authority": {secret("authority", strings.SplitN(server.URL("ann@example.com"), "?", 2)[0]), []string{"INBOX"}, "fail: if the authority is your own, write ?ca=FILE with its certificate (PEM) at the end of the URL that imap in senders.ann.mailbox refers to"},
		"no URL":        {secret("url", "ann:x@127.0.0.1"), []string{"INBOX"}, "fail: correct what senders.ann.mailbox refers to"},
		"not there yet": {"env:SEVENTH_TEST_NO_SUCH_VARIABLE", []string{"INBOX"}, "fail: is not set"},
	} {
		t.Run(name, func(t *testing.T) {
			got := lookInto(t.Context(), sequences.NamedMailbox{Mailbox: &sequences.Mailbox{IMAP: test.imap, Folders: test.folders}, Name: "senders.ann"})
			expect(t, got, test.want)
		})
	}
}
