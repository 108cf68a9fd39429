package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"seventh/internal/engine"
	"seventh/internal/store"
	"seventh/templates"
)

// offerPage is what offer.html shows, in words of one language.
type offerPage struct {
	offerWords
	Until   string
	Company string
	Site    string
	Email   string
	Phone   string
}

type offerWords struct{ Lang, Title, Over, Ask, layout string }

var offerWordsIn = map[string]offerWords{
	"en": {
		Lang: "en", Title: "This offer has ended", Over: "It held until", layout: "2 January 2006",
		Ask: "If it still interests you, write or call us: we will see what we can do.",
	},
	"ru": {
		Lang: "ru", Title: "Срок предложения истёк", Over: "Оно действовало до", layout: "2 January 2006 г.",
		Ask: "Если оно вам всё ещё интересно, напишите или позвоните нам: подумаем, что можно сделать.",
	},
}

// isOver reports whether a link takes up an offer that has ended, by business time.
// While that cannot be told the client has the benefit of the doubt.
func (s *server) isOver(ctx context.Context, d store.Destination) bool {
	if d.OfferEnds == nil {
		return false
	}
	now, err := store.Now(ctx, s.DB)
	if err != nil {
		s.Log.ErrorContext(ctx, "an offer's link was let through", "request_id", requestID(ctx), "err", err)
		return false
	}
	return now.After(*d.OfferEnds)
}

// offerIsOver is the page for whoever takes up an offer after its deadline. There is
// no way on from it but to people.
func (s *server) offerIsOver(c echo.Context, messageID int64, ended time.Time) error {
	private(c)
	if c.Request().Method == http.MethodHead {
		return c.NoContent(http.StatusGone)
	}
	ctx := c.Request().Context()
	client, err := s.reader(ctx, messageID)
	if err != nil && !errors.Is(err, store.ErrNotFound) { // of one who was erased we know nothing
		return err
	}
	catalog, err := s.catalog(ctx)
	if err != nil {
		return err
	}
	company := catalog.Settings.Company
	page := offerPage{offerWords: offerWordsFor(&client, catalog), Company: company.Name, Email: company.Email, Phone: company.Phone}
	if isWeb(company.Site) {
		page.Site = company.Site
	}
	page.Until = templates.Date(page.Lang, page.layout, ended.In(catalog.ZoneOf(&client)))
	return plain(c, http.StatusGone, "offer.html", page)
}

// reader is the client to whom a letter went.
func (s *server) reader(ctx context.Context, messageID int64) (store.Client, error) {
	message, err := store.MessageByID(ctx, s.DB, messageID)
	if err != nil {
		return store.Client{}, err
	}
	return store.ClientByID(ctx, s.DB, message.ClientID)
}

// offerWordsFor are in the client's language, or that of the content.
func offerWordsFor(client *store.Client, catalog *engine.Catalog) offerWords {
	locale := client.Locale
	if locale == "" {
		locale = catalog.Settings.Locale
	}
	lang, _, _ := strings.Cut(strings.ToLower(locale), "-")
	if words, ok := offerWordsIn[lang]; ok {
		return words
	}
	return offerWordsIn["en"]
}
