package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
	"seventh/sequences"
)

// Classes of refusals that breakers look at; the mail package gives them.
const (
	classRate    = "rate"
	classPolicy  = "policy"
	classUnknown = "unknown" // nobody knows what a refusal means
)

// bounces are the classes of refusals that speak of the recipient's address, whether they
// came at once or later.
var bounces = []string{"invalid", "full", "disabled", "dead_domain", classUnknown}

// rejectionMemory is how long rejections are kept.
const rejectionMemory = 60 * 24 * time.Hour

// noteRejections keeps those of the results that the breakers look at: letters
// refused for good, and put off because of us.
func (e *Engine) noteRejections(ctx context.Context, tx pgx.Tx, results []Result) error {
	var list []store.Rejection
	for _, r := range results {
		class := r.classOf()
		if r.Bare || !r.rejected() || class == "" {
			continue
		}
		list = append(list, store.Rejection{
			MessageID: r.Letter.MessageID, Sender: senderKey(r.Letter.Chunk.Sender), Sequence: r.Letter.Version.Sequence.Name,
			Provider: sequences.ProviderOf(r.Letter.Client.Address), Class: class, Failed: r.State == Failed, At: r.At,
		})
	}
	if len(list) == 0 {
		return nil
	}
	return store.InsertRejections(ctx, tx, list)
}

// rejected reports whether a letter was refused for good, or put off because of us.
func (r Result) rejected() bool {
	return r.State == Failed || r.State == PutOff && (r.Class == classRate || r.Class == classPolicy)
}

// Breakers pauses senders and sequences with too many bounces, complaints or policy
// rejections, and goes easy on providers that ask for it. It does nothing unless
// there is something new.
func (e *Engine) Breakers(ctx context.Context) error {
	rejection, err := store.LastRejection(ctx, e.DB)
	if err != nil {
		return err
	}
	e.content.Lock()
	seen := e.content.rejection
	e.content.Unlock()
	if rejection == seen {
		return nil
	}
	var tripped []tripped
	looked := false
	err = store.Tx(ctx, e.DB, func(tx pgx.Tx) error {
		tripped = nil
		if looked, err = store.LockBreakers(ctx, tx); err != nil || !looked {
			return err
		}
		tripped, err = e.lookAt(ctx, tx, seen)
		return err
	})
	if err != nil {
		return fmt.Errorf("looking at the breakers: %w", err)
	}
	if !looked {
		return nil // another process does
	}
	for _, t := range tripped {
		if err := e.pause(ctx, t.Kind, t.Name, byBreaker, t.reason, untilResumed); err != nil {
			return err
		}
	}
	e.content.Lock()
	e.content.rejection = rejection
	e.content.Unlock()
	return nil
}

// tripped is a sender or sequence that has to stop.
type tripped struct {
	store.Accused
	reason string
}

func (e *Engine) lookAt(ctx context.Context, tx pgx.Tx, after int64) ([]tripped, error) {
	catalog, err := e.Catalog(ctx, tx)
	if err != nil {
		return nil, err
	}
	now, err := store.Now(ctx, tx)
	if err != nil {
		return nil, err
	}
	accused, slow, err := store.AccusedSince(ctx, tx, after)
	if err != nil {
		return nil, err
	}
	if err := e.slowDown(ctx, tx, catalog, slow, now); err != nil {
		return nil, err
	}
	var list []tripped
	for _, a := range accused {
		reason, err := catalog.verdictOn(ctx, tx, a, now)
		if err != nil {
			return nil, err
		}
		if reason != "" {
			list = append(list, tripped{a, reason})
		}
	}
	return list, store.ForgetRejections(ctx, tx, now.Add(-rejectionMemory))
}

// verdictOn says why a sender or sequence has to stop, or "". Rejections from
// before it was resumed do not count.
func (c *Catalog) verdictOn(ctx context.Context, tx pgx.Tx, a store.Accused, now time.Time) (string, error) {
	pause, err := store.FindPause(ctx, tx, a.Kind, a.Name)
	if err != nil && !isNotFound(err) {
		return "", err
	}
	since := time.Unix(0, 0)
	if over := pause.Over(); over != nil {
		since = *over
	}
	breakers := &c.Settings.Breakers
	for _, kind := range []struct {
		breaker *sequences.ShareBreaker
		classes []string
		became  string
	}{
		{breakers.Bounces, bounces, "bounced"},
		{breakers.Complaints, []string{store.Complained}, "were marked as spam"},
	} {
		if kind.breaker == nil {
			continue
		}
		n, err := store.CountAmongLast(ctx, tx, a, kind.classes, kind.breaker.Of, since)
		if err != nil {
			return "", err
		}
		if n > kind.breaker.Most() {
			return fmt.Sprintf("%d of the last %d letters %s", n, kind.breaker.Of, kind.became), nil
		}
	}
	policy := breakers.Policy
	if policy == nil || a.Kind != store.PausedSender {
		return "", nil
	}
	span, _ := policy.In.Elapsed()
	if start := now.Add(-span); start.After(since) {
		since = start
	}
	n, err := store.CountSince(ctx, tx, a.Name, classPolicy, since)
	if err != nil || n < policy.Count {
		return "", err
	}
	return fmt.Sprintf("%d letters were refused for a policy or reputation in %s", n, policy.In), nil
}

// slowDown halves the rate at which letters go to providers that said we are too
// fast, at most once a minute.
func (e *Engine) slowDown(ctx context.Context, tx pgx.Tx, catalog *Catalog, providers []string, now time.Time) error {
	if len(providers) == 0 {
		return nil
	}
	restrictions, err := store.LoadRestrictions(ctx, tx, now, now.Add(-slowMemory))
	if err != nil {
		return err
	}
	for _, provider := range providers {
		rate := catalog.Settings.Limits.Providers[provider].Rate.PerSecond()
		if rate == 0 {
			rate = slowBase
		}
		i := slices.IndexFunc(restrictions.Slow, func(s store.SlowedLane) bool { return s.Lane == provider })
		if i >= 0 {
			rate = min(rate, recovered(restrictions.Slow[i], now))
		}
		e.Log.Warn("going easy on a provider", "provider", provider, "from_per_second", rate)
		if err := store.SlowLane(ctx, tx, provider, rate, slowLeast, now, now.Add(-time.Minute)); err != nil {
			return err
		}
	}
	return nil
}
