package engine

import (
	"errors"
	"log/slog"
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
		if err := tr.MailboxRead(t.Context(), m, nil, began.Add(after)); err != nil {
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

// Whoever repairs a mailbox finds that in the log, also after a restart.
func TestTheLogSaysThatAMailboxIsReadAgain(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, breakersYAML, nil)
	var log strings.Builder
	tr.Log = slog.New(slog.NewTextHandler(&log, nil))
	began := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for _, m := range []store.Mailbox{{Name: "senders.ann", Address: "ann@firm.example", Sends: true}, {Name: "bounces", Address: "bounces@firm.example"}} {
		log.Reset()
		for i, cause := range []error{nil, errors.New("no route to host"), errors.New("no login"), nil, nil} {
			var err error
			if now := began.Add(time.Duration(i) * time.Minute); cause != nil {
				err = tr.MailboxUnread(t.Context(), m, cause, now)
			} else {
				err = tr.MailboxRead(t.Context(), m, nil, now)
			}
			if err != nil {
				t.Fatal(err)
			}
			if told := strings.Contains(log.String(), `msg="a mailbox is read again" mailbox=`+m.Name); told != (i >= 3) {
				t.Errorf("%s, step %d: the log is %q", m.Name, i, log.String())
			}
		}
		if n := strings.Count(log.String(), "is read again"); n != 1 {
			t.Errorf("%s is said to be read again %d times", m.Name, n)
		}
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
