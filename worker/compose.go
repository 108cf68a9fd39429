package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"seventh/internal/engine"
	"seventh/internal/mail"
	"seventh/internal/store"
	"seventh/internal/token"
	"seventh/sequences"
	"seventh/templates"
)

// errUnwritable says that the content, not the machine, keeps a letter from being
// written: a new publication may cure it.
var errUnwritable = errors.New("the letter cannot be written")

// composed is a letter ready for the wire.
type composed struct {
	compiled *mail.Compiled
	content  store.Content
	from     string // envelope sender
}

// compose writes one letter of an edition for its client, dated now.
func (w *Worker) compose(ctx context.Context, edition *edition, l *engine.Letter, now time.Time) (*composed, error) {
	letter := edition.set.Letter(l.Template, l.Client.Locale)
	if letter == nil {
		return nil, fmt.Errorf("%w: there is no letter templates/%s.md in the published content", errUnwritable, l.Template)
	}
	compiled, err := edition.compile(ctx, w.options.Pool, letter)
	if err != nil {
		return nil, err
	}
	rendered, err := letter.Render(w.data(edition.settings, l, letter))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnwritable, err)
	}
	from, err := store.NormalizeAddress(l.From.Email)
	if err != nil {
		return nil, fmt.Errorf("%w: the sender's address %q %w", errUnwritable, l.From.Email, err)
	}
	replyTo := l.From.ReplyTo
	if replyTo == "" {
		replyTo = l.From.Email
	}
	domain := from[strings.LastIndexByte(from, '@')+1:]
	personal, err := compiled.Compose(nil, mail.Header{
		From:        mail.Address{Name: l.From.Name, Email: l.From.Email},
		ReplyTo:     mail.Address{Name: l.From.Name, Email: replyTo},
		To:          mail.Address{Name: l.Client.Name(), Email: l.Client.Email},
		MessageID:   w.options.Links.MessageID(l.MessageID) + "@" + domain,
		Date:        now.In(l.Zone),
		Unsubscribe: w.link("u", token.Token{Message: l.MessageID, Purpose: token.Unsubscribe}),
		ListID:      l.Version.Sequence.Name + "." + domain,
	}, rendered)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnwritable, err)
	}
	return &composed{compiled: compiled, from: from, content: store.Content{
		Subject: rendered.Subject, Recipient: l.Client.Address, LetterHash: compiled.Hash[:], Personal: personal, Destinations: personalOnly(rendered.Destinations),
	}}, nil
}

// personalOnly drops destinations that are the same for everybody: those stand
// with the fixed parts.
func personalOnly(destinations []string) []string {
	for _, d := range destinations {
		if d != "" {
			return destinations
		}
	}
	return nil
}

func (w *Worker) link(path string, t token.Token) string {
	return w.options.PublicURL + "/" + path + "/" + w.options.Links.Seal(t)
}

// data is what a letter's fields show.
func (w *Worker) data(settings *sequences.Settings, l *engine.Letter, letter *templates.Letter) templates.Data {
	clicks := make([]string, len(letter.Links))
	for i := range clicks {
		clicks[i] = w.link("c", token.Token{Message: l.MessageID, Purpose: token.Click, Index: i})
	}
	data := templates.Data{
		"client":  clientData(l.Client, l.Zone),
		"rep":     repData(l),
		"company": CompanyData(settings),
		"link": map[string]any{
			"unsubscribe": w.link("u", token.Token{Message: l.MessageID, Purpose: token.Unsubscribe}),
			"open":        w.link("o", token.Token{Message: l.MessageID, Purpose: token.Open}),
			"clicks":      clicks,
		},
	}
	if l.OfferExpiresAt != nil {
		data["offer"] = map[string]any{"name": l.OfferName, "expires_at": l.OfferExpiresAt.In(l.Zone)}
	}
	return data
}

func clientData(c *store.Client, zone *time.Location) map[string]any {
	data := map[string]any{
		"external_id": c.ExternalID, "first_name": c.FirstName, "last_name": c.LastName, "name": c.Name(), "email": c.Email, "company": c.Company,
		"category": c.Category, "temperature": c.Temperature, "stage": c.Stage, "locale": c.Locale, "source": c.Source, "products": c.Products,
		"attributes": c.Attributes,
	}
	if c.LastPurchaseAt != nil {
		data["last_purchase_at"] = c.LastPurchaseAt.In(zone)
	}
	return data
}

// repData is who signs: the client's rep, or the named sender.
func repData(l *engine.Letter) map[string]any {
	if l.From.Email != l.Rep.Email {
		return map[string]any{"name": l.From.Name, "first_name": firstWord(l.From.Name), "email": l.From.Email}
	}
	return map[string]any{
		"name": l.Rep.Name, "first_name": firstWord(l.Rep.Name), "email": l.Rep.Email, "phone": l.Rep.Phone, "position": l.Rep.Position,
	}
}

// CompanyData is the company as letters show it.
func CompanyData(s *sequences.Settings) map[string]any {
	return map[string]any{
		"name": s.Company.Name, "site": s.Company.Site, "address": s.Company.Address, "phone": s.Company.Phone, "email": s.Company.Email,
	}
}

func firstWord(s string) string {
	word, _, _ := strings.Cut(s, " ")
	return word
}
