package api

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"

	"seventh/internal/engine"
	"seventh/internal/store"
	"seventh/sequences"
)

// eventTypes are what can happen in the CRM, beside custom:NAME.
var eventTypes = []string{
	"purchase", "deal_opened", "deal_won", "deal_lost", "meeting_booked", "request", "refusal", "owner_changed", "category_changed",
}

var customType = regexp.MustCompile(`^custom:[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$`)

type eventInput struct {
	Body struct {
		ID     string         `json:"id" doc:"The CRM's own: an event that comes again changes nothing."`
		Type   string         `json:"type" doc:"purchase, deal_opened, deal_won, deal_lost, meeting_booked, request, refusal, owner_changed, category_changed or custom:NAME."`
		Client string         `json:"client"`
		At     *time.Time     `json:"at,omitempty" doc:"Now if left out."`
		Data   map[string]any `json:"data,omitempty" doc:"By type: purchase and deal_won products[], amount; deal_lost reason, side (client, us); refusal reason, side, target; owner_changed owner; category_changed category."`
	}
}

type eventAnswer struct {
	Body struct {
		ID  string `json:"id"`
		New bool   `json:"new" doc:"false: it came before."`
	}
}

// event applies what happened in the CRM.
func (s *server) event(ctx context.Context, in *eventInput) (*eventAnswer, error) {
	rules, err := s.rules(ctx)
	if err != nil {
		return nil, err
	}
	check, e := rules.check(), &in.Body
	check.externalID("body.id", e.ID)
	check.past("body.at", e.At)
	check.eventData(e.Type, e.Data)
	_, err = store.ClientByExternalID(ctx, s.DB, e.Client)
	if err := check.known("body.client", err); err != nil {
		return nil, err
	}
	if err := check.err(); err != nil {
		return nil, err
	}
	event := engine.Event{ID: e.ID, Type: e.Type, Client: e.Client, At: rules.now, Data: e.Data}
	if e.At != nil {
		event.At = *e.At
	}
	answer := &eventAnswer{}
	answer.Body.ID = e.ID
	answer.Body.New, err = s.Engine.ApplyEvent(ctx, event)
	return answer, err
}

// eventData checks what the engine reads from an event; the rest is the CRM's.
func (c *checking) eventData(kind string, data map[string]any) {
	switch kind {
	case "purchase", "deal_won":
		c.productList(data)
		c.option(data, "amount", func(v any) bool { _, ok := v.(float64); return ok }, "must be a number")
	case "refusal":
		c.option(data, "target", func(v any) bool { _, ok := v.(bool); return ok }, "must be true or false")
		c.option(data, "side", isSide, "must be client or us")
	case "deal_lost":
		c.option(data, "side", isSide, "must be client or us")
	case "category_changed":
		category, ok := data["category"].(string)
		if !ok || category != "" && !slices.Contains(sequences.Categories, category) {
			c.add("body.data.category", "must be A, B, C, D, or empty", data["category"])
		}
	case "owner_changed":
		owner, _ := data["owner"].(string)
		if owner == "" {
			c.add("body.data.owner", "is required: the e-mail address of the new owner", nil)
		}
		c.email("body.data.owner", &owner)
	default:
		if !slices.Contains(eventTypes, kind) && !customType.MatchString(kind) {
			c.add("body.type", "is no event"+sequences.DidYouMean(kind, eventTypes)+"; for one of your own write custom:NAME", kind)
		}
	}
}

func isSide(v any) bool { return v == "client" || v == "us" }

// option checks a value that may be left out.
func (c *checking) option(data map[string]any, name string, good func(any) bool, message string) {
	if value, given := data[name]; given && !good(value) {
		c.add("body.data."+name, message, value)
	}
}

const productLimit = 200

func (c *checking) productList(data map[string]any) {
	value, given := data["products"]
	if !given {
		return
	}
	products, ok := value.([]any)
	if !ok || len(products) > productLimit {
		c.add("body.data.products", fmt.Sprintf("must be a list of up to %d texts", productLimit), nil)
		return
	}
	for i, product := range products {
		text, ok := product.(string)
		at := fmt.Sprintf("body.data.products[%d]", i)
		if !ok {
			c.add(at, "must be a text", product)
			continue
		}
		c.externalID(at, text)
	}
}
