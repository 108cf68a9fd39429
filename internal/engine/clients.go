package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

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

const (
	upsertLimit    = 1000 // clients of one transaction
	reviewAtOnceTo = 100  // clients whose sequences are decided within the request
)

// UpsertClients adds and changes clients, each wholly or not at all, and answers
// in the order of the patches. A change of category ends the chains that end on
// it; whom the planner should enroll it learns at once.
func (e *Engine) UpsertClients(ctx context.Context, patches []ClientPatch) ([]Upserted, error) {
	results := make([]Upserted, len(patches))
	for from := 0; from < len(patches); from += upsertLimit {
		to := min(from+upsertLimit, len(patches))
		if err := e.upsertBatch(ctx, patches[from:to], results[from:to]); err != nil {
			return nil, fmt.Errorf("upserting clients: %w", err)
		}
	}
	return results, nil
}

// upsertBatch tries again when somebody else added a client of the batch, gave him
// another address, or took one of its addresses, at the same moment.
func (e *Engine) upsertBatch(ctx context.Context, patches []ClientPatch, results []Upserted) error {
	for attempt := 1; ; attempt++ {
		err := store.Tx(ctx, e.DB, func(tx pgx.Tx) error { return e.upsert(ctx, tx, patches, results) })
		again := errors.Is(err, errMoved) || errors.Is(err, store.ErrRaced) || store.IsUnique(err, "clients_address")
		if !again || attempt == 10 {
			return err
		}
	}
}

func (e *Engine) upsert(ctx context.Context, tx pgx.Tx, patches []ClientPatch, results []Upserted) error {
	now, err := store.Now(ctx, tx)
	if err != nil {
		return err
	}
	catalog, err := e.Catalog(ctx, tx)
	if err != nil {
		return err
	}
	known, err := lockedClientsOf(ctx, tx, patches)
	if err != nil {
		return err
	}
	owners, err := ownersOf(ctx, tx, patches)
	if err != nil {
		return err
	}
	batch := upserting{now: now, owners: owners, clients: make(map[string]*upsertedClient), addresses: make(map[string]string)}
	if batch.holders, err = holdersOf(ctx, tx, patches); err != nil {
		return err
	}
	for i, patch := range patches {
		results[i] = Upserted{ExternalID: patch.ExternalID}
		before, exists := known[patch.ExternalID]
		results[i].Created = !exists && batch.clients[patch.ExternalID] == nil
		results[i].Err = batch.apply(patch, before)
	}
	changed := slices.Collect(batch.saved())
	if len(changed) == 0 {
		return nil
	}
	if err := store.SaveClients(ctx, tx, changed); err != nil {
		return err
	}
	if err := store.SuppressRefused(ctx, tx, slices.Collect(maps.Keys(batch.addresses)), now); err != nil {
		return err
	}
	for _, c := range batch.clients {
		if err := e.endChanged(ctx, tx, c); err != nil {
			return err
		}
	}
	if len(changed) <= reviewAtOnceTo {
		ids := make([]int64, len(changed))
		for i, c := range changed {
			ids[i] = c.ID
		}
		if err := e.review(ctx, tx, catalog, ids, now); err != nil {
			return err
		}
	}
	return store.Notify(ctx, tx, store.PlanChannel)
}

// endChanged ends what a change of category, or a purchase, ends.
func (e *Engine) endChanged(ctx context.Context, tx pgx.Tx, c *upsertedClient) error {
	s := &stop{engine: e, tx: tx, client: c.after}
	if c.before.ID == 0 {
		return nil
	}
	if c.before.Category != c.after.Category {
		if err := s.end(ctx, categoryChanged, exitingOn(categoryChange)); err != nil {
			return err
		}
	}
	if c.bought() {
		return s.end(ctx, endedPurchased, exitingOn("purchase"))
	}
	return nil
}

// categoryChange is the word for it in exit_on.
const categoryChange = "category_change"

// upserting is a batch at work. Patches for one client are applied in order.
type upserting struct {
	now       time.Time
	owners    map[string]int64
	holders   map[string]string // address → external id, in the database
	addresses map[string]string // the same, within the batch
	clients   map[string]*upsertedClient
}

type upsertedClient struct{ before, after store.Client }

func (c *upsertedClient) bought() bool {
	return c.after.LastPurchaseAt != nil && (c.before.LastPurchaseAt == nil || c.after.LastPurchaseAt.After(*c.before.LastPurchaseAt))
}

