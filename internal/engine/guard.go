package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
)

// ErrGuarded says that no letter leaves because the database seems to be a restored
// backup: what was sent since would be sent again. The reason follows.
var ErrGuarded = errors.New("the restore guard keeps letters back")

// GuardCure is what a person does about ErrGuarded.
const GuardCure = "look at the letters in doubt with `seventh confirm-restore --list`, then confirm with `seventh confirm-restore`"

// Register gives a worker his standing, unless the database is older than what is
// known of it, or is not where it was and nobody can tell whether something is
// missing: then the guard trips, ErrGuarded, and stays so until a person confirms.
// Seen is what this machine remembers of a database's life, zero for nothing.
//
// The cases, by what is known:
//
//	this machine remembers a later beat     trips    an older copy, whatever its kind
//	same place                              passes   a restart, a weekend off: time alone proves nothing
//	another place, and this machine was     passes   a failover that lost nothing, a move, pg_upgrade
//	at the database's last beat
//	another place, and it was not           trips    a dump or a base backup restored, a copy for tests
func (e *Engine) Register(ctx context.Context, conn store.DB, host string, pid int, seen func(installation string) store.Mark) (id int32, mark store.Mark, err error) {
	place, err := store.ReadPlace(ctx, conn)
	if err != nil {
		return 0, mark, err
	}
	var stop string
	err = store.Tx(ctx, conn, func(tx pgx.Tx) error {
		guard, err := store.LockGuard(ctx, tx)
		if err != nil {
			return err
		}
		if stop = guard.Reason; guard.Stops() {
			return nil
		}
		if stop = suspicion(guard, place, seen(guard.Installation)); stop != "" {
			return e.trip(ctx, tx, stop)
		}
		if id, err = store.RegisterWorker(ctx, tx, host, pid); err != nil {
			return err
		}
		mark, err = store.MarkPlace(ctx, tx, place)
		return err
	})
	if err != nil {
		return 0, mark, err
	}
	if stop != "" {
		return 0, mark, fmt.Errorf("%w: %s; %s", ErrGuarded, stop, GuardCure)
	}
	return id, mark, nil
}

// Trip keeps all letters back because a worker has seen for himself that the
// database went back.
func (e *Engine) Trip(ctx context.Context, reason string) error {
	return store.Tx(ctx, e.DB, func(tx pgx.Tx) error {
		guard, err := store.LockGuard(ctx, tx)
		if err != nil || guard.Stops() {
			return err
		}
		return e.trip(ctx, tx, reason)
	})
}

func (e *Engine) trip(ctx context.Context, tx pgx.Tx, reason string) error {
	now, err := store.Now(ctx, tx)
	if err != nil {
		return err
	}
	return store.TripGuard(ctx, tx, reason, now)
}

// witnessed is how long after what a machine remembers a database's last beat may
// be for the machine to have been there: a few beats.
const witnessed = time.Minute

// suspicion says why a database may be a restored backup, or "".
func suspicion(guard store.Guard, place store.Place, seen store.Mark) string {
	if guard.Installation == "" {
		return "" // nobody has sent anything from it
	}
	if seen.Beat > guard.Beat {
		return fmt.Sprintf("the database ends at %s, but this machine was connected to it until %s: an older backup was restored",
			when(guard.At), when(seen.At))
	}
	moved := movement(guard.Place, place)
	if moved == "" || seen.Beat > 0 && guard.At.Sub(seen.At) <= witnessed {
		return ""
	}
	return fmt.Sprintf("%s, and what happened after %s may be missing", moved, when(guard.At))
}

func when(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// movement says how a database's place has changed, or "". What is unknown on
// either side has not.
func movement(was, is store.Place) string {
	changed := func(a, b int64) bool { return a != 0 && b != 0 && a != b }
	switch {
	case changed(was.System, is.System):
		return "the database is on another PostgreSQL cluster than before"
	case changed(was.Timeline, is.Timeline):
		return fmt.Sprintf("PostgreSQL is on timeline %d instead of %d (recovery to a point in time, or a standby was promoted)", is.Timeline, was.Timeline)
	case changed(was.Database, is.Database):
		return "this is another database than before, with the same content (a copy, or created anew from a dump)"
	case changed(was.Table, is.Table):
		return "the tables were made anew, as pg_restore does"
	}
	return ""
}
