package pages

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"seventh/internal/engine"
	"seventh/internal/store"
)

type letterPage struct {
	frame
	Zone     string
	Letter   store.Message
	Name     string
	State    string
	Subject  string
	Sequence string
	Facts    []fact
	Base     string // address of the letter, to which its parts are added
	View     string // html, text or source
	Sent     bool   // there is something to show
	Text     string
	HasHTML  bool
	Ways     []way  // of an unconfirmed letter: what somebody may take it for
	Then     string // what becomes of such a letter by itself, '' for nothing
	Headers  []header
}

// fact is one line of what is known about a letter.
type fact struct {
	Name  string
	Value string
	Exact string // of a time
}

var letterView = parse[letterPage]("letter.html")

func (s *site) showLetter(c echo.Context) error {
	ctx := c.Request().Context()
	m, err := store.MessageByID(ctx, s.DB, number(c, "id"))
	if err != nil {
		return err
	}
	f := frameOf(c, "touches", orElse(m.Subject, "Letter"))
	page := letterPage{
		frame: f, Zone: f.scene.zone.String(), Letter: m, Name: orElse(m.Name, m.Client), State: states[m.State],
		Subject: orElse(m.Subject, "A letter on its way"), Sequence: f.scene.title(m.Sequence), Base: fmt.Sprintf("/letters/%d", m.ID),
		View: viewOf(c),
	}
	raw, err := s.Source(ctx, m.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("rebuilding message %d: %w", m.ID, err)
	}
	var parsed parsedLetter
	if err == nil {
		page.Sent = true
		if parsed, err = parseLetter(raw); err != nil {
			page.View = "source"
		}
		page.Text, page.HasHTML, page.Headers = parsed.Text, parsed.HTML != "", parsed.Headers
		if page.View == "source" {
			page.Text = string(raw)
		}
	}
	page.Facts = f.scene.facts(m, parsed)
	closings, err := store.ClosingsOf(ctx, s.DB, m.ID)
	if err != nil {
		return err
	}
	page.Facts = append(page.Facts, f.scene.closed(closings)...)
	if m.State == "unconfirmed" {
		if page.Then, err = s.thenOf(ctx, f.scene, m.ID); err != nil {
			return err
		}
		if f.User.Role == "admin" {
			page.Ways = ways
		}
	}
	return letterView.render(c, http.StatusOK, page)
}

// facts says what is known about a letter, empty things left out.
func (sc scene) facts(m store.Message, l parsedLetter) []fact {
	list := []fact{
		{Name: "From", Value: orElse(l.value("From"), m.Sender)},
		{Name: "To", Value: orElse(l.value("To"), m.Recipient)},
		{Name: "Reply to", Value: l.value("Reply-To")},
		{Name: "Letter", Value: m.Template},
	}
	due := at(m.DueAt, sc.zone)
	list = append(list, fact{Name: "Due", Value: due.Shown, Exact: due.Exact})
	if m.SentAt != nil {
		sent := at(*m.SentAt, sc.zone)
		name := "Sent"
		if m.State != "sent" {
			name = "Tried"
		}
		list = append(list, fact{Name: name, Value: sent.Shown, Exact: sent.Exact})
	}
	if m.Until != nil {
		until := at(*m.Until, sc.zone)
		list = append(list, fact{Name: "Put off until", Value: until.Shown, Exact: until.Exact})
	}
	attempts := ""
	if m.Attempts > 1 {
		attempts = strconv.Itoa(m.Attempts)
	}
	noted := ""
	if lostWords(m.Reason) != "" {
		noted = m.Reason // for whoever looks for it in the log
	}
	list = append(list, fact{Name: "Why", Value: orElse(lostWords(m.Reason), phraseOrNone(m.Reason))}, fact{Name: "Server said", Value: m.Response}, fact{Name: "As it was noted", Value: noted},
		fact{Name: "Attempts", Value: attempts}, fact{Name: "Message-ID", Value: l.value("Message-ID")})
	kept := list[:0]
	for _, f := range list {
		if f.Value != "" {
			kept = append(kept, f)
		}
	}
	return kept
}

// closed says who decided about a letter that was unconfirmed.
func (sc scene) closed(closings []store.Closing) []fact {
	words := map[string]string{engine.AsSent: "taken for sent", engine.AsFailed: "taken for lost", engine.AsSendAgain: "sent again"}
	list := make([]fact, len(closings))
	for i, c := range closings {
		when := at(c.At, sc.zone)
		value := fmt.Sprintf("%s by %s, %s", words[c.As], c.By, when.Shown)
		if c.Note != "" {
			value += ": " + c.Note
		}
		list[i] = fact{Name: "Cleared up", Value: value}
	}
	return list
}

func phraseOrNone(reason string) string {
	if reason == "" {
		return ""
	}
	return phrase(reason)
}

// viewOf is which side of a letter somebody wants to see.
func viewOf(c echo.Context) string {
	switch view := c.QueryParam("view"); view {
	case "text", "source":
		return view
	}
	return "html"
}

func (s *site) previewLetter(c echo.Context) error {
	raw, err := s.Source(c.Request().Context(), number(c, "id"))
	if err != nil {
		return err
	}
	return preview(c, raw)
}

func (s *site) letterSource(c echo.Context) error {
	raw, err := s.Source(c.Request().Context(), number(c, "id"))
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, "text/plain; charset=utf-8", raw)
}

func (s *site) downloadLetter(c echo.Context) error {
	id := number(c, "id")
	raw, err := s.Source(c.Request().Context(), id)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="letter-%d.eml"`, id))
	return c.Blob(http.StatusOK, "message/rfc822", raw)
}

// number reads an id from the path; what is none is 0, which no row has.
func number(c echo.Context, name string) int64 {
	id, err := strconv.ParseInt(c.Param(name), 10, 64)
	if err != nil {
		return 0
	}
	return id
}
