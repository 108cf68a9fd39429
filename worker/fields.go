package worker

import (
	"strings"

	"seventh/internal/engine"
	"seventh/internal/store"
	"seventh/internal/token"
	"seventh/sequences"
)

// fields is what a letter's fields show. It answers for those that a letter uses, without making maps of all that there are.
type fields struct {
	*engine.Letter
	worker      *Worker
	settings    *sequences.Settings
	links       int // how many the letter has
	unsubscribe string
}

// Field is the value of a field by its path (see templates.Source).
func (f *fields) Field(path string) any {
	if name, ok := strings.CutPrefix(path, "client.attributes."); ok {
		return f.Client.Attributes[name]
	}
	value, known := fieldValues[path]
	if !known {
		return nil
	}
	return value(f)
}

// fieldValues are the fields of templates.Fields and those that the sender adds. Texts are pointers, which cost no allocation.
var fieldValues = map[string]func(*fields) any{
	"client.external_id":      func(f *fields) any { return &f.Client.ExternalID },
	"client.first_name":       func(f *fields) any { return &f.Client.FirstName },
	"client.last_name":        func(f *fields) any { return &f.Client.LastName },
	"client.name":             func(f *fields) any { return f.Client.Name() },
	"client.email":            func(f *fields) any { return &f.Client.Email },
	"client.company":          func(f *fields) any { return &f.Client.Company },
	"client.category":         func(f *fields) any { return &f.Client.Category },
	"client.temperature":      func(f *fields) any { return &f.Client.Temperature },
	"client.stage":            func(f *fields) any { return &f.Client.Stage },
	"client.locale":           func(f *fields) any { return &f.Client.Locale },
	"client.source":           func(f *fields) any { return &f.Client.Source },
	"client.products":         func(f *fields) any { return f.Client.Products },
	"client.last_purchase_at": (*fields).lastPurchase,

	"rep.name":       func(f *fields) any { return f.rep(&f.Rep.Name, &f.From.Name) },
	"rep.first_name": func(f *fields) any { return firstWord(*f.rep(&f.Rep.Name, &f.From.Name)) },
	"rep.email":      func(f *fields) any { return &f.From.Email },
	"rep.phone":      func(f *fields) any { return f.rep(&f.Rep.Phone, nil) },
	"rep.position":   func(f *fields) any { return f.rep(&f.Rep.Position, nil) },

	"previous_rep.name":  func(f *fields) any { return f.before(func(u *store.User) *string { return &u.Name }) },
	"previous_rep.email": func(f *fields) any { return f.before(func(u *store.User) *string { return &u.Email }) },
	"previous_rep.phone": func(f *fields) any { return f.before(func(u *store.User) *string { return &u.Phone }) },

	"company.name":    func(f *fields) any { return &f.settings.Company.Name },
	"company.site":    func(f *fields) any { return &f.settings.Company.Site },
	"company.address": func(f *fields) any { return &f.settings.Company.Address },
	"company.phone":   func(f *fields) any { return &f.settings.Company.Phone },
	"company.email":   func(f *fields) any { return &f.settings.Company.Email },

	"offer.name":       (*fields).offerName,
	"offer.expires_at": (*fields).offerExpires,

	"link.unsubscribe": func(f *fields) any { return &f.unsubscribe },
	"link.open":        func(f *fields) any { return f.worker.link("o", token.Token{Message: f.MessageID, Purpose: token.Open}) },
	"link.clicks":      (*fields).clicks,
	"link.honeypot":    (*fields).honeypot,
}

func (f *fields) lastPurchase() any {
	if f.Client.LastPurchaseAt == nil {
		return nil
	}
	return f.Client.LastPurchaseAt.In(f.Zone)
}

// rep chooses between what the client's rep and what a named sender signs with.
func (f *fields) rep(owner, sender *string) *string {
	if f.From.Email == f.Rep.Email {
		return owner
	}
	return sender
}

// before is what is said of the rep who looked after the client until now.
func (f *fields) before(of func(*store.User) *string) any {
	if f.Previous == nil {
		return nil
	}
	return of(f.Previous)
}

func (f *fields) offerName() any {
	if f.OfferExpiresAt == nil {
		return nil
	}
	return &f.OfferName
}

func (f *fields) offerExpires() any {
	if f.OfferExpiresAt == nil {
		return nil
	}
	return f.OfferExpiresAt.In(f.Zone)
}

func (f *fields) clicks() any {
	clicks := make([]string, f.links)
	for i := range clicks {
		clicks[i] = f.worker.link("c", token.Token{Message: f.MessageID, Purpose: token.Click, Index: i})
	}
	return clicks
}

// honeypot is the link that nobody can see.
func (f *fields) honeypot() any {
	if !f.settings.Tracking.Honeypot {
		return nil
	}
	return f.worker.link("c", token.Token{Message: f.MessageID, Purpose: token.Click, Index: token.Honeypot})
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
