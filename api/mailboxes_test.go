package api

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/content"
	"seventh/internal/store"
)

func TestMailboxesShowWhetherTheyAreRead(t *testing.T) {
	t.Parallel()
	k := bareKit(t)
	k.publish(`
time_zone: UTC
fallback_sender: ann
senders:
  ann: { email: ann@example.com, mailbox: { imap: env:ANN_IMAP_URL, folders: [INBOX, Junk] } }
  bob: { email: bob@example.com, mailbox: { imap: env:BOB_IMAP_URL } }
bounces: { address: bounces@example.com, mailbox: { imap: env:BOUNCES_IMAP_URL } }
`)
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	ann, bob := store.Mailbox{Name: "senders.ann", Address: "ann@example.com", Sends: true}, store.Mailbox{Name: "senders.bob", Address: "bob@example.com", Sends: true}
	for m, missing := range map[store.Mailbox]string{ann: "opening folder Junk: the server has none of this name", bob: ""} {
		if _, err := store.ReadMailbox(t.Context(), k.db, m, missing, at); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.SaveMailboxFolder(t.Context(), k.db, ann, store.MailboxFolder{Folder: "INBOX", Validity: 1, LastUID: 17}, at); err != nil {
		t.Fatal(err)
	}
	if _, err := store.FailMailbox(t.Context(), k.db, bob, "no route to host", at.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{
		{"name": "bounces", "address": "bounces@example.com", "state": "waiting", "last_read_at": nil, "last_error": "", "failed_at": nil,
			"folders": []any{map[string]any{"name": "INBOX", "last_uid": 0.0}}},
		{"name": "senders.ann", "address": "ann@example.com", "state": "read", "last_read_at": "2026-03-02T09:00:00Z", "last_error": "opening folder Junk: the server has none of this name", "failed_at": nil,
			"folders": []any{map[string]any{"name": "INBOX", "last_uid": 17.0}, map[string]any{"name": "Junk", "last_uid": 0.0}}},
		{"name": "senders.bob", "address": "bob@example.com", "state": "unread", "last_read_at": "2026-03-02T09:00:00Z", "last_error": "no route to host", "failed_at": "2026-03-02T09:01:00Z",
			"folders": []any{map[string]any{"name": "INBOX", "last_uid": 0.0}}},
	}
	if diff := cmp.Diff(want, k.send("GET", "/api/v1/mailboxes", nil).is(200).items()); diff != "" {
		t.Errorf("mailboxes (-want +got):\n%s", diff)
	}
}

// publish puts settings in force, with nothing beside them.
func (k *kit) publish(settings string) {
	k.t.Helper()
	files := fstest.MapFS{"seventh.yaml": {Data: []byte(settings)}, "templates/layout.html": {Data: builtIn().Files()["templates/layout.html"]}}
	folder, problems, err := content.Load(files)
	if err != nil || folder == nil {
		k.t.Fatal(problems, err)
	}
	if _, err := content.Publish(k.t.Context(), k.db, folder); err != nil {
		k.t.Fatal(err)
	}
}
