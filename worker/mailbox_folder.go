package worker

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/mailbox"
	"seventh/internal/store"
)

const (
	// letterBatch is how many letters are read and kept together.
	letterBatch = 20
	// letterTries is how often a letter is tried that cannot be read, before those behind
	// it are read without it.
	letterTries = 3
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
		} else if err := gives(conn); err != nil {
			return err // it is the server's fault, and no letter's
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

// gives reports whether a server answers who asks for letters at all. It is asked for one
// that no folder has, as any other may be broken, too.
func gives(conn *mailbox.Conn) error {
	_, err := conn.Heads([]uint32{math.MaxUint32})
	return err
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

// stuck notes that letters could not be read. One that cannot be read alone is left
// behind after some tries. Either way the connection is made anew, as it may be the reason.
func (r *reader) stuck(ctx context.Context, at *store.MailboxFolder, uids []uint32, cause error) error {
	last := int64(uids[len(uids)-1])
	switch {
	case len(uids) > 1:
		at.StuckUID, at.Tries = last, 0
	case at.StuckUID != last:
		at.StuckUID, at.Tries = last, 1
	default:
		at.Tries++
	}
	if at.Tries < letterTries {
		return errors.Join(cause, r.advance(ctx, *at, nil))
	}
	r.worker.options.Log.Error("a letter cannot be read and is passed over", "mailbox", r.mailbox.Name, "folder", at.Folder, "uid", last, "err", cause)
	at.LastUID, at.StuckUID, at.Tries = last, 0, 0
	r.failures = 0
	lost := store.Evidence{
		Source: store.FromMailbox, Origin: r.mailbox.Name, DedupeKey: fmt.Sprintf("%s/%s/%d/%d", r.mailbox.Name, at.Folder, at.Validity, last), ReceivedAt: r.worker.wall(),
		State: store.EvidenceQuarantined, Note: kept(fmt.Sprintf("letter %d of folder %s cannot be read: %s", last, at.Folder, cause)),
	}
	return errors.Join(cause, r.advance(ctx, *at, []store.Evidence{lost}))
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
