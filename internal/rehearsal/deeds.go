package rehearsal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"seventh/internal/engine"
	"seventh/internal/inbound"
	"seventh/internal/sandbox"
	"seventh/internal/store"
	"seventh/internal/token"
	"seventh/sequences"
)

// patch is a client of the story as the CRM tells of him.
func (p *play) patch(c *sequences.Sample) engine.ClientPatch {
	patch := engine.ClientPatch{
		ExternalID: c.ExternalID, Email: &c.Email, FirstName: &c.FirstName, LastName: &c.LastName, Company: &c.Company, CompanyID: &c.CompanyID,
		Category: &c.Category, Stage: new(cmp.Or(c.Stage, "lead")), Owner: &c.Owner, Locale: &c.Locale, TimeZone: &c.TimeZone,
		Attributes: c.Attributes, Products: c.Products, Source: &c.Source,
		Consent: &engine.Consent{Basis: c.Consent.Basis, Source: c.Consent.Source, TextVersion: c.Consent.TextVersion, Evidence: c.Consent.Evidence},
	}
	if c.Temperature != "" {
		patch.Temperature = &c.Temperature
	}
	if !c.LastPurchase.IsZero() {
		at := c.LastPurchase.In(p.zone)
		patch.LastPurchaseAt = &at
	}
	if !c.Consent.At.IsZero() {
		at := c.Consent.At.In(p.zone)
		patch.Consent.At = &at
	}
	return patch
}

// upsert adds or changes a client as the CRM does.
func (p *play) upsert(ctx context.Context, patch engine.ClientPatch) error {
	results, err := p.engine.UpsertClients(ctx, []engine.ClientPatch{patch})
	if err != nil {
		return err
	}
	if err := results[0].Err; err != nil {
		return broken("the client %s cannot be so: %v", patch.ExternalID, err)
	}
	return nil
}

func (p *play) enroll(ctx context.Context, client, sequence, reason string) error {
	var enrolled engine.Enrolled
	err := store.Tx(ctx, p.pool, func(tx pgx.Tx) error {
		var err error
		enrolled, err = p.engine.Enroll(ctx, tx, engine.EnrollRequest{Sequence: sequence, Clients: []string{client}})
		return err
	})
	switch {
	case errors.Is(err, engine.ErrUnknownSequence):
		return broken("there is no sequence %q%s", sequence, orElse(sequences.DidYouMean(sequence, p.sequenceNames()), " in the content"))
	case err != nil:
		return err
	case reason == "" && enrolled.Enrolled != 1:
		p.fail("%s is not enrolled: %s. If that is right, write `enroll %s in %s skipped %[2]s`", client, skipped(enrolled), client, sequence)
	case reason != "" && enrolled.Enrolled == 1:
		p.fail("%s is enrolled, and was expected to be skipped: %s", client, reason)
	case reason != "" && enrolled.Reasons[reason] != 1:
		p.fail("%s is skipped for another reason: %s", client, skipped(enrolled))
	}
	return nil
}

func skipped(e engine.Enrolled) string {
	for _, s := range e.Skipped {
		return s.Reason
	}
	return "nobody knows why"
}

func (p *play) sequenceNames() []string {
	var names []string
	for _, s := range p.loaded.Sequences {
		names = append(names, s.Name)
	}
	return names
}

func (p *play) event(ctx context.Context, kind, client string, data map[string]any) error {
	p.events++
	now, err := p.now(ctx)
	if err != nil {
		return err
	}
	event := engine.Event{ID: fmt.Sprintf("event-%d", p.events), Type: kind, Client: client, At: now, Data: data}
	for _, fresh := range []bool{true, false} { // the CRM says things twice
		applied, err := p.engine.ApplyEvent(ctx, event)
		var field *engine.FieldError
		if errors.As(err, &field) {
			return broken("%s: %s", field.Field, field.Message)
		}
		if err != nil {
			return err
		}
		if applied != fresh {
			return fmt.Errorf("event %s is new: %t, want %t", event.ID, applied, fresh)
		}
	}
	return nil
}

func (p *play) stage(ctx context.Context, client, stage string) error {
	return p.upsert(ctx, engine.ClientPatch{ExternalID: client, Stage: &stage})
}

func (p *play) temperature(ctx context.Context, client, temperature string) error {
	return p.upsert(ctx, engine.ClientPatch{ExternalID: client, Temperature: &temperature})
}

func (p *play) consent(ctx context.Context, client, basis string) error {
	return p.upsert(ctx, engine.ClientPatch{ExternalID: client, Consent: &engine.Consent{Basis: basis}})
}

