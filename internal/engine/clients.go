package engine

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"seventh/internal/store"
)

// ClientPatch is what the CRM says about a client. Fields that are nil keep their
// value.
type ClientPatch struct {
	ExternalID     string
	Email          *string
	FirstName      *string
	LastName       *string
	Company        *string
	CompanyID      *string
	Category       *string
	Temperature    *string
	Stage          *string
	Owner          *string
	Locale         *string
	TimeZone       *string
	Attributes     map[string]any
	Products       []string
	Source         *string
	LastPurchaseAt *time.Time
	Consent        *Consent
}

// Consent is the recorded ground for mailing a client.
type Consent struct {
	Basis, Source, TextVersion, Evidence string
	At                                   *time.Time
}

// Upserted says what became of a patch.
type Upserted struct {
	ExternalID string
	Created    bool
	Err        error // why this client was left as it was; a *FieldError
}

// FieldError is a mistake in one field of one client.
type FieldError struct {
	Field, Message string
	Err            error // ErrTaken, or nil
}

func (e *FieldError) Error() string { return e.Field + " " + e.Message }

func (e *FieldError) Unwrap() error { return e.Err }

// ErrTaken says that an address is another client's: one person gets one chain.
var ErrTaken = errors.New("the address belongs to another client")

// apply changes a client as the patch says. Owners that are not among owners get
// their id later.
func (p *ClientPatch) apply(c *store.Client, owners map[string]int64) error {
	if p.Email != nil && *p.Email != c.Email {
		c.Email, c.Address = *p.Email, ""
		if *p.Email != "" {
			address, err := store.NormalizeAddress(*p.Email)
			if err != nil {
				return &FieldError{Field: "email", Message: err.Error()}
			}
			c.Address = address
		}
	}
	if p.Owner != nil && *p.Owner != c.Owner {
		c.OwnerID, c.Owner = nil, ""
		if *p.Owner != "" {
			address, err := store.NormalizeAddress(*p.Owner)
			if err != nil {
				return &FieldError{Field: "owner", Message: err.Error()}
			}
			id := owners[address]
			c.OwnerID, c.Owner = &id, address
		}
	}
	said(&c.FirstName, p.FirstName)
	said(&c.LastName, p.LastName)
	said(&c.Company, p.Company)
	said(&c.CompanyID, p.CompanyID)
	said(&c.Category, p.Category)
	said(&c.Temperature, p.Temperature)
	said(&c.Stage, p.Stage)
	said(&c.Locale, p.Locale)
	said(&c.TimeZone, p.TimeZone)
	if p.Source != nil && (!referred(c.Source) || referred(*p.Source)) {
		c.Source = *p.Source
	}
	if p.Attributes != nil {
		c.Attributes = p.Attributes
	}
	if p.Products != nil {
		c.Products = p.Products
	}
	if p.LastPurchaseAt != nil {
		c.LastPurchaseAt = p.LastPurchaseAt
	}
	if p.Consent != nil {
		c.ConsentBasis, c.ConsentSource, c.ConsentAt = p.Consent.Basis, p.Consent.Source, p.Consent.At
		c.ConsentTextVersion, c.ConsentEvidence = p.Consent.TextVersion, p.Consent.Evidence
	}
	return nil
}

// said puts a value that the CRM gave in its place.
func said(field *string, value *string) {
	if value != nil {
		*field = *value
	}
}

// referred reports whether a source names who brought a client: a partner, or somebody
// who recommended us. That is owed to them, and stays when the CRM later tells of a
// channel, or of nothing.
func referred(source string) bool {
	kind, name, _ := strings.Cut(source, ":")
	return name != "" && (kind == "partner" || kind == "referral")
}

// same reports whether two states of a client say the same of him, the times of the
// row itself aside.
func same(a, b *store.Client) bool {
	return a.Email == b.Email && a.Address == b.Address && a.FirstName == b.FirstName && a.LastName == b.LastName &&
		a.Company == b.Company && a.CompanyID == b.CompanyID && a.Category == b.Category && a.Temperature == b.Temperature &&
		a.Stage == b.Stage && a.Owner == b.Owner && a.Locale == b.Locale && a.TimeZone == b.TimeZone && a.Source == b.Source &&
		a.ConsentBasis == b.ConsentBasis && a.ConsentSource == b.ConsentSource && sameTime(a.ConsentAt, b.ConsentAt) &&
		a.ConsentTextVersion == b.ConsentTextVersion && a.ConsentEvidence == b.ConsentEvidence &&
		sameTime(a.LastPurchaseAt, b.LastPurchaseAt) && slices.Equal(a.Products, b.Products) &&
		maps.EqualFunc(a.Attributes, b.Attributes, func(x, y any) bool { return reflect.DeepEqual(x, y) })
}

// sameTime compares times as PostgreSQL keeps them, in microseconds.
func sameTime(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Truncate(time.Microsecond).Equal(b.Truncate(time.Microsecond))
}

// EraseClient removes a client and everything that names him; letters on their
// way are cancelled, the suppression of his address stays.
func (e *Engine) EraseClient(ctx context.Context, externalID string) error {
	client, err := store.ClientByExternalID(ctx, e.DB, externalID)
	if err != nil {
		return err
	}
	return e.stopping(ctx, client.ID, func(s *stop) error {
		if err := s.end(ctx, "erased", every); err != nil {
			return err
		}
		now, err := store.Now(ctx, s.tx)
		if err != nil {
			return err
		}
		if err := e.leftCompany(ctx, s.tx, []store.Client{s.client}, now); err != nil {
			return err
		}
		return store.Erase(ctx, s.tx, client.ID)
	})
}
