package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/mailbox"
	"seventh/internal/store"
)

const (
	// letterBatch is how many letters are read and kept together.
	letterBatch = 20
	// lookBack is from when on letters are read in a folder that was never read, or whose
	// letters have got new numbers: what is known already is kept once only.
	lookBack = 7 * 24 * time.Hour
)

// folder reads what is new in a folder.
func (r *reader) folder(ctx context.Context, conn *mailbox.Conn, name string) error {
	opened, err := conn.Examine(name)
	if err != nil {
		return err
	}
	at, since, err := r.resume(ctx, name, opened)
	if err != nil {
		return err
	}
	if since.IsZero() && opened.Next != 0 && int64(opened.Next) <= at.LastUID+1 {
		return nil
	}
	uids, err := conn.Search(uint32(at.LastUID)+1, since)
	if err != nil {
		return err
	}
	for len(uids) > 0 {
		n := 1 // a letter that cannot be read is looked for one by one
		if int64(uids[0]) > at.StuckUID {
			n = min(letterBatch, len(uids))
		}
		if err := r.batch(ctx, conn, &at, uids[:n]); err != nil {
			return err
		}
		uids = uids[n:]
	}
	if end := int64(opened.Next) - 1; end > at.LastUID || !since.IsZero() {
		at.LastUID = max(end, at.LastUID) // drafts, and what came before we began
		return r.advance(ctx, at, nil)
	}
	return nil
}

// resume is where to go on in a folder, and with a time only letters that came after it.
func (r *reader) resume(ctx context.Context, name string, opened mailbox.Folder) (at store.MailboxFolder, since time.Time, err error) {
	db := r.worker.options.Pool
	at, err = store.FindMailboxFolder(ctx, db, r.mailbox.Name, name)
	switch {
	case err == nil && at.Validity == int64(opened.Validity):
		return at, since, nil
	case err != nil && !errors.Is(err, store.ErrNotFound):
		return at, since, ours(err)
	}
	since = r.worker.wall().Add(-lookBack)
	if err == nil {
		r.worker.options.Log.Warn("a folder's letters have new numbers; the last ones are read again", "mailbox", r.mailbox.Name, "folder", name)
		read, err := store.MailboxReadAt(ctx, db, r.mailbox.Name)
		if err != nil {
			return at, since, ours(err)
		}
		if read != nil && read.Add(-24*time.Hour).Before(since) {
			since = read.Add(-24 * time.Hour)
		}
	}
	return store.MailboxFolder{Folder: name, Validity: int64(opened.Validity)}, since, nil
}

// batch reads letters, keeps those that concern us, and goes on behind them.
func (r *reader) batch(ctx context.Context, conn *mailbox.Conn, at *store.MailboxFolder, uids []uint32) error {
	kept, err := r.siftSafely(conn, uids)
	if err != nil && ctx.Err() == nil {
		return r.stuck(ctx, at, uids, err)
	}
	if err != nil {
		return err
	}
	r.failures = 0
	at.LastUID = int64(uids[len(uids)-1])
	if at.StuckUID <= at.LastUID {
		at.StuckUID, at.Tries = 0, 0
	}
	return r.advance(ctx, *at, kept)
}

// siftSafely is sift that survives its own mistakes: here one would keep all mailboxes
// from being read.
func (r *reader) siftSafely(conn *mailbox.Conn, uids []uint32) (list []store.Evidence, err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("reading broke: %v", broken)
		}
	}()
	return r.sift(conn, uids)
}

// advance keeps letters and notes how far the folder has been read, both or neither.
func (r *reader) advance(ctx context.Context, at store.MailboxFolder, letters []store.Evidence) error {
	w := r.worker
	return ours(store.Tx(ctx, w.options.Pool, func(tx pgx.Tx) error {
		lost := slices.DeleteFunc(slices.Clone(letters), func(e store.Evidence) bool { return e.State != store.EvidenceQuarantined })
		letters := slices.DeleteFunc(slices.Clone(letters), func(e store.Evidence) bool { return e.State == store.EvidenceQuarantined })
		if err := store.PutAside(ctx, tx, lost); err != nil {
			return err
		}
		if _, err := w.engine.KeepEvidence(ctx, tx, letters); err != nil {
			return err
		}
		return store.SaveMailboxFolder(ctx, tx, r.mailbox, at, w.wall())
	}))
}
