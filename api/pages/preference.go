package pages

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"seventh/internal/engine"
	"seventh/internal/store"
)

// wishPart is what a client has asked for instead of no letters at all.
type wishPart struct {
	What   string // "at most one letter a month"
	Letter string // by which he said so; '' if it is gone
	At     moment
}

// wishOf is a client's; nil if he has asked for nothing.
func (s *site) wishOf(ctx context.Context, sc scene, clientID int64) (*wishPart, error) {
	p, err := store.PreferenceOf(ctx, s.DB, clientID)
	if err != nil || p == nil {
		return nil, err
	}
	part := &wishPart{What: engine.AtMostOne(p.LettersEvery), At: at(p.NotedAt, sc.zone)}
	if p.MessageID != nil {
		part.Letter = fmt.Sprintf("/letters/%d", *p.MessageID)
	}
	return part, nil
}

// spacingOf is how often a client wants letters, counted from the last of these.
func (s *site) spacingOf(ctx context.Context, clientID int64, letters []store.Message) (spacing, error) {
	var wish spacing
	p, err := s.Engine.PreferenceOf(ctx, s.DB, clientID)
	if err != nil || p == nil {
		return wish, err
	}
	wish.every = p.LettersEvery
	for _, m := range letters {
		if m.SentAt != nil && m.State == "sent" && m.SentAt.After(wish.letter) {
			wish.letter = *m.SentAt
		}
	}
	return wish, nil
}

// dropPreference is that a client has told somebody that he wants letters as they come.
func (s *site) dropPreference(c echo.Context) error {
	ctx := c.Request().Context()
	client, err := store.ClientByExternalID(ctx, s.DB, param(c, "client"))
	if err != nil {
		return err
	}
	user := frameOf(c, "", "").User
	if !maySteer(user, &client) {
		return problem{http.StatusForbidden, "This is another rep's client. Ask the owner or a marketer."}
	}
	had, err := s.Engine.DropPreference(ctx, client.ID, orElse(user.Name, user.Email))
	if err != nil {
		return err
	}
	flash := "Letters come as often as their sequences say again."
	if !had {
		flash = "This client had not asked for fewer letters any more."
	}
	s.sessions.Put(ctx, sessionFlash, flash)
	return c.Redirect(http.StatusSeeOther, "/clients/"+url.PathEscape(client.ExternalID))
}

// saidBy adds who said so; touches of before do not know.
func saidBy(text, who string) string {
	if who == "" {
		return text
	}
	return text + ": " + who + " says so"
}

// asked is what a touch says that a client wants by a letter's link.
func asked(r store.Touch) string {
	if r.Kind == "preference" {
		every := detail(r.Data, "letters_every")
		if every == "" {
			return saidBy("Letters as often as before", detail(r.Data, "by"))
		}
		return "Asked for " + engine.AtMostOne(every)
	}
	text := "Unsubscribed from all automated letters"
	if r.Data["scope"] == store.ScopeSequence {
		text = "Unsubscribed from this sequence"
	}
	if r.Subject != "" {
		text += ", by “" + r.Subject + "”"
	}
	return text
}
