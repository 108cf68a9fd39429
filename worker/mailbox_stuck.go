package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"seventh/internal/mailbox"
	"seventh/internal/store"
)

const (
	// letterTries is how often a letter is tried that cannot be read, before it may be
	// left behind.
	letterTries = 3
	// lastTries is how often it is tried if nothing else can be read either: with the rests
	// between, most of an hour.
	lastTries = 20
	// witnesses is how many other letters are asked for.
	witnesses = 3
)

// stuck notes that letters could not be read. One that cannot be read alone is left
// behind after some tries, if others can: a server in trouble gives none, and must not
// cost those that it would give later. Either way the connection is made anew, as it may
// be the reason.
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
	if at.Tries < letterTries || at.Tries < lastTries && !r.isBroken(ctx, at.Folder, uids[0]) {
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

// isBroken reports whether a letter cannot be read although its neighbours can, over a
// connection of its own.
func (r *reader) isBroken(ctx context.Context, folder string, uid uint32) bool {
	account, err := Account(r.setting)
	if err != nil {
		return false
	}
	conn, err := mailbox.Open(ctx, account)
	if err != nil {
		return false
	}
	defer conn.Close()
	if _, err := conn.Examine(folder); err != nil {
		return false
	}
	uids, err := conn.Search(1, time.Time{})
	if err != nil {
		return false
	}
	place, there := slices.BinarySearch(uids, uid)
	if !there {
		return false // it is gone: the next pass finds that out
	}
	uids = slices.Delete(uids, place, place+1)
	given := false
	for _, other := range uids[max(0, place-1):min(len(uids), place-1+witnesses)] {
		raw, err := conn.Letter(other)
		if err != nil {
			return false
		}
		if given = raw != nil; given {
			break
		}
	}
	if !given {
		return false
	}
	_, err = r.siftSafely(conn, []uint32{uid}) // the trouble may have ended just now
	return err != nil && ctx.Err() == nil
}
