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

const (
	upsertLimit    = 1000 // clients of one transaction
	reviewAtOnceTo = 100  // clients whose sequences are decided within the request
)

// UpsertClients adds and changes clients, each wholly or not at all, and answers
// in the order of the patches. A change of category ends the chains that end on
// it; whom the planner should enroll it learns at once. A patch that says what is
// known already writes nothing: the CRM repeats itself.
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
		err := e.upsertOnce(ctx, patches, results)
		again := errors.Is(err, errMoved) || errors.Is(err, store.ErrRaced) || store.IsUnique(err, "clients_address")
		if !again || attempt == 10 {
			return err
		}
	}
}

// upsertOnce looks at the clients as they are, without locks, and takes the locks
// for those only whom a patch adds or changes.
func (e *Engine) upsertOnce(ctx context.Context, patches []ClientPatch, results []Upserted) error {
	before, err := store.ClientsByExternalID(ctx, e.DB, column(patches, func(p *ClientPatch) string { return p.ExternalID }))
	if err != nil {
		return err
	}
	known := make(map[string]*store.Client, len(before))
	for i := range before {
		known[before[i].ExternalID] = &before[i]
	}
	news := newsOf(patches, known)
	var rest []ClientPatch
	var places []int // of the rest among the patches
	for i, patch := range patches {
		results[i] = Upserted{ExternalID: patch.ExternalID}
		if news[patch.ExternalID] {
			rest, places = append(rest, patch), append(places, i)
		}
	}
	if len(rest) == 0 {
		return nil
	}
	touched := make([]*store.Client, 0, len(news))
	for externalID := range news {
		if client := known[externalID]; client != nil {
			touched = append(touched, client)
		}
	}
	upserted := make([]Upserted, len(rest))
	err = store.Tx(ctx, e.DB, func(tx pgx.Tx) error { return e.upsert(ctx, tx, rest, touched, upserted) })
	for i, place := range places {
		results[place] = upserted[i]
	}
	return err
}

// newsOf are the clients about whom the patches say anything new, or wrong.
func newsOf(patches []ClientPatch, known map[string]*store.Client) map[string]bool {
	news := make(map[string]bool, len(patches))
	for i := range patches {
		patch := &patches[i]
		before := known[patch.ExternalID]
		if before == nil {
			news[patch.ExternalID] = true
			continue
		}
		after := *before
		if err := patch.apply(&after, nil); err != nil || !same(before, &after) {
			news[patch.ExternalID] = true
		}
	}
	return news
}

func (e *Engine) upsert(ctx context.Context, tx pgx.Tx, patches []ClientPatch, before []*store.Client, results []Upserted) error {
	now, err := store.Now(ctx, tx)
	if err != nil {
		return err
	}
	catalog, err := e.Catalog(ctx, tx)
	if err != nil {
		return err
	}
	batch := upserting{now: now, clients: make(map[string]*upsertedClient, len(patches)), addresses: make(map[string]string, len(patches))}
	if batch.known, err = lockedClients(ctx, tx, before); err != nil {
		return err
	}
	if err := batch.look(ctx, tx, patches); err != nil {
		return err
	}
	for i := range patches {
		results[i] = batch.apply(&patches[i])
	}
	changed := batch.changed()
	if len(changed) == 0 {
		return nil
	}
	rows := make([]*store.Client, len(changed))
	for i, c := range changed {
		rows[i] = &c.after
	}
	if err := store.SaveClients(ctx, tx, rows); err != nil {
		return err
	}
	if err := store.SuppressRefused(ctx, tx, slices.Collect(maps.Keys(batch.addresses)), now); err != nil {
		return err
	}
	if err := e.endChanged(ctx, tx, changed); err != nil {
		return err
	}
	if err := e.afterChanges(ctx, tx, changed, now); err != nil {
		return err
	}
	if len(changed) <= reviewAtOnceTo {
		if err := e.review(ctx, tx, catalog, idsOf(changed), now); err != nil {
			return err
		}
	}
	return store.Notify(ctx, tx, store.PlanChannel)
}

