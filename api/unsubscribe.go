package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"seventh/internal/store"
	"seventh/internal/token"
)

// unsubscribePageData is what unsubscribe.html shows, in words of one language.
type unsubscribePageData struct {
	unsubscribeWords
	Address string // masked
	Done    bool
}

type unsubscribeWords struct{ Lang, Title, Question, Button, Thanks string }

var wordsIn = map[string]unsubscribeWords{
	"en": {
		Lang: "en", Title: "Unsubscribe", Button: "Unsubscribe",
		Question: "Shall we stop writing to this address?", Thanks: "Done. We will not write to this address any more.",
	},
	"ru": {
		Lang: "ru", Title: "Отписка", Button: "Отписаться",
		Question: "Больше не писать на этот адрес?", Thanks: "Готово. Больше мы не будем писать на этот адрес.",
	},
}

// unsubscribePage asks. Programs follow every link of a letter, so that asking
// must not change anything.
func (s *server) unsubscribePage(c echo.Context) error { return s.showUnsubscribe(c, false) }

// unsubscribe acts: on the page's button, and on the one click of a mail program
// (RFC 8058), which sends no cookie and no origin. The token alone gives the right
// to it, whatever the body says, and it may come as often as it likes.
func (s *server) unsubscribe(c echo.Context) error {
	t, err := s.Links.Open(c.Param("token"), token.Unsubscribe)
	if err != nil {
		return echo.ErrNotFound
	}
	err = s.Engine.Unsubscribe(c.Request().Context(), t.Message)
	if errors.Is(err, store.ErrNotFound) {
		return echo.ErrNotFound
	}
	if err != nil {
		return err
	}
	return s.showUnsubscribe(c, true)
}

func (s *server) showUnsubscribe(c echo.Context, done bool) error {
	t, err := s.Links.Open(c.Param("token"), token.Unsubscribe)
	if err != nil {
		return echo.ErrNotFound
	}
	ctx := c.Request().Context()
	message, err := store.MessageByID(ctx, s.DB, t.Message)
	if errors.Is(err, store.ErrNotFound) {
		return s.showErased(c, t.Message, done)
	}
	if err != nil {
		return err
	}
	words, err := s.wordsFor(ctx, message.ClientID)
	if err != nil {
		return err
	}
	private(c)
	return plain(c, http.StatusOK, "unsubscribe.html", unsubscribePageData{unsubscribeWords: words, Address: masked(message.Recipient), Done: done})
}

// showErased is the page for a client who was erased: of him we know nothing but
// that there was a letter.
func (s *server) showErased(c echo.Context, messageID int64, done bool) error {
	erased, err := store.IsErased(c.Request().Context(), s.DB, messageID)
	if err != nil {
		return err
	}
	if !erased {
		return echo.ErrNotFound
	}
	private(c)
	return plain(c, http.StatusOK, "unsubscribe.html", unsubscribePageData{unsubscribeWords: wordsIn["en"], Done: done})
}

// wordsFor are in the client's language, or that of the content.
func (s *server) wordsFor(ctx context.Context, clientID int64) (unsubscribeWords, error) {
	client, err := store.ClientByID(ctx, s.DB, clientID)
	if err != nil {
		return unsubscribeWords{}, err
	}
	locale := client.Locale
	if locale == "" {
		if catalog, err := s.catalog(ctx); err == nil {
			locale = catalog.Settings.Locale
		}
	}
	lang, _, _ := strings.Cut(strings.ToLower(locale), "-")
	if words, ok := wordsIn[lang]; ok {
		return words, nil
	}
	return wordsIn["en"], nil
}

// masked shows enough of an address for its owner to know it: a forwarded letter
// must not give it away.
func masked(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 1 {
		return ""
	}
	_, first := utf8.DecodeRuneInString(address)
	return address[:first] + "•••" + address[at:]
}
