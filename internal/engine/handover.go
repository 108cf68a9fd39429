package engine

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
)

// A client whose rep changes is told so by the handover letter of a sequence that
// has written to him before: out of turn, through the same window, caps and consent
// as any letter, and once for each new rep. The sequence itself goes on as it was.

// calm is how long a change of reps is left to settle: it is often taken back.
const calm = 10 * time.Minute

// newRep is a client's change of reps; nil is nobody.
type newRep struct {
	clientID int64
	from, to *int64
}

// handOver notes whom to tell of a new rep. Their addresses are locked.
func (e *Engine) handOver(ctx context.Context, tx pgx.Tx, changes []newRep, now time.Time) error {
	byClient := make(map[int64]newRep, len(changes))
	for _, c := range changes {
		byClient[c.clientID] = c
	}
	enrollments, err := store.EnrollmentsInTouch(ctx, tx, column(changes, func(c *newRep) int64 { return c.clientID }))
	if err != nil {
		return err
	}
	var told []store.InTouch // by a handover letter
	for _, i := range enrollments {
		version, err := e.Version(ctx, tx, i.VersionID)
		if isContent(err) {
			continue
		}
		if err != nil {
			return err
		}
		if version.Sequence.Handover != "" {
			told = append(told, i)
		}
	}
	if len(told) == 0 {
		return nil
	}
	rows, err := store.HandoversOf(ctx, tx, column(told, func(i *store.InTouch) int64 { return i.EnrollmentID }))
	if err != nil {
		return err
	}
	for _, i := range told {
		var before []store.Handover
		for _, h := range rows {
			if h.EnrollmentID == i.EnrollmentID {
				before = append(before, h)
			}
		}
		if err := noteHandover(ctx, tx, i, byClient[i.ClientID], before, now.Add(calm)); err != nil {
			return err
		}
	}
	return nil
}

// noteHandover works a change of reps into what an enrollment has to tell. A letter
// that has not gone is taken back: only the last change counts.
func noteHandover(ctx context.Context, tx pgx.Tx, i store.InTouch, change newRep, before []store.Handover, due time.Time) error {
	open := store.Handover{EnrollmentID: i.EnrollmentID, ClientID: i.ClientID}
	if change.from != nil {
		open.PreviousID = *change.from
	}
	introduced := make(map[int64]bool)
	for _, h := range before {
		gone := h.Went()
		if !gone && h.Occurrence > 0 && h.State != "cancelled" {
			withdrawn, err := store.WithdrawMessage(ctx, tx, h.MessageID, "the rep has changed again")
			if err != nil {
				return err
			}
			gone = !withdrawn // it is on the wire
		}
		switch {
		case !gone:
			open = h
		case h.OwnerID != nil:
			introduced[*h.OwnerID] = true
		}
	}
	if open.PreviousID == 0 {
		return nil // there was nobody before
	}
	if to := change.to; to != nil && (*to == open.PreviousID || introduced[*to]) {
		return store.DropHandover(ctx, tx, open.ID)
	}
	open.OwnerID, open.Occurrence, open.DueAt = change.to, 0, &due
	if change.to == nil {
		open.DueAt = nil // until there is somebody
	}
	return store.SaveHandover(ctx, tx, open)
}

// putBack has a handover letter that may not go now decided about again later.
func putBack(ctx context.Context, tx pgx.Tx, l *Letter, reason string) error {
	if _, err := store.WithdrawMessage(ctx, tx, l.MessageID, reason); err != nil {
		return err
	}
	now, err := store.Now(ctx, tx)
	if err != nil {
		return err
	}
	rows, err := store.HandoversOf(ctx, tx, []int64{l.EnrollmentID})
	for _, h := range rows {
		if h.MessageID == l.MessageID {
			due := now.Add(lookAgain)
			h.Occurrence, h.DueAt = 0, &due
			return store.SaveHandover(ctx, tx, h)
		}
	}
	return err
}