// afterChanges tells the sequences that listen, and gives tasks to new owners.
func (e *Engine) afterChanges(ctx context.Context, tx pgx.Tx, changed []*upsertedClient, now time.Time) error {
	var known, moved []*upsertedClient
	var left []store.Client // their company
	for _, c := range changed {
		if c.before.ID == 0 {
			continue
		}
		known = append(known, c)
		if companyOf(&c.before) != companyOf(&c.after) {
			left = append(left, c.before)
		}
		if c.before.Owner != c.after.Owner {
			moved = append(moved, c)
		}
	}
	if err := e.leftCompany(ctx, tx, left, now); err != nil {
		return err
	}
	if len(moved) > 0 {
		if err := store.HandTasksOver(ctx, tx, idsOf(moved)); err != nil {
			return err
		}
		changes := column(moved, func(c **upsertedClient) newRep { return newRep{(*c).after.ID, (*c).before.OwnerID, (*c).after.OwnerID} })
		if err := e.handOver(ctx, tx, changes, now); err != nil {
			return err
		}
	}
	if len(known) == 0 {
		return nil
	}
	return e.happened(ctx, tx, idsOf(known), false, now)
}

// endChanged ends what changes of category, purchases, or being a customer now, end.
func (e *Engine) endChanged(ctx context.Context, tx pgx.Tx, changed []*upsertedClient) error {
	var moved, bought, customers, gone []*upsertedClient
	for _, c := range changed {
		if c.before.ID == 0 {
			continue
		}
		if c.before.Category != c.after.Category {
			moved = append(moved, c)
		}
		if c.before.Stage != notTarget && c.after.Stage == notTarget {
			gone = append(gone, c)
		}
		if c.bought() {
			bought = append(bought, c)
		}
		if !isCustomer(&c.before) && isCustomer(&c.after) {
			customers = append(customers, c)
		}
	}
	if err := e.endOpen(ctx, tx, idsOf(gone), endedManual, every); err != nil {
		return err
	}
	if err := e.endOpen(ctx, tx, idsOf(moved), categoryChanged, exitingOn(categoryChange)); err != nil {
		return err
	}
	if err := e.retimeClients(ctx, tx, idsOf(moved)); err != nil {
		return err
	}
	if err := e.endOpen(ctx, tx, idsOf(bought), endedPurchased, exitingOn("purchase")); err != nil {
		return err
	}
	return e.endOpen(ctx, tx, idsOf(customers), endedPurchased, forOthers)
}

// categoryChange is the word for it in exit_on.
const categoryChange = "category_change"

// upserting is a batch at work. Patches for one client are applied in order.
type upserting struct {
	now       time.Time
	known     map[string]*store.Client
	owners    map[string]int64
	holders   map[string]string // address → external id, in the database
	addresses map[string]string // the same, within the batch
	clients   map[string]*upsertedClient
}

type upsertedClient struct{ before, after store.Client }

func (c *upsertedClient) bought() bool {
	return c.after.LastPurchaseAt != nil && (c.before.LastPurchaseAt == nil || c.after.LastPurchaseAt.After(*c.before.LastPurchaseAt))
}

// look finds the owners that patches name, and who has the addresses they bring.
func (b *upserting) look(ctx context.Context, tx pgx.Tx, patches []ClientPatch) error {
	owners, addresses := make(map[string]bool), make([]string, 0, len(patches))
	for i := range patches {
		p := &patches[i]
		before := b.known[p.ExternalID]
		if p.Owner != nil && *p.Owner != "" {
			owners[*p.Owner] = true
		}
		if p.Email == nil || *p.Email == "" || before != nil && before.Email == *p.Email {
			continue
		}
		if address, err := store.NormalizeAddress(*p.Email); err == nil {
			addresses = append(addresses, address)
		}
	}
	var err error
	if b.owners, err = ownersOf(ctx, tx, owners); err != nil {
		return err
	}
	if len(addresses) > 0 {
		b.holders, err = store.AddressHolders(ctx, tx, addresses)
	}
	return err
}