// attribute changes one attribute: a number or true and false as such, if the
// content declares it so.
func (p *play) attribute(ctx context.Context, client, name, text string) error {
	declared, known := p.loaded.Settings.Attributes[name]
	if !known {
		var names []string
		for name := range p.loaded.Settings.Attributes {
			names = append(names, name)
		}
		return broken("seventh.yaml declares no attribute %q%s", name, sequences.DidYouMean(name, names))
	}
	row, err := store.ClientByExternalID(ctx, p.pool, client)
	if err != nil {
		return err
	}
	attributes := map[string]any{name: any(text)}
	for other, value := range row.Attributes {
		if other != name {
			attributes[other] = value
		}
	}
	switch declared.Type {
	case "number":
		if attributes[name], err = strconv.ParseFloat(text, 64); err != nil {
			return broken("%s is a number: %q is none", name, text)
		}
	case "bool":
		attributes[name] = text == "true"
	}
	return p.upsert(ctx, engine.ClientPatch{ExternalID: client, Attributes: attributes})
}

// touch writes down that a rep, or the client himself, was in touch.
func (p *play) touch(ctx context.Context, client, kind, channel, actor string) error {
	row, err := store.ClientByExternalID(ctx, p.pool, client)
	if err != nil {
		return err
	}
	now, err := p.now(ctx)
	if err != nil {
		return err
	}
	_, err = p.engine.NoteTouch(ctx, store.NewTouch{ClientID: row.ID, Kind: kind, Channel: channel, At: now, Actor: actor})
	return err
}

// done is that the rep has done the task of a step.
func (p *play) done(ctx context.Context, step, client string) error {
	tasks, err := store.ListTasks(ctx, p.pool, store.TaskFilter{Client: client, State: store.TaskOpen, Limit: 1000})
	if err != nil {
		return err
	}
	var steps []string
	for _, t := range tasks {
		if calls(&t, step) {
			return p.engine.CloseTask(ctx, t.ID, engine.Closing{By: orElse(t.Owner, "a rep")})
		}
		steps = append(steps, orElse(t.Step, t.About))
	}
	return broken("there is no open task of %s for %s%s", step, client, orElse(sequences.DidYouMean(step, steps), ""))
}

func (p *play) steer(ctx context.Context, client, state string, do func(context.Context, int64) error) error {
	chains, err := p.chains(ctx, client, "")
	if err != nil {
		return err
	}
	for _, e := range chains {
		if e.State == state {
			return do(ctx, e.ID)
		}
	}
	return broken("nothing is %s for %s", state, client)
}

func (p *play) publishEdit(ctx context.Context, edit string) error {
	return p.publish(ctx, p.story.edits[edit])
}

func (p *play) unsubscribe(ctx context.Context, step, client string) error {
	l, _, err := p.letterOf(ctx, step, client)
	if err != nil {
		return err
	}
	t, err := p.link(l.header.Get("List-Unsubscribe"), "u", token.Unsubscribe, 0)
	if err != nil {
		return err
	}
	for range 2 { // people press twice
		if err := p.engine.Unsubscribe(ctx, t.Message); err != nil {
			return err
		}
	}
	return nil
}

// answer is something that comes back to a client's letter.
func (p *play) answer(ctx context.Context, step, client string, event inbound.Event) error {
	_, m, err := p.letterOf(ctx, step, client)
	if err != nil {
		return err
	}
	return p.engine.Apply(ctx, engine.Report{MessageID: m.ID, Event: event})
}

// refuse has a mail server refuse an address.
func (p *play) refuse(address, code, text string, once bool) error {
	number, err := strconv.Atoi(code)
	if err != nil || number < 400 || number > 599 {
		return broken("a mail server refuses with a code from 400 (for now) to 599 (for good), not %s", code)
	}
	if number == 421 {
		return broken("421 says that the mail server is down, not that it refuses %s: write 450", address)
	}
	p.answers.add(strings.ToLower(address), sandbox.Refusal{Code: number, Text: text}, once)
	return nil
}

// answers are what mail servers are told to answer about recipients.
type answers struct {
	mu   sync.Mutex
	list map[string][]sandbox.Refusal // by address, the next first
	kept map[string]bool              // the last one stays
}

func (a *answers) add(address string, reply sandbox.Refusal, once bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.list == nil {
		a.list, a.kept = make(map[string][]sandbox.Refusal), make(map[string]bool)
	}
	a.list[address] = append(a.list[address], reply)
	a.kept[address] = !once
}

func (a *answers) next(to string) sandbox.Refusal {
	a.mu.Lock()
	defer a.mu.Unlock()
	to = strings.ToLower(to)
	waiting := a.list[to]
	if len(waiting) == 0 {
		return sandbox.Refusal{}
	}
	if !a.kept[to] || len(waiting) > 1 {
		a.list[to] = waiting[1:]
	}
	return waiting[0]
}
