package api

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/text/language"

	"seventh/internal/engine"
	"seventh/internal/store"
	"seventh/sequences"
)

// Lengths, in characters.
const (
	idLimit        = 200
	nameLimit      = 200
	emailLimit     = 254 // RFC 5321 4.5.3.1.3, less the angle brackets
	textLimit      = 2000
	attributeLimit = 100 // attributes of one client
)

// ahead is how far a caller's clock may be before business time.
const ahead = 24 * time.Hour

// rules are what requests are checked against besides their form.
type rules struct {
	now        time.Time // business time
	attributes map[string]sequences.Attribute
}

func (s *server) rules(ctx context.Context) (*rules, error) {
	catalog, err := s.catalog(ctx)
	if err != nil {
		return nil, err
	}
	now, err := store.Now(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	return &rules{now: now, attributes: catalog.Settings.Attributes}, nil
}

// catalog is the published content.
func (s *server) catalog(ctx context.Context) (*engine.Catalog, error) {
	catalog, err := s.Engine.Catalog(ctx, s.DB)
	if errors.Is(err, store.ErrNotFound) {
		return nil, errNoContent
	}
	return catalog, err
}

// checking collects all that is wrong with one request or one item of it.
type checking struct {
	*rules
	problems []error
}

func (r *rules) check() *checking { return &checking{rules: r} }

func (c *checking) add(location, message string, value any) {
	c.problems = append(c.problems, &huma.ErrorDetail{Location: location, Message: message, Value: value})
}

// err is the answer to everything that was found, or nil.
func (c *checking) err() error {
	if len(c.problems) == 0 {
		return nil
	}
	return huma.NewError(http.StatusUnprocessableEntity, "validation failed", c.problems...)
}

// client checks what is said about a client and turns it into what the engine takes.
func (c *checking) client(at, externalID string, f *ClientFields) engine.ClientPatch {
	c.email(at+".email", f.Email)
	c.email(at+".owner", f.Owner)
	c.line(at+".first_name", f.FirstName, nameLimit)
	c.line(at+".last_name", f.LastName, nameLimit)
	c.line(at+".company", f.Company, nameLimit)
	c.line(at+".company_id", f.CompanyID, idLimit)
	c.line(at+".source", f.Source, nameLimit)
	c.locale(at+".locale", f.Locale)
	c.timeZone(at+".time_zone", f.TimeZone)
	c.past(at+".last_purchase_at", f.LastPurchaseAt)
	c.attributesOf(at+".attributes", f.Attributes)
	c.products(at+".products", f.Products)
	patch := engine.ClientPatch{
		ExternalID: externalID, Email: f.Email, FirstName: f.FirstName, LastName: f.LastName, Company: f.Company, CompanyID: f.CompanyID,
		Category: f.Category, Temperature: f.Temperature, Stage: f.Stage, Owner: f.Owner, Locale: f.Locale, TimeZone: f.TimeZone,
		Attributes: f.Attributes, Products: f.Products, Source: f.Source, LastPurchaseAt: f.LastPurchaseAt,
	}
	if consent := f.Consent; consent != nil {
		c.line(at+".consent.source", &consent.Source, textLimit)
		c.line(at+".consent.text_version", &consent.TextVersion, nameLimit)
		c.line(at+".consent.evidence", &consent.Evidence, textLimit)
		c.past(at+".consent.at", consent.At)
		patch.Consent = &engine.Consent{
			Basis: consent.Basis, Source: consent.Source, TextVersion: consent.TextVersion, Evidence: consent.Evidence, At: consent.At,
		}
	}
	return patch
}

func (c *checking) externalID(at, id string) {
	if id == "" {
		c.add(at, "is required", nil)
		return
	}
	if id == "." || id == ".." {
		c.add(at, "cannot stand in a URL", id)
		return
	}
	c.line(at, &id, idLimit)
}

// line checks a text that may end up in a header: one line, nothing invisible.
func (c *checking) line(at string, text *string, limit int) {
	if text == nil {
		return
	}
	switch {
	case utf8.RuneCountInString(*text) > limit:
		c.add(at, fmt.Sprintf("is longer than %d characters", limit), nil)
	case !printable(*text):
		c.add(at, "is blank, or holds a line break or another invisible character", nil)
	}
}

// printable reports whether a text is free of control characters and the line
// separators that are not counted among them.
func printable(text string) bool {
	for _, r := range text {
		// Cf holds what changes the direction of text, or takes no room: names are
		// greeted with, and stand in headers. U+200D joins emoji and scripts.
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Cf, r) && r != '\u200d' {
			return false
		}
	}
	return text == "" || strings.TrimSpace(text) != ""
}

