package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"seventh/internal/content"
	"seventh/internal/mailbox"
	"seventh/internal/store"
	"seventh/sequences"
)

const (
	// mailboxPoll is how long a server is relied upon to tell of new letters: far less than
	// the 29 minutes after which it may hang up (RFC 2177). Other folders are looked at so often.
	mailboxPoll = 3 * time.Minute
	// What lies between two attempts to read a mailbox doubles from the first to the last.
	firstRest, defaultMailboxRest = 250 * time.Millisecond, 5 * time.Minute
	// loginRest is the least after a login that was refused: too many lock an account.
	loginRest = time.Minute
)

// reader reads one mailbox.
type reader struct {
	worker   *Worker
	mailbox  store.Mailbox
	setting  *sequences.Mailbox
	settings *sequences.Settings

	own      map[string]bool // addresses that we write from
	failures int             // in a row
	told     bool            // the log says that it cannot be read
	missed   map[string]bool // folders of which the log says that they cannot be opened
}

// ourTrouble is an error that is not the mailbox's.
type ourTrouble struct{ error }

func (t ourTrouble) Unwrap() error { return t.error }

// ours marks an error as not the mailbox's.
func ours(err error) error {
	if err == nil {
		return nil
	}
	return ourTrouble{err}
}

// run reads the mailbox until ctx ends.
func (r *reader) run(ctx context.Context) {
	for ctx.Err() == nil {
		err := r.connect(ctx)
		if ctx.Err() != nil {
			return
		}
		r.failed(ctx, err)
		rest := firstRest << min(r.failures, 20)
		if errors.Is(err, mailbox.ErrLogin) {
			rest = max(rest, loginRest)
		}
		r.failures++
		pause(ctx, min(rest, r.worker.mailboxRest()))
	}
}

// connect reads the mailbox over one connection, as long as that works.
func (r *reader) connect(ctx context.Context) error {
	account, err := Account(r.setting)
	if err != nil {
		return err
	}
	conn, err := mailbox.Open(ctx, account)
	if err != nil {
		return err
	}
	defer conn.Close()
	for {
		missing, err := r.pass(ctx, conn)
		if err != nil {
			return err
		}
		r.failures, r.told = 0, false
		if err := ours(r.worker.engine.MailboxRead(ctx, r.mailbox, missing, r.worker.wall())); err != nil {
			return err
		}
		if !conn.CanIdle() {
			if pause(ctx, mailboxPoll); ctx.Err() != nil {
				return ctx.Err()
			}
		} else if err := conn.Idle(mailboxPoll); err != nil {
			return err
		}
		pause(ctx, firstRest) // what comes together is read together, and no server keeps us busy
	}
}

// pass reads what is new in all folders. The first stays open, for the server to tell
// of letters there. Folders that are not there keep nobody from reading the others, and
// are returned as missing; all of them, or the inbox, are an error.
func (r *reader) pass(ctx context.Context, conn *mailbox.Conn) (missing, err error) {
	select {
	case r.worker.mailboxSlots <- struct{}{}:
		defer func() { <-r.worker.mailboxSlots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if r.own, err = r.worker.ownAddresses(ctx, r.settings); err != nil {
		return nil, ours(err)
	}
	folders, deaf, read, open := r.setting.Folders, false, "", ""
	for i := len(folders) - 1; i >= 0; i-- {
		err := r.folder(ctx, conn, folders[i])
		if _, is := errors.AsType[*mailbox.NoFolder](err); is {
			missing, open = r.miss(folders[i], err, missing), ""
			deaf = deaf || strings.EqualFold(folders[i], "INBOX") // every mailbox has one, and answers are there
			continue
		}
		if err != nil {
			return nil, err
		}
		delete(r.missed, folders[i])
		read, open = folders[i], folders[i]
	}
	switch {
	case read == "" || deaf:
		return nil, missing
	case open == "": // none is, after one that was not to be opened
		return missing, r.folder(ctx, conn, read)
	}
	return missing, nil
}

// miss says once in the log that a folder cannot be opened, and adds why to what is said
// of others.
func (r *reader) miss(folder string, err, others error) error {
	if !r.missed[folder] {
		r.missed[folder] = true
		r.worker.options.Log.Warn("a folder of a mailbox cannot be opened", "mailbox", r.mailbox.Name, "folder", folder, "err", err)
	}
	if others == nil {
		return err
	}
	return fmt.Errorf("%w; %w", err, others)
}

// failed notes that the mailbox could not be read.
func (r *reader) failed(ctx context.Context, err error) {
	w := r.worker
	if trouble, is := errors.AsType[ourTrouble](err); is {
		w.report(ctx, "keeping what a mailbox brought failed", fmt.Errorf("%s: %w", r.mailbox.Name, trouble))
		return
	}
	if !r.told {
		w.options.Log.Warn("a mailbox cannot be read", "mailbox", r.mailbox.Name, "err", err)
	}
	r.told = true
	w.report(ctx, "noting that a mailbox cannot be read failed", w.engine.MailboxUnread(ctx, r.mailbox, err, w.wall()))
}

// Account is a mailbox as it is to be opened now: the URL and the token are read from
// where they are kept.
func Account(m *sequences.Mailbox) (mailbox.Account, error) {
	raw, err := content.Resolve(string(m.IMAP))
	if err != nil {
		return mailbox.Account{}, err
	}
	account, err := mailbox.ParseURL(raw)
	if err != nil || m.Token == "" {
		return account, err
	}
	account.Token, err = content.Resolve(string(m.Token))
	return account, err
}

// mailboxRest is the longest rest between two attempts to read a mailbox.
func (w *Worker) mailboxRest() time.Duration {
	if w.options.MailboxRest > 0 {
		return w.options.MailboxRest
	}
	return defaultMailboxRest
}

// wall is the time that people live in.
func (w *Worker) wall() time.Time {
	if w.options.Wall != nil {
		return w.options.Wall()
	}
	return time.Now()
}
