package pages

import (
	"context"
	"strings"
	"sync"
	"time"

	"seventh/internal/content"
	"seventh/internal/store"
	"seventh/sequences"
	"seventh/templates"
)

// subjects knows what letters that have not gone out yet will be called. It keeps
// the letters in force, compiled.
type subjects struct {
	mu          sync.Mutex
	publication int64
	letters     *templates.Set
}

// namer names the letter of a step: by its subject, or by its template where that
// cannot be written yet. An offer's deadline counts from when, nil without a date.
type namer func(step sequences.Step, when *time.Time) string

// of names letters to a client.
func (s *subjects) of(ctx context.Context, pages *site, sc scene, client *store.Client) namer {
	byTemplate := func(step sequences.Step, _ *time.Time) string { return step.Email.First() }
	if sc.catalog == nil {
		return byTemplate
	}
	letters, err := s.current(ctx, pages.DB, sc.catalog.Publication)
	if err != nil {
		pages.Log.Warn("subjects of coming letters are not known", "err", err)
		return byTemplate
	}
	data := templates.Data{
		"client": map[string]any{
			"external_id": client.ExternalID, "first_name": client.FirstName, "last_name": client.LastName, "name": client.Name(),
			"email": client.Email, "company": client.Company, "category": client.Category, "temperature": client.Temperature,
			"stage": client.Stage, "locale": client.Locale, "source": client.Source, "products": client.Products, "attributes": client.Attributes,
		},
		"company": map[string]any{"name": sc.catalog.Settings.Company.Name},
		"rep":     map[string]any{"email": client.Owner},
		"link":    map[string]any{},
	}
	if client.LastPurchaseAt != nil {
		data["client"].(map[string]any)["last_purchase_at"] = client.LastPurchaseAt.In(sc.zone)
	}
	zone := clientZone(client, sc.zone)
	return func(step sequences.Step, when *time.Time) string {
		letter := letters.Letter(step.Email.First(), client.Locale)
		if letter == nil || (step.Offer != nil && when == nil) {
			return step.Email.First()
		}
		delete(data, "offer")
		if step.Offer != nil {
			data["offer"] = map[string]any{"name": step.Offer.Name, "expires_at": step.Offer.Deadline(when.In(zone), sc.catalog.Calendar)}
		}
		rendered, err := letter.Render(data)
		if err != nil || strings.TrimSpace(rendered.Subject) == "" {
			return step.Email.First()
		}
		return rendered.Subject
	}
}

func (s *subjects) current(ctx context.Context, db store.DB, publication int64) (*templates.Set, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.letters != nil && s.publication == publication {
		return s.letters, nil
	}
	folder, inForce, err := content.InForce(ctx, db)
	if err != nil {
		return nil, err
	}
	s.letters, s.publication = folder.Letters, inForce
	return s.letters, nil
}
