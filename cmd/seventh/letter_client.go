package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"seventh/internal/engine"
	"seventh/internal/store"
	"seventh/sequences"
	"seventh/templates"
	"seventh/worker"
)

// recipient is the letter's client with his rep; without one for the sample.
func (c letterChoice) recipient(ctx context.Context, db *database, settings *sequences.Settings, now time.Time) (*engine.Letter, error) {
	l := &engine.Letter{Zone: zoneNamed(settings.TimeZone, time.UTC)}
	switch {
	case c.Client != "":
		client, err := store.ClientByExternalID(ctx, db.Pool, c.Client)
		if errors.Is(err, store.ErrNotFound) {
			return nil, fmt.Errorf("there is no client %q in the database: write the CRM's id of one", c.Client)
		}
		if err != nil {
			return nil, err
		}
		l.Client = &client
		if client.OwnerID != nil {
			if l.Rep, err = store.UserByID(ctx, db.Pool, *client.OwnerID); err != nil {
				return nil, err
			}
		}
	case c.ClientFile != "":
		client, err := readClient(c.ClientFile)
		if err != nil {
			return nil, err
		}
		l.Client = &client
		if client.Owner != "" {
			l.Rep = sampleRep(client.Owner, templates.SampleData(client.Locale, now)["rep"].(map[string]any))
		}
	}
	if l.Client != nil {
		l.Zone = zoneNamed(l.Client.TimeZone, l.Zone)
	}
	return l, nil
}

func zoneNamed(name string, otherwise *time.Location) *time.Location {
	zone, err := time.LoadLocation(name)
	if name == "" || err != nil {
		return otherwise
	}
	return zone
}

// sampleRep looks after a client who is in no database.
func sampleRep(email string, sample map[string]any) store.User {
	text := func(name string) string { s, _ := sample[name].(string); return s }
	return store.User{Email: email, Name: text("name"), Phone: text("phone"), Position: text("position")}
}

// senderOf is who a letter of a sequence comes from: with `sender: owner` the
// client's rep.
func senderOf(settings *sequences.Settings, s *sequences.Sequence, l *engine.Letter) sequences.Sender {
	fallback := settings.Senders[settings.FallbackSender]
	if s == nil {
		return fallback
	}
	if s.Sender != sequences.Owner || l.Rep.Email == "" {
		if named, ok := settings.Senders[s.Sender]; ok {
			return named
		}
		return fallback
	}
	for _, sender := range settings.Senders {
		if strings.EqualFold(sender.Email, l.Rep.Email) {
			sender.Name = cmp.Or(sender.Name, l.Rep.Name)
			return sender
		}
	}
	return sequences.Sender{Email: l.Rep.Email, Name: l.Rep.Name}
}

// offer is the one that was named, else the step's, counted from now.
func (c letterChoice) offer(l *engine.Letter, step sequences.Step, settings *sequences.Settings, now time.Time) {
	expires := now.AddDate(0, 0, 7)
	switch {
	case c.Offer != "":
		l.OfferName, l.OfferExpiresAt = c.Offer, &expires
	case step.Offer != nil:
		if calendar, err := sequences.LoadCalendar(settings.Calendar); err == nil {
			expires = step.Offer.Deadline(now.In(l.Zone), calendar)
		}
		l.OfferName, l.OfferExpiresAt = step.Offer.Name, &expires
	}
}

// sample is a plausible client of the company's.
func (c letterChoice) sample(settings *sequences.Settings, letter *templates.Letter, l *engine.Letter, now time.Time) templates.Source {
	data := templates.SampleData(letter.Locale, now)
	data["company"] = worker.CompanyData(settings)
	if len(c.Product) > 0 {
		data["client"].(map[string]any)["products"] = c.Product
	}
	if l.OfferExpiresAt != nil {
		data["offer"] = map[string]any{"name": l.OfferName, "expires_at": *l.OfferExpiresAt}
	}
	return data
}
