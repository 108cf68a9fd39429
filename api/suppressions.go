package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"seventh/internal/engine"
	"seventh/internal/store"
)

// suppressionJSON says that an address must not be mailed.
type suppressionJSON struct {
	Email     string    `json:"email" doc:"In its normal form: small letters, the domain in ASCII."`
	Sequence  string    `json:"sequence" doc:"Empty: every automated letter."`
	Reason    string    `json:"reason" enum:"unsubscribed,bounced,complained,manual"`
	Source    string    `json:"source"`
	Note      string    `json:"note"`
	CreatedAt time.Time `json:"created_at"`
}

func showSuppression(x *store.Suppression) suppressionJSON {
	return suppressionJSON{Email: x.Address, Sequence: x.Scope, Reason: x.Reason, Source: x.Source, Note: x.Note, CreatedAt: x.CreatedAt.UTC()}
}

// suppressions lists them.
func (s *server) suppressions(ctx context.Context, in *struct {
	Paging
	Email    string `query:"email" doc:"Of this address only."`
	Sequence string `query:"sequence" doc:"Of this sequence only."`
	Reason   string `query:"reason" enum:"unsubscribed,bounced,complained,manual"`
}) (*list[suppressionJSON], error) {
	before, err := lastID("suppressions", in.Cursor)
	if err != nil {
		return nil, err
	}
	filter := store.SuppressionFilter{Scope: in.Sequence, Reason: in.Reason, Before: before, Limit: in.Limit + 1}
	if in.Email != "" {
		if filter.Address, err = addressOf("query.email", in.Email); err != nil {
			return nil, err
		}
	}
	rows, err := store.ListSuppressions(ctx, s.DB, filter)
	if err != nil {
		return nil, err
	}
	return pageOf(rows, in.Limit, showSuppression, func(x *store.Suppression) string { return idCursor("suppressions", x.ID) }), nil
}

// addressOf normalises an address of a request.
func addressOf(at, email string) (string, error) {
	check := (&rules{}).check()
	check.externalID(at, email)
	check.email(at, &email)
	if err := check.err(); err != nil {
		return "", err
	}
	return store.NormalizeAddress(email)
}

type suppressionAnswer struct {
	Status int
	Body   suppressionJSON
}

// suppressionItem is what callers say about an address that must not be mailed.
type suppressionItem struct {
	Email     string     `json:"email"`
	Sequence  string     `json:"sequence,omitempty" doc:"Only letters of this sequence; every automated letter if left out."`
	Reason    string     `json:"reason,omitempty" enum:"unsubscribed,bounced,complained,manual" default:"manual"`
	Source    string     `json:"source,omitempty" doc:"Who or what asked for it; api if left out."`
	Note      string     `json:"note,omitempty" doc:"For people."`
	CreatedAt *time.Time `json:"created_at,omitempty" doc:"Since when, for lists that come from another system; now if left out."`
}

// read checks an item and makes a row of it.
func (item *suppressionItem) read(at string, catalog *engine.Catalog, now time.Time) (store.Suppression, error) {
	check := (&rules{now: now}).check()
	check.externalID(at+"email", item.Email)
	check.email(at+"email", &item.Email)
	check.line(at+"source", &item.Source, nameLimit)
	check.line(at+"note", &item.Note, noteLimit)
	check.past(at+"created_at", item.CreatedAt)
	if item.Reason != "" && !slices.Contains(suppressionReasons, item.Reason) {
		check.add(at+"reason", "must be unsubscribed, bounced, complained or manual", item.Reason)
	}
	if item.Sequence != "" && (catalog == nil || catalog.Current(item.Sequence) == nil) {
		check.add(at+"sequence", "is no published sequence; leave it out for every automated letter", item.Sequence)
	}
	if err := check.err(); err != nil {
		return store.Suppression{}, err
	}
	address, err := store.NormalizeAddress(item.Email)
	x := store.Suppression{Address: address, Scope: item.Sequence, Reason: cmp.Or(item.Reason, "manual"), Source: cmp.Or(item.Source, "api"), Note: item.Note, CreatedAt: now}
	if item.CreatedAt != nil {
		x.CreatedAt = *item.CreatedAt
	}
	return x, err
}

// noteLimit is how much a note may say, in characters.
const noteLimit = 500

var suppressionReasons = []string{"unsubscribed", "bounced", "complained", "manual"}

// suppress keeps an address from being mailed, and ends the chains of the client
// who has it. An address of nobody is kept for the day when somebody has it.
func (s *server) suppress(ctx context.Context, in *struct{ Body suppressionItem }) (*suppressionAnswer, error) {
	catalog, now, err := s.moment(ctx)
	if err != nil {
		return nil, err
	}
	x, err := in.Body.read("body.", catalog, now)
	if err != nil {
		return nil, err
	}
	if _, err := s.Engine.SuppressMany(ctx, []store.Suppression{x}); err != nil {
		return nil, err
	}
	rows, err := store.SuppressionsOf(ctx, s.DB, []string{x.Address})
	if err != nil {
		return nil, err
	}
	for i := range rows {
		if rows[i].Scope == x.Scope {
			return &suppressionAnswer{Status: http.StatusCreated, Body: showSuppression(&rows[i])}, nil
		}
	}
	return nil, store.ErrNotFound // lifted again at the same moment
}

// moment is the content in force, nil before the first publication, and business time.
func (s *server) moment(ctx context.Context) (*engine.Catalog, time.Time, error) {
	now, err := store.Now(ctx, s.DB)
	if err != nil {
		return nil, now, err
	}
	catalog, err := s.Engine.Catalog(ctx, s.DB)
	if errors.Is(err, store.ErrNotFound) {
		return nil, now, nil
	}
	return catalog, now, err
}

func notOnList(sequence string) error {
	if sequence != "" {
		return huma.Error404NotFound(fmt.Sprintf("this address is not on the suppression list for the sequence %q", sequence))
	}
	return huma.Error404NotFound("this address is not on the suppression list")
}

// unsuppress lifts suppressions of an address; the sequences of the client who has it are
// decided anew.
func (s *server) unsuppress(ctx context.Context, in *struct {
	Email    string `query:"email" required:"true"`
	Sequence string `query:"sequence" doc:"Only that of this sequence; all of the address if left out."`
	Why      string `query:"why" doc:"For the audit: on whose word." maxLength:"500"`
}) (*struct{}, error) {
	address, err := addressOf("query.email", in.Email)
	if err != nil {
		return nil, err
	}
	var scope *string
	if in.Sequence != "" {
		scope = &in.Sequence
	}
	err = s.Engine.Unsuppress(ctx, address, scope, "key:"+callerOf(ctx).called(), in.Why)
	if errors.Is(err, store.ErrNotFound) {
		err = notOnList(in.Sequence)
	}
	return nil, err
}
