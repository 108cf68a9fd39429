package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"seventh/internal/inbound"
	"seventh/internal/store"
)

// Unsubscribe ends everything automatic for the client a letter went to, and
// keeps the address it went to, and the one he has now, from being mailed again.
// Doing it twice changes nothing.
func (e *Engine) Unsubscribe(ctx context.Context, messageID int64) error {
	letter, err := store.ToldLetterByID(ctx, e.DB, messageID)
	if isNotFound(err) {
		return e.refuseErased(ctx, messageID, endedUnsubscribed, fromLink)
	}
	if err != nil {
		return err
	}
	r := Report{MessageID: messageID, Source: fromLink, Event: inbound.Event{Kind: inbound.Unsubscribed}}
	return e.refused(ctx, r, &letter, endedUnsubscribed)
}

// refuseErased keeps the word of a client who was erased: it holds for whoever has
// his address by now, and for whoever comes with it later (see upsert).
func (e *Engine) refuseErased(ctx context.Context, messageID int64, reason, source string) error {
	now, err := store.Now(ctx, e.DB)
	if err != nil {
		return err
	}
	clients, err := store.Refuse(ctx, e.DB, messageID, reason, source, now)
	if err != nil {
		return err
	}
	for _, id := range clients {
		err := e.stopping(ctx, id, func(s *stop) error {
			fresh, err := s.suppress(ctx, reason, source, s.client.Address)
			if err != nil || !fresh {
				return err
			}
			_, err = s.note(ctx, store.NewTouch{ClientID: s.client.ID, Kind: reason, Channel: "email", At: now, Actor: "human"}, now)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// suppress puts addresses on the list, and reports whether one is new there. Every chain
// ends, if the client's address is among them.
func (s *stop) suppress(ctx context.Context, reason, source string, addresses ...string) (fresh bool, err error) {
	now, err := store.Now(ctx, s.tx)
	if err != nil {
		return false, err
	}
	for _, a := range addresses {
		if a == "" {
			continue
		}
		added, err := store.Suppress(ctx, s.tx, store.Suppression{Address: a, Reason: reason, Source: source, CreatedAt: now})
		if err != nil {
			return false, err
		}
		fresh = fresh || added
	}
	if !slices.Contains(addresses, s.client.Address) {
		return fresh, nil
	}
	return fresh, s.end(ctx, reason, every)
}

// Event is what the CRM says has happened to a client.
type Event struct {
	ID     string
	Type   string
	Client string // external id
	At     time.Time
	Data   map[string]any
}

// ErrUnknownClient says that no client has the external id given.
var ErrUnknownClient = errors.New("no such client")

// ApplyEvent changes what an event changes: the client's stage, his chains and
// the ledger. It reports whether the event is new; one that came before changes
// nothing.
func (e *Engine) ApplyEvent(ctx context.Context, event Event) (bool, error) {
	client, err := store.ClientByExternalID(ctx, e.DB, event.Client)
	if errors.Is(err, store.ErrNotFound) {
		return false, ErrUnknownClient
	}
	if err != nil {
		return false, err
	}
	fresh := false
	err = e.stopping(ctx, client.ID, func(s *stop) error {
		fresh, err = store.InsertEvent(ctx, s.tx, store.Event{
			ID: event.ID, ClientID: client.ID, Type: event.Type, At: event.At, Data: event.Data,
		})
		if err != nil || !fresh {
			return err
		}
		return s.apply(ctx, event)
	})
	if err != nil {
		return false, fmt.Errorf("applying event %q: %w", event.ID, err)
	}
	return fresh, nil
}

func (s *stop) apply(ctx context.Context, event Event) error {
	now, err := store.Now(ctx, s.tx)
	if err != nil {
		return err
	}
	before := s.client
	if err := s.change(ctx, event); err != nil {
		return err
	}
	s.client.UpdatedAt, s.client.ReviewAt = now, &now
	if err := store.SaveClients(ctx, s.tx, []*store.Client{&s.client}); err != nil {
		return err
	}
	if s.client.Stage == notTarget && before.Stage != notTarget {
		err = s.end(ctx, endedManual, every)
	} else if bought(event.Type) {
		err = s.end(ctx, endedPurchased, func(e store.Enrollment, v *Version) bool { return exitingOn("purchase")(e, v) || forOthers(e, v) })
	} else if before.Category != s.client.Category {
		err = errors.Join(s.end(ctx, categoryChanged, exitingOn(categoryChange)), s.engine.retimeClients(ctx, s.tx, []int64{s.client.ID}))
	}
	if err != nil {
		return err
	}
	data := map[string]any{"event": event.ID}
	for key, value := range event.Data {
		data[key] = value
	}
	channel := "other"
	if event.Type == "meeting_booked" {
		channel = "meeting"
	}
	_, err = s.write(ctx, store.NewTouch{
		ClientID: s.client.ID, Kind: event.Type, Channel: channel, At: event.At, Actor: "crm", Data: data,
	}, now)
	if err != nil {
		return err
	}
	if err := s.engine.happened(ctx, s.tx, []int64{s.client.ID}, false, now); err != nil {
		return err
	}
	if before.Owner != s.client.Owner {
		if err := store.HandTasksOver(ctx, s.tx, []int64{s.client.ID}); err != nil {
			return err
		}
		if err := s.engine.handOver(ctx, s.tx, []newRep{{s.client.ID, before.OwnerID, s.client.OwnerID}}, now); err != nil {
			return err
		}
	}
	catalog, err := s.engine.Catalog(ctx, s.tx)
	if err != nil {
		return err
	}
	if err := s.engine.review(ctx, s.tx, catalog, []int64{s.client.ID}, now); err != nil {
		return err
	}
	return store.Notify(ctx, s.tx, store.PlanChannel)
}

// notTarget is the stage of somebody who is not our client: everything ends.
const notTarget = "not_target"

func bought(eventType string) bool { return eventType == "purchase" || eventType == "deal_won" }

// change writes what an event says into the client.
func (s *stop) change(ctx context.Context, event Event) error {
	c := &s.client
	switch event.Type {
	case "purchase", "deal_won":
		c.Stage, c.Temperature = "customer", "hot"
		if c.LastPurchaseAt == nil || event.At.After(*c.LastPurchaseAt) {
			c.LastPurchaseAt = &event.At
		}
		for _, product := range texts(event.Data["products"]) {
			if !slices.Contains(c.Products, product) {
				c.Products = append(c.Products, product)
			}
		}
	case "request", "deal_opened":
		c.Stage = "request"
	case "meeting_booked":
		if c.Stage == "" || c.Stage == "lead" {
			c.Stage = "interest"
		}
	case "deal_lost":
		// Back to where his category's chain looks after him: a client whose deal is
		// lost must not be forgotten.
		if c.Stage == "request" {
			c.Stage = "refused_target"
			if c.LastPurchaseAt != nil {
				c.Stage = "customer"
			}
		}
	case "refusal":
		c.Stage = "refused_now"
		if target, said := event.Data["target"].(bool); said && !target {
			c.Stage = notTarget
		} else if said {
			c.Stage = "refused_target"
		}
	case "category_changed":
		c.Category, _ = event.Data["category"].(string)
	case "owner_changed":
		return s.changeOwner(ctx, event)
	}
	return nil
}

func (s *stop) changeOwner(ctx context.Context, event Event) error {
	email, _ := event.Data["owner"].(string)
	address, err := store.NormalizeAddress(email)
	if err != nil {
		return &FieldError{Field: "data.owner", Message: err.Error()}
	}
	owners, err := store.OwnersByEmail(ctx, s.tx, []string{address})
	if err != nil {
		return err
	}
	id := owners[address]
	s.client.OwnerID, s.client.Owner = &id, address
	return nil
}

func texts(value any) []string {
	list, _ := value.([]any)
	var out []string
	for _, v := range list {
		if text, ok := v.(string); ok && text != "" {
			out = append(out, text)
		}
	}
	return out
}
