package engine

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
)

// deferred decides anew about letters that were put off.
func (p *planning) deferred(ctx context.Context) (int, error) {
	list, err := store.TakeDeferred(ctx, p.tx, p.now, planLimit)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	var late lateLetters
	for _, d := range list {
		if d.State != "planned" {
			continue
		}
		e, err := store.EnrollmentByID(ctx, p.tx, d.EnrollmentID)
		if err != nil {
			return 0, err
		}
		if e.State != "active" {
			state, reason := "cancelled", "the enrollment has ended"
			if e.State == "paused" {
				state, reason = "held", "paused"
			}
			if err := store.StopMessages(ctx, p.tx, []int64{e.ID}, state, reason); err != nil {
				return 0, err
			}
			continue
		}
		client, err := store.ClientByID(ctx, p.tx, d.ClientID)
		if err != nil {
			return 0, err
		}
		version, err := p.engine.Version(ctx, p.tx, e.VersionID)
		if err != nil {
			return 0, err
		}
		if client.ReviewAt != nil && !client.ReviewAt.After(p.now) {
			late.add(d.MessageID, p.now.Add(time.Second), "planned anew")
			continue
		}
		opens, closes, err := version.Window.Open(p.now.In(version.zoneOf(&client)), version.Calendar)
		if err != nil {
			p.engine.Log.Error("letter cannot go on", "message_id", d.MessageID, "sequence", e.Sequence, "err", err)
			late.add(d.MessageID, p.now.Add(time.Hour), "its window never opens")
			continue
		}
		if opens.After(p.now) {
			late.add(d.MessageID, opens.UTC(), "waits for the window")
			continue
		}
		sender := p.catalog.senderOf(version, &client)
		p.letters[sender] = append(p.letters[sender], store.Planned{ID: d.MessageID, NotAfter: closes, DueAt: d.DueAt})
	}
	return len(list), late.write(ctx, p.tx)
}

// lateLetters are letters to be put off, as columns.
type lateLetters struct {
	ids     []int64
	until   []time.Time
	reasons []string
}

func (l *lateLetters) add(id int64, until time.Time, reason string) {
	l.ids, l.until, l.reasons = append(l.ids, id), append(l.until, until), append(l.reasons, reason)
}

func (l *lateLetters) write(ctx context.Context, tx pgx.Tx) error {
	if len(l.ids) == 0 {
		return nil
	}
	return store.Defer(ctx, tx, l.ids, l.until, l.reasons)
}
