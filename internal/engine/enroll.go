package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
	"seventh/sequences"
)

// Errors about what a request names. Their texts are for the caller.
var (
	ErrUnknownSequence = errors.New("no such sequence is published")
	ErrUnknownSegment  = errors.New("no such segment")
)

// Reasons for leaving a client out of an enrollment. Limits and priorities are no
// reasons: they delay.
const (
	SkipUnknownClient    = "unknown_client"
	SkipNoEmail          = "no_email"
	SkipNoConsent        = "no_consent"
	SkipSuppressed       = "suppressed"
	SkipAlreadyActive    = "already_active"
	SkipReentryNotDue    = "reentry_not_due"
	SkipAudienceMismatch = "audience_mismatch"
)

// pageSize is how many clients are enrolled at a time.
const pageSize = 5000

// skippedLimit bounds the list of skipped clients of a segment; the counts by
// reason stay exact.
const skippedLimit = 1000

// EnrollRequest asks for clients, listed or of a segment, to be put in a sequence.
type EnrollRequest struct {
	Sequence string
	Clients  []string // external ids
	Segment  string   // used when Clients is nil
	DryRun   bool
}

// Skipped is a client that was left out.
type Skipped struct {
	Client string `json:"client"`
	Reason string `json:"reason"`
}

// Enrolled is the answer: how many are in, who is not, and why.
type Enrolled struct {
	Enrolled int
	Skipped  []Skipped
	Reasons  map[string]int
}

// Enroll puts clients in the current version of a sequence, in the caller's
// transaction, so that an idempotent answer is stored with it.
func (e *Engine) Enroll(ctx context.Context, tx pgx.Tx, r EnrollRequest) (Enrolled, error) {
	catalog, err := e.Catalog(ctx, tx)
	if err != nil {
		return Enrolled{}, err
	}
	version := catalog.Current(r.Sequence)
	if version == nil {
		return Enrolled{}, ErrUnknownSequence
	}
	now, err := store.Now(ctx, tx)
	if err != nil {
		return Enrolled{}, err
	}
	run := &enrolling{tx: tx, catalog: catalog, version: version, now: now, dryRun: r.DryRun,
		result: Enrolled{Skipped: []Skipped{}, Reasons: make(map[string]int)}}
	if r.Clients == nil {
		err = e.enrollSegment(ctx, run, r.Segment)
	} else {
		err = run.listed(ctx, r.Clients)
	}
	if err != nil {
		return Enrolled{}, fmt.Errorf("enrolling in %s: %w", r.Sequence, err)
	}
	if run.result.Enrolled > 0 && !r.DryRun {
		err = store.Notify(ctx, tx, store.PlanChannel)
	}
	return run.result, err
}

func (e *Engine) enrollSegment(ctx context.Context, run *enrolling, name string) error {
	filter, err := e.SegmentFilter(ctx, run.tx, run.catalog, name)
	if err != nil {
		return err
	}
	where, args, err := store.FilterSQL(filter, run.now)
	if err != nil {
		return err
	}
	for after := int64(0); ; {
		ids, err := store.ClientIDsMatching(ctx, run.tx, where, args, after, pageSize)
		if err != nil || len(ids) == 0 {
			return err
		}
		clients, err := store.ClientsByID(ctx, run.tx, ids)
		if err != nil {
			return err
		}
		if err := run.page(ctx, clients); err != nil {
			return err
		}
		after = ids[len(ids)-1]
	}
}

// SegmentFilter reads a segment's filter.
func (e *Engine) SegmentFilter(ctx context.Context, db store.DB, catalog *Catalog, name string) (sequences.Filter, error) {
	row, err := store.SegmentByName(ctx, db, name)
	if errors.Is(err, store.ErrNotFound) {
		return sequences.Filter{}, ErrUnknownSegment
	}
	if err != nil {
		return sequences.Filter{}, err
	}
	segment, problems := sequences.ParseSegment(name, []byte(row.Source), catalog.Settings)
	if len(problems) > 0 {
		return sequences.Filter{}, fmt.Errorf("reading segment %q: %s", name, problems[0])
	}
	return segment.Where, nil
}

// enrolling is one request at work.
type enrolling struct {
	tx      pgx.Tx
	catalog *Catalog
	version *Version
	now     time.Time
	dryRun  bool
	result  Enrolled
}

func (r *enrolling) skip(client, reason string) {
	r.result.Reasons[reason]++
	if len(r.result.Skipped) < skippedLimit {
		r.result.Skipped = append(r.result.Skipped, Skipped{Client: client, Reason: reason})
	}
}

func (r *enrolling) listed(ctx context.Context, externalIDs []string) error {
	seen := make(map[string]bool, len(externalIDs))
	for from := 0; from < len(externalIDs); from += pageSize {
		var page []string
		for _, id := range externalIDs[from:min(from+pageSize, len(externalIDs))] {
			if !seen[id] {
				seen[id] = true
				page = append(page, id)
			}
		}
		clients, err := store.ClientsByExternalID(ctx, r.tx, page)
		if err != nil {
			return err
		}
		known := make(map[string]bool, len(clients))
		for i := range clients {
			known[clients[i].ExternalID] = true
		}
		for _, id := range page {
			if !known[id] {
				r.skip(id, SkipUnknownClient)
			}
		}
		if err := r.page(ctx, clients); err != nil {
			return err
		}
	}
	return nil
}

// page enrolls those of the clients that may be.
func (r *enrolling) page(ctx context.Context, clients []store.Client) error {
	ids := make([]int64, len(clients))
	for i := range clients {
		ids[i] = clients[i].ID
	}
	suppressed, err := suppressionsOf(ctx, r.tx, clients)
	if err != nil {
		return err
	}
	history, err := historyOf(ctx, r.tx, ids)
	if err != nil {
		return err
	}
	var fresh []store.Enrollment
	names := make(map[int64]string, len(clients))
	for i := range clients {
		client := &clients[i]
		if reason := r.reasonAgainst(client, suppressed, history); reason != "" {
			r.skip(client.ExternalID, reason)
			continue
		}
		enrollment, again, err := r.version.begin(client, history.last(client.ID, r.version.SequenceID), "api", r.now)
		if err != nil {
			return err
		}
		if enrollment == nil || again != nil {
			r.skip(client.ExternalID, SkipReentryNotDue)
			continue
		}
		fresh = append(fresh, *enrollment)
		names[client.ID] = client.ExternalID
	}
	if r.dryRun || len(fresh) == 0 {
		r.result.Enrolled += len(fresh)
		return nil
	}
	entered, err := store.InsertEnrollments(ctx, r.tx, fresh)
	if err != nil {
		return err
	}
	r.result.Enrolled += len(entered)
	for _, id := range entered {
		delete(names, id)
	}
	for _, name := range names { // lost a race against another request
		r.skip(name, SkipAlreadyActive)
	}
	return nil
}

func (r *enrolling) reasonAgainst(client *store.Client, suppressed suppressions, h history) string {
	switch hold := r.catalog.holdOf(client, suppressed.cover(client.Address, r.version.Sequence.Name)); {
	case hold == waitsForAddress:
		return SkipNoEmail
	case hold == waitsSuppressed:
		return SkipSuppressed
	case hold == waitsForConsent:
		return SkipNoConsent
	case hold == waitsNotTarget || !r.version.Sequence.Audience.Match(client.Facts(), r.now):
		return SkipAudienceMismatch
	case h.open(client.ID, r.version.SequenceID):
		return SkipAlreadyActive
	}
	return ""
}
