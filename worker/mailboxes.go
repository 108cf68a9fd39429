package worker

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
)

const (
	// mailboxRound is how often a process looks whether it should read mailboxes, and the
	// one that does whether it still should.
	mailboxRound = 5 * time.Second
	// mailboxesAtOnce is how many read letters at a time; the others wait for some. It
	// bounds the letters in memory.
	mailboxesAtOnce = 8
)

// listen reads the mailboxes that the settings in force name, in one process at a time.
// Letters that the sandbox captures are answered by nobody.
func (w *Worker) listen(ctx context.Context) {
	if w.options.OneServer {
		return
	}
	var known int64 // the publication whose settings name no mailbox
	for ctx.Err() == nil {
		if w.session.id.Load() == 0 { // just starting, or the restore guard, or no database
			pause(ctx, retry/4)
			continue
		}
		edition, err := w.letters.current(ctx, w.options.Pool)
		switch {
		case errors.Is(err, store.ErrNotFound): // nothing is published yet
		case err != nil:
			w.report(ctx, "loading the settings of mailboxes failed", err)
		case len(edition.settings.Mailboxes()) > 0:
			known = 0
			w.report(ctx, "reading mailboxes failed", w.readMailboxes(ctx, edition))
		case edition.publication != known:
			err := w.engine.ForgetMailboxes(ctx, nil)
			w.report(ctx, "forgetting mailboxes failed", err)
			if err == nil {
				known = edition.publication
			}
		}
		pause(ctx, mailboxRound)
	}
}

// readMailboxes reads all mailboxes of an edition, until another is in force, or this
// process is not to read any more. It returns at once when another process reads.
func (w *Worker) readMailboxes(ctx context.Context, edition *edition) error {
	conn, err := w.mailboxLock(ctx)
	if conn == nil || err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	mailboxes := edition.settings.Mailboxes()
	names := make([]string, len(mailboxes))
	for i, m := range mailboxes {
		names[i] = m.Name
	}
	if err := w.engine.ForgetMailboxes(ctx, names); err != nil {
		return err
	}
	w.options.Log.Info("this process reads the mailboxes", "mailboxes", len(names))
	reading, stop := context.WithCancel(ctx)
	var group sync.WaitGroup
	for _, m := range mailboxes {
		r := &reader{worker: w, mailbox: store.Mailbox{Name: m.Name, Address: m.Address, Sends: m.Sends}, setting: m.Mailbox, settings: edition.settings, missed: make(map[string]bool)}
		group.Go(func() { r.run(reading) })
	}
	defer group.Wait()
	defer stop()
	for {
		pause(ctx, mailboxRound)
		if ctx.Err() != nil || w.session.id.Load() == 0 {
			return nil
		}
		asking, cancel := context.WithTimeout(ctx, mailboxRound)
		publication, err := store.LatestPublication(asking, conn)
		cancel()
		if err != nil || publication.ID != edition.publication {
			return err
		}
	}
}

// mailboxLock returns the session that makes this process the reader; nil if another
// process is.
func (w *Worker) mailboxLock(ctx context.Context) (*pgx.Conn, error) {
	pooled, err := w.options.Pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	locked, err := store.LockMailboxes(ctx, pooled.Conn())
	if err != nil || !locked {
		pooled.Release()
		return nil, err
	}
	return pooled.Hijack(), nil
}
