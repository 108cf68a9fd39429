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
	run := newEnrolling(tx, catalog, version, now, "api")
	run.dryRun, run.isListed = r.DryRun, r.Clients != nil
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
	_, err = run.all(ctx, where, args...)
	return err
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
	origin  string
	dryRun  bool
	// isListed: the clients are named, not those of a segment
	isListed bool
	result   Enrolled
}

func newEnrolling(tx pgx.Tx, catalog *Catalog, version *Version, now time.Time, origin string) *enrolling {
	return &enrolling{tx: tx, catalog: catalog, version: version, now: now, origin: origin,
		result: Enrolled{Skipped: []Skipped{}, Reasons: make(map[string]int)}}
}

func (r *enrolling) skip(client, reason string) {
	r.result.Reasons[reason]++
	if len(r.result.Skipped) < skippedLimit {
		r.result.Skipped = append(r.result.Skipped, Skipped{Client: client, Reason: reason})
	}
}

func (r *enrolling) listed(ctx context.Context, externalIDs []string) error {
	found, err := r.all(ctx, "c.external_id = ANY($1::text[])", externalIDs)
	if err != nil {
		return err
	}
	for _, id := range externalIDs {
		if !found[id] {
			found[id] = true // once, however often he is listed
			r.skip(id, SkipUnknownClient)
		}
	}
	return nil
}

// all enrolls those clients that a condition picks and that may be, a page at a time:
// however many there are, only a page of them is in memory. It returns who was found,
// if they were listed.
func (r *enrolling) all(ctx context.Context, where string, args ...any) (found map[string]bool, err error) {
	audience, args, err := store.FilterSQL(r.version.Sequence.Audience, r.now, args...)
	if err != nil {
		return nil, err
	}
	if r.isListed {
		found = make(map[string]bool)
	}
	for after := int64(0); ; {
		page, err := store.CandidatesAfter(ctx, r.tx, where, audience, args, after, pageSize)
		if err != nil || len(page) == 0 {
			return found, err
		}
		if err := r.page(ctx, page); err != nil {
			return found, err
		}
		if r.isListed {
			for i := range page {
				found[page[i].ExternalID] = true
			}
		}
		after = page[len(page)-1].ID
	}
}

// page enrolls those of the clients that may be.
func (r *enrolling) page(ctx context.Context, page []store.Candidate) error {
	clients := make([]store.Client, len(page))
	for i, c := range page {
		clients[i] = store.Client{ID: c.ID, Address: c.Address, Owner: c.Owner, Stage: c.Stage, ConsentBasis: c.ConsentBasis, TimeZone: c.TimeZone,
			Category: c.Category, Temperature: c.Temperature, LastPurchaseAt: c.LastPurchaseAt}
	}
	suppressed, err := suppressionsOf(ctx, r.tx, clients)
	if err != nil {
		return err
	}
	pasts, last, err := r.pastsOf(ctx, page)
	if err != nil {
		return err
	}
	fresh := make([]store.Enrollment, 0, len(page))
	for i := range page {
		c, client := &page[i], &clients[i]
		if reason := r.reasonAgainst(client, suppressed, c.Matches, pasts[c.ID].Open); reason != "" {
			r.skip(c.ExternalID, reason)
			continue
		}
		enrollment, again, err := r.version.begin(client, last[c.ID], r.origin, r.now)
		if err != nil {
			return err
		}
		if enrollment == nil || again != nil {
			r.skip(c.ExternalID, SkipReentryNotDue)
			continue
		}
		fresh = append(fresh, *enrollment)
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
	if len(entered) < len(fresh) {
		r.overtaken(page, fresh, entered)
	}
	return nil
}

// overtaken notes who would have been enrolled, but was by another request just now.
func (r *enrolling) overtaken(page []store.Candidate, fresh []store.Enrollment, entered []int64) {
	lost := make(map[int64]bool, len(fresh))
	for _, e := range fresh {
		lost[e.ClientID] = true
	}
	for _, id := range entered {
		delete(lost, id)
	}
	for _, c := range page {
		if lost[c.ID] {
			r.skip(c.ExternalID, SkipAlreadyActive)
		}
	}
}

// pastsOf returns the clients' histories with the sequence, and of those who left it
// how they did last.
func (r *enrolling) pastsOf(ctx context.Context, page []store.Candidate) (map[int64]store.Past, map[int64]*store.Enrollment, error) {
	pasts, err := store.PastsOf(ctx, r.tx, r.version.SequenceID, column(page, func(c *store.Candidate) int64 { return c.ID }))
	if err != nil {
		return nil, nil, err
	}
	var ids []int64
	for id, past := range pasts {
		if past.Ended && !past.Open {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return pasts, nil, nil
	}
	ended, err := store.LastEnded(ctx, r.tx, ids)
	if err != nil {
		return nil, nil, err
	}
	last := make(map[int64]*store.Enrollment, len(ids))
	for i := range ended {
		if ended[i].SequenceID == r.version.SequenceID {
			last[ended[i].ClientID] = &ended[i]
		}
	}
	return pasts, last, nil
}

func (r *enrolling) reasonAgainst(client *store.Client, suppressed suppressions, matches, open bool) string {
	switch hold := r.catalog.holdOf(client, suppressed.cover(client.Address, r.version.Sequence.Name)); {
	case hold == waitsForAddress:
		return SkipNoEmail
	case hold == waitsSuppressed:
		return SkipSuppressed
	case hold == waitsForConsent:
		return SkipNoConsent
	case hold == waitsNotTarget || !matches || !r.version.suits(client):
		return SkipAudienceMismatch
	case open:
		return SkipAlreadyActive
	}
	return ""
}
