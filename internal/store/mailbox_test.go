package store_test

import (
	"errors"
	"testing"
	"time"

	"seventh/internal/pgtest"
	"seventh/internal/store"
)

func TestAMailboxRemembersHowReadingItGoes(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	ctx := t.Context()
	ann := store.Mailbox{Name: "senders.ann", Address: "ann@example.com", Sends: true}

	failed := must(store.FailMailbox(ctx, db, ann, "no route", noon))(t)
	if failed.ReadAt != nil || failed.Error != "no route" || !failed.UnreadSince().Equal(noon) {
		t.Errorf("never read: %+v", failed)
	}
	read := func(missing string, after time.Duration) (again bool) {
		t.Helper()
		return must(store.ReadMailbox(ctx, db, ann, missing, noon.Add(after)))(t)
	}
	if !read("", time.Hour) || read("", time.Hour) {
		t.Error("it is read again once after it could not be")
	}
	failed = must(store.FailMailbox(ctx, db, ann, "no login", noon.Add(2*time.Hour)))(t)
	if !failed.UnreadSince().Equal(noon.Add(time.Hour)) || !failed.FirstAt.Equal(noon) || failed.FailedAt == nil || !failed.Sends {
		t.Errorf("read once, and then no more: %+v", failed)
	}
	if !read("no folder Junk", 3*time.Hour) {
		t.Error("it is not read again")
	}
	if list := must(store.ListMailboxes(ctx, db))(t); list[0].Error != "no folder Junk" || list[0].Unread() || !list[0].ReadAt.Equal(noon.Add(3*time.Hour)) {
		t.Errorf("read but for a folder: %+v", list)
	}
	if read("", 3*time.Hour) {
		t.Error("it is read again although it was read before, but for a folder")
	}
	list := must(store.ListMailboxes(ctx, db))(t)
	if len(list) != 1 || list[0].Error != "" || list[0].FailedAt != nil || !list[0].ReadAt.Equal(noon.Add(3*time.Hour)) {
		t.Errorf("read again: %+v", list)
	}
	gone := must(store.ForgetMailboxes(ctx, db, []string{"bounces"}))(t)
	if len(gone) != 1 || gone[0].Name != "senders.ann" || len(must(store.ListMailboxes(ctx, db))(t)) != 0 {
		t.Errorf("forgotten: %+v", gone)
	}
}

func TestAFolderIsNeverReadBackwards(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	ctx := t.Context()
	ann := store.Mailbox{Name: "senders.ann", Address: "ann@example.com"}
	if _, err := store.FindMailboxFolder(ctx, db, "senders.ann", "INBOX"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a folder that was never read: %v", err)
	}
	for _, step := range []struct{ validity, uid, want int64 }{{1, 5, 5}, {1, 9, 9}, {1, 7, 9}, {2, 3, 3}, {2, 4, 4}} {
		ok(t, store.SaveMailboxFolder(ctx, db, ann, store.MailboxFolder{Folder: "INBOX", Validity: step.validity, LastUID: step.uid, StuckUID: 8, Tries: 2}, noon))
		f := must(store.FindMailboxFolder(ctx, db, "senders.ann", "INBOX"))(t)
		if f.Validity != step.validity || f.LastUID != step.want || f.StuckUID != 8 || f.Tries != 2 {
			t.Errorf("after %+v: %+v", step, f)
		}
	}
	if list := must(store.ListMailboxFolders(ctx, db))(t); len(list) != 1 || list[0].Mailbox != "senders.ann" {
		t.Errorf("folders: %+v", list)
	}
}

func TestOneSessionReadsMailboxes(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	one, two := must(db.Acquire(t.Context()))(t), must(db.Acquire(t.Context()))(t)
	defer two.Release()
	if !must(store.LockMailboxes(t.Context(), one.Conn()))(t) || must(store.LockMailboxes(t.Context(), two.Conn()))(t) {
		t.Error("not exactly the first session reads")
	}
	ok(t, one.Hijack().Close(t.Context()))
	for !must(store.LockMailboxes(t.Context(), two.Conn()))(t) { // the server notices the end in its own time
		if t.Context().Err() != nil {
			t.Fatal("nobody reads")
		}
	}
}

// A letter in two mailboxes is one piece of evidence; what hooks tell is not.
func TestALetterInTwoMailboxesIsKeptOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	letter := store.Evidence{Source: store.FromMailbox, Origin: "senders.ann", DedupeKey: "1", Raw: []byte("x"), ReceivedAt: noon}
	copied, hook := letter, letter
	copied.Origin, hook.Source = "senders.bob", store.FromHook
	if ids := must(store.InsertEvidence(t.Context(), db, []store.Evidence{letter, hook}))(t); len(ids) != 2 {
		t.Errorf("kept %v, want two", ids)
	}
	if ids := must(store.InsertEvidence(t.Context(), db, []store.Evidence{copied}))(t); len(ids) != 0 {
		t.Errorf("the copy was kept as %v", ids)
	}
}