func (b *upserting) apply(p ClientPatch, before store.Client) error {
	c := b.clients[p.ExternalID]
	if c == nil {
		if before.ID == 0 {
			before = store.Client{ExternalID: p.ExternalID, Temperature: "cold", Stage: "lead", CreatedAt: b.now}
		}
		c = &upsertedClient{before: before, after: before}
	}
	next := c.after
	next.UpdatedAt, next.ReviewAt = b.now, &b.now
	if err := p.apply(&next, b.owners); err != nil {
		return err
	}
	if next.Address != "" {
		holder, taken := b.addresses[next.Address]
		if !taken {
			holder, taken = b.holders[next.Address]
		}
		if taken && holder != p.ExternalID {
			return &FieldError{Field: "email", Message: fmt.Sprintf("belongs to client %q already", holder), Err: ErrTaken}
		}
		b.addresses[next.Address] = p.ExternalID
	}
	c.after = next
	b.clients[p.ExternalID] = c
	return nil
}

// saved yields the clients to be written.
func (b *upserting) saved() func(func(*store.Client) bool) {
	return func(yield func(*store.Client) bool) {
		for _, c := range b.clients {
			if !yield(&c.after) {
				return
			}
		}
	}
}

func (p *ClientPatch) apply(c *store.Client, owners map[string]int64) error {
	if p.Email != nil {
		c.Email, c.Address = *p.Email, ""
		if *p.Email != "" {
			address, err := store.NormalizeAddress(*p.Email)
			if err != nil {
				return &FieldError{Field: "email", Message: err.Error()}
			}
			c.Address = address
		}
	}
	if p.Owner != nil {
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
	for field, value := range map[*string]*string{
		&c.FirstName: p.FirstName, &c.LastName: p.LastName, &c.Company: p.Company, &c.CompanyID: p.CompanyID, &c.Category: p.Category,
		&c.Temperature: p.Temperature, &c.Stage: p.Stage, &c.Locale: p.Locale, &c.TimeZone: p.TimeZone, &c.Source: p.Source,
	} {
		if value != nil {
			*field = *value
		}
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

// lockedClientsOf returns the clients that exist already, locked against stops and
// other changes, and their letters against T2: what a patch takes away (consent, a
// category, the address) holds for every letter that has not passed by then.
func lockedClientsOf(ctx context.Context, tx pgx.Tx, patches []ClientPatch) (map[string]store.Client, error) {
	ids := make([]string, len(patches))
	for i, p := range patches {
		ids[i] = p.ExternalID
	}
	before, err := store.ClientsByExternalID(ctx, tx, ids)
	if err != nil || len(before) == 0 {
		return nil, err
	}
	rows := make([]int64, len(before))
	addresses := make(map[int64]string, len(before))
	for i, c := range before {
		rows[i] = c.ID
		addresses[c.ID] = c.Address
	}
	if err := store.LockAddresses(ctx, tx, slices.Collect(maps.Values(addresses))); err != nil {
		return nil, err
	}
	clients, err := store.LockClients(ctx, tx, rows)
	if err != nil {
		return nil, err
	}
	known := make(map[string]store.Client, len(clients))
	for _, c := range clients {
		if c.Address != addresses[c.ID] {
			return nil, errMoved
		}
		known[c.ExternalID] = c
	}
	return known, nil
}

func ownersOf(ctx context.Context, tx pgx.Tx, patches []ClientPatch) (map[string]int64, error) {
	var emails []string
	for _, p := range patches {
		if p.Owner == nil || *p.Owner == "" {
			continue
		}
		if address, err := store.NormalizeAddress(*p.Owner); err == nil && !slices.Contains(emails, address) {
			emails = append(emails, address)
		}
	}
	if len(emails) == 0 {
		return nil, nil
	}
	return store.OwnersByEmail(ctx, tx, emails)
}

func holdersOf(ctx context.Context, tx pgx.Tx, patches []ClientPatch) (map[string]string, error) {
	var addresses []string
	for _, p := range patches {
		if p.Email != nil {
			if address, err := store.NormalizeAddress(*p.Email); err == nil {
				addresses = append(addresses, address)
			}
		}
	}
	return store.AddressHolders(ctx, tx, addresses)
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
		return store.Erase(ctx, s.tx, client.ID)
	})
}
