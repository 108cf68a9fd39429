package api

import (
	"context"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
)

// suppressionJSON says that an address must not be mailed.
type suppressionJSON struct {
	Email     string    `json:"email" doc:"In its normal form: small letters, the domain in ASCII."`
	Sequence  string    `json:"sequence" doc:"Empty: every automated letter."`
	Reason    string    `json:"reason" enum:"unsubscribed,bounced,complained,manual"`
	Source    string    `json:"source"`
	CreatedAt time.Time `json:"created_at"`
}

func showSuppression(x *store.Suppression) suppressionJSON {
	return suppressionJSON{Email: x.Address, Sequence: x.Scope, Reason: x.Reason, Source: x.Source, CreatedAt: x.CreatedAt.UTC()}
}

// suppressions lists them.
func (s *server) suppressions(ctx context.Context, in *struct {
	Paging
	Email string `query:"email" doc:"Of this address only."`
}) (*list[suppressionJSON], error) {
	before, err := lastID("suppressions", in.Cursor)
	if err != nil {
		return nil, err
	}
	address := ""
	if in.Email != "" {
		if address, err = addressOf("query.email", in.Email); err != nil {
			return nil, err
		}
	}
	rows, err := store.ListSuppressions(ctx, s.DB, address, before, in.Limit+1)
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

// suppress keeps an address from being mailed, and ends the chains of the client
// who has it. An address of nobody is kept for the day when somebody has it.
func (s *server) suppress(ctx context.Context, in *struct {
	Body struct {
		Email  string `json:"email"`
		Source string `json:"source,omitempty" doc:"Who or what asked for it; api if left out."`
	}
}) (*suppressionAnswer, error) {
	check := (&rules{}).check()
	check.line("body.source", &in.Body.Source, nameLimit)
	if err := check.err(); err != nil {
		return nil, err
	}
	address, err := addressOf("body.email", in.Body.Email)
	if err != nil {
		return nil, err
	}
	source := in.Body.Source
	if source == "" {
		source = "api"
	}
	if err := s.suppressAddress(ctx, address, source); err != nil {
		return nil, err
	}
	rows, err := store.SuppressionsOf(ctx, s.DB, []string{address})
	if err != nil {
		return nil, err
	}
	for i := range rows {
		if rows[i].Scope == "" {
			return &suppressionAnswer{Status: http.StatusCreated, Body: showSuppression(&rows[i])}, nil
		}
	}
	return nil, store.ErrNotFound // lifted again at the same moment
}

func (s *server) suppressAddress(ctx context.Context, address, source string) error {
	client, err := s.holder(ctx, s.DB, address)
	if err != nil {
		return err
	}
	if client != nil {
		return s.Engine.Suppress(ctx, client.ID, source)
	}
	return store.Tx(ctx, s.DB, func(tx pgx.Tx) error {
		if err := store.LockAddresses(ctx, tx, []string{address}); err != nil {
			return err
		}
		now, err := store.Now(ctx, tx)
		if err != nil {
			return err
		}
		_, err = store.Suppress(ctx, tx, store.Suppression{Address: address, Reason: "manual", Source: source, CreatedAt: now})
		return err
	})
}

// holder is the client who has an address, or nil.
func (s *server) holder(ctx context.Context, db store.DB, address string) (*store.Client, error) {
	holders, err := store.AddressHolders(ctx, db, []string{address})
	if err != nil || holders[address] == "" {
		return nil, err
	}
	client, err := store.ClientByExternalID(ctx, db, holders[address])
	if err != nil {
		return nil, err
	}
	return &client, nil
}

// unsuppress lifts all suppressions of an address; the sequences of the client who
// has it are decided anew.
func (s *server) unsuppress(ctx context.Context, in *struct {
	Email string `query:"email" required:"true"`
}) (*struct{}, error) {
	address, err := addressOf("query.email", in.Email)
	if err != nil {
		return nil, err
	}
	return nil, store.Tx(ctx, s.DB, func(tx pgx.Tx) error {
		if err := store.Unsuppress(ctx, tx, address); err != nil {
			return err
		}
		client, err := s.holder(ctx, tx, address)
		if err != nil || client == nil {
			return err
		}
		now, err := store.Now(ctx, tx)
		if err != nil {
			return err
		}
		if err := store.ReviewClients(ctx, tx, []int64{client.ID}, now); err != nil {
			return err
		}
		return store.Notify(ctx, tx, store.PlanChannel)
	})
}
