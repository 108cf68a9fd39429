package engine

import (
	"errors"
	"strings"
	"testing"
	"time"

	"seventh/internal/store"
)

// Who cannot hear replies does not send; whoever else has paused the sender is not overruled.
func TestAMailboxThatCannotBeReadPausesItsSender(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, breakersYAML, nil)
	ann := store.Mailbox{Name: "senders.ann", Address: "Ann@firm.example", Sends: true}
	bounces := store.Mailbox{Name: "bounces", Address: "bounces@firm.example"}
	began := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	unread := func(m store.Mailbox, after time.Duration) {
		t.Helper()
		if err := tr.MailboxUnread(t.Context(), m, errors.New("no route to host"), began.Add(after)); err != nil {
			t.Fatal(err)
		}
	}
	read := func(m store.Mailbox, after time.Duration) {
		t.Helper()
		if err := tr.MailboxRead(t.Context(), m, began.Add(after)); err != nil {
			t.Fatal(err)
		}
	}
	is := func(what, by string) {
		t.Helper()
		pause := tr.paused(store.PausedSender)["ann@firm.example"]
		if (pause == nil) != (by == "") || pause != nil && pause.By != by {
			t.Errorf("%s: paused is %+v, want by %q", what, pause, by)
		}
	}
	unread(ann, -time.Hour)
	read(ann, 0)
	unread(ann, 4*time.Hour-time.Second)
	is("after less than four hours", "")
	unread(ann, 4*time.Hour)
	is("after four hours", byMailbox)
	want := "the mailbox of Ann@firm.example cannot be read since 2026-03-02 09:00 UTC: no route to host; nobody would notice replies"
	if got := tr.paused(store.PausedSender)["ann@firm.example"].Reason; got != want {
		t.Errorf("the reason is %q, want %q", got, want)
	}
	read(ann, 5*time.Hour)
	is("after it was read again", "")

	unread(ann, 9*time.Hour)
	if err := tr.SenderTrouble(t.Context(), "ann@firm.example", "535 no"); err != nil {
		t.Fatal(err)
	}
	read(ann, 10*time.Hour)
	is("a mail server refuses it too, and the mailbox is read", byServer)
	unread(ann, 14*time.Hour)
	read(ann, 15*time.Hour)
	is("the mailbox failed and was read while that holds", byServer)

	unread(bounces, 0)
	unread(bounces, 25*time.Hour)
	if all := tr.paused(store.PausedSender); len(all) != 1 || strings.Contains(all["ann@firm.example"].Reason, "mailbox") {
		t.Errorf("a mailbox for bounces pauses somebody: %+v", all)
	}
}

func TestAMailboxThatIsNotReadAnyMorePausesNobody(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, breakersYAML, nil)
	ann := store.Mailbox{Name: "senders.ann", Address: "ann@firm.example", Sends: true}
	began := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for _, after := range []time.Duration{0, 4 * time.Hour} {
		if err := tr.MailboxUnread(t.Context(), ann, errors.New("gone"), began.Add(after)); err != nil {
			t.Fatal(err)
		}
	}
	if len(tr.paused(store.PausedSender)) != 1 {
		t.Fatal("not paused")
	}
	if err := tr.ForgetMailboxes(t.Context(), []string{"bounces"}); err != nil {
		t.Fatal(err)
	}
	if still := tr.paused(store.PausedSender); len(still) != 0 {
		t.Errorf("still paused: %+v", still)
	}
}