func (c *checking) email(at string, email *string) {
	if email == nil || *email == "" {
		return
	}
	if len(*email) > emailLimit {
		c.add(at, fmt.Sprintf("is longer than %d characters", emailLimit), nil)
	} else if _, err := store.NormalizeAddress(*email); err != nil {
		c.add(at, err.Error(), *email)
	}
}

func (c *checking) locale(at string, locale *string) {
	if locale == nil || *locale == "" {
		return
	}
	if _, err := language.Parse(*locale); err != nil || len(*locale) > 35 {
		c.add(at, "is not a language tag like ru or en-GB (BCP 47)", *locale)
	}
}

// zones remembers the names that were found in the time zone database: a bulk
// request would read its files ten thousand times.
var zones sync.Map

func (c *checking) timeZone(at string, name *string) {
	if name == nil || *name == "" {
		return
	}
	if _, known := zones.Load(*name); known {
		return
	}
	if _, err := time.LoadLocation(*name); err != nil || *name == "Local" {
		c.add(at, "is not a time zone like Europe/Moscow (IANA)", *name)
		return
	}
	zones.Store(*name, true)
}

// past checks the time of something that has happened.
func (c *checking) past(at string, t *time.Time) {
	if t == nil || t.IsZero() { // not a time: said already
		return
	}
	if t.After(c.now.Add(ahead)) {
		c.add(at, "is in the future: business time is "+c.now.Format(time.RFC3339), t.Format(time.RFC3339))
	} else if t.Year() < 1900 {
		c.add(at, "is before the year 1900", t.Format(time.RFC3339))
	}
}

func (c *checking) products(at string, products []string) {
	for i := range products {
		c.externalID(fmt.Sprintf("%s[%d]", at, i), products[i])
	}
}

func (c *checking) attributesOf(at string, attributes map[string]any) {
	if len(attributes) > attributeLimit {
		c.add(at, fmt.Sprintf("has more than %d attributes", attributeLimit), nil)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		value, place := attributes[name], at+"."+name
		if name == "" || utf8.RuneCountInString(name) > nameLimit || !printable(name) {
			c.add(at, "has a name that is empty, too long or holds a control character", nil)
			continue
		}
		c.attribute(place, c.attributes[name].Type, value)
	}
}

// attribute checks a value against its declared type; ” is not declared, and may
// be of any.
func (c *checking) attribute(at, want string, value any) {
	text, isText := value.(string)
	number, isNumber := value.(float64)
	_, isBool := value.(bool)
	switch want {
	case "number":
		if !isNumber || math.IsInf(number, 0) {
			c.add(at, "must be a number", value)
		}
	case "bool":
		if !isBool {
			c.add(at, "must be true or false", value)
		}
	case "date":
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			c.add(at, "must be a date like 2026-03-31", value)
		}
	case "string":
		if !isText {
			c.add(at, "must be a text", value)
		}
	default:
		if !isText && !isNumber && !isBool {
			c.add(at, "must be a text, a number, true or false", nil)
		}
	}
	c.line(at, &text, textLimit)
}

// known notes that what a field names does not exist; other errors come back.
func (c *checking) known(at string, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		c.add(at, "is not known here", nil)
		return nil
	}
	return err
}
