package pages

import (
	"context"
	"strings"
	"time"

	"seventh/internal/content"
	"seventh/internal/store"
	"seventh/sequences"
)

// subjects knows what letters that have not gone out yet will be called.
type subjects struct{ content *content.InUse }

// namer names the letter of a step: by its subject, or by its template where that
// cannot be written yet. An offer's deadline counts from when, nil without a date.
type namer func(step sequences.Step, when *time.Time) string

// of names letters to a client.
func (s *subjects) of(ctx context.Context, pages *site, sc scene, client *store.Client) namer {
	byTemplate := func(step sequences.Step, _ *time.Time) string { return step.Email.First() }
	if sc.catalog == nil {
		return byTemplate
	}
	folder, err := s.content.Folder(ctx, pages.DB)
	if err != nil {
		pages.Log.Warn("subjects of coming letters are not known", "err", err)
		return byTemplate
	}
	data := content.Data(sc.catalog.Settings, client, nil, sc.zone)
	zone := clientZone(client, sc.zone)
	return func(step sequences.Step, when *time.Time) string {
		letter := folder.Letters.Letter(step.Email.First(), client.Locale)
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