func (b *upserting) apply(p *ClientPatch) Upserted {
	c := b.clients[p.ExternalID]
	created := false
	if c == nil {
		c = &upsertedClient{before: store.Client{ExternalID: p.ExternalID, Temperature: "cold", Stage: "lead", CreatedAt: b.now}}
		if before := b.known[p.ExternalID]; before != nil {
			c.before = *before
		}
		c.after, created = c.before, c.before.ID == 0
	}
	next := c.after
	if err := b.change(p, &next); err != nil {
		return Upserted{ExternalID: p.ExternalID, Created: created, Err: err}
	}
	c.after = next
	b.clients[p.ExternalID] = c
	return Upserted{ExternalID: p.ExternalID, Created: created}
}

// change works a patch into a client, unless his address is somebody else's.
func (b *upserting) change(p *ClientPatch, next *store.Client) error {
	if err := p.apply(next, b.owners); err != nil {
		return err
	}
	if next.Address == "" {
		return nil
	}
	holder, taken := b.addresses[next.Address]
	if !taken {
		holder, taken = b.holders[next.Address]
	}
	if taken && holder != p.ExternalID {
		return &FieldError{Field: "email", Message: fmt.Sprintf("belongs to client %q already", holder), Err: ErrTaken}
	}
	b.addresses[next.Address] = p.ExternalID
	return nil
}

// changed are the clients to be written. One of them who was changed by somebody
// else to the very same is left as he is.
func (b *upserting) changed() []*upsertedClient {
	changed := make([]*upsertedClient, 0, len(b.clients))
	for _, c := range b.clients {
		if c.before.ID == 0 || !same(&c.before, &c.after) {
			c.after.UpdatedAt, c.after.ReviewAt = b.now, &b.now
			changed = append(changed, c)
		}
	}
	return changed
}

func idsOf(clients []*upsertedClient) []int64 {
	return column(clients, func(c **upsertedClient) int64 { return (*c).after.ID })
}

// column is one value of each row.
func column[R, V any](rows []R, value func(*R) V) []V {
	values := make([]V, len(rows))
	for i := range rows {
		values[i] = value(&rows[i])
	}
	return values
}

// lockedClients returns clients as they are now, locked against stops and other
// changes, and their letters against T2: what a patch takes away (consent, a
// category, the address) holds for every letter that has not passed by then.
func lockedClients(ctx context.Context, tx pgx.Tx, before []*store.Client) (map[string]*store.Client, error) {
	if len(before) == 0 {
		return nil, nil
	}
	addresses := make(map[int64]string, len(before))
	for _, c := range before {
		addresses[c.ID] = c.Address
	}
	if err := store.LockAddresses(ctx, tx, slices.Collect(maps.Values(addresses))); err != nil {
		return nil, err
	}
	clients, err := store.LockClients(ctx, tx, slices.Collect(maps.Keys(addresses)))
	if err != nil {
		return nil, err
	}
	known := make(map[string]*store.Client, len(clients))
	for i := range clients {
		c := &clients[i]
		if c.Address != addresses[c.ID] {
			return nil, errMoved
		}
		known[c.ExternalID] = c
	}
	return known, nil
}

func ownersOf(ctx context.Context, tx pgx.Tx, emails map[string]bool) (map[string]int64, error) {
	addresses := make(map[string]bool, len(emails))
	for email := range emails {
		if address, err := store.NormalizeAddress(email); err == nil {
			addresses[address] = true
		}
	}
	if len(addresses) == 0 {
		return nil, nil
	}
	return store.OwnersByEmail(ctx, tx, slices.Collect(maps.Keys(addresses)))
}
