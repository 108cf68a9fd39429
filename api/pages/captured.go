package pages

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"seventh/internal/store"
)

type capturedPage struct {
	frame
	Zone    string
	Subject string
	Facts   []fact
	Base    string
	View    string
	Text    string
	HasHTML bool
	Headers []header
}

var capturedView = parse[capturedPage]("captured.html")

// capturedFile answers ID.eml with the source, to anybody, and ID with the page.
func (s *site) capturedFile(c echo.Context) error {
	if strings.HasSuffix(c.Param("file"), ".eml") {
		letter, err := s.captured(c)
		if err != nil {
			return err
		}
		return c.Blob(http.StatusOK, "message/rfc822", letter.Raw)
	}
	return s.signedIn(s.showCaptured)(c)
}

func (s *site) showCaptured(c echo.Context) error {
	letter, err := s.captured(c)
	if err != nil {
		return err
	}
	f := frameOf(c, "inbox", orElse(letter.Subject, "Letter"))
	came := at(letter.At, f.scene.zone)
	page := capturedPage{
		frame: f, Zone: f.scene.zone.String(), Subject: orElse(letter.Subject, "(no subject)"), View: viewOf(c),
		Base: "/sandbox/inbox/" + strconv.FormatInt(letter.ID, 10),
		Facts: []fact{
			{Name: "From", Value: letter.Sender}, {Name: "To", Value: letter.Recipient}, {Name: "Captured", Value: came.Shown, Exact: came.Exact},
			{Name: "Message-ID", Value: letter.MessageID},
		},
	}
	parsed, err := parseLetter(letter.Raw)
	if err != nil {
		page.View = "source"
	}
	page.Text, page.HasHTML, page.Headers = parsed.Text, parsed.HTML != "", parsed.Headers
	if page.View == "source" {
		page.Text = string(letter.Raw)
	}
	return capturedView.render(c, http.StatusOK, page)
}

func (s *site) previewCaptured(c echo.Context) error {
	letter, err := s.captured(c)
	if err != nil {
		return err
	}
	return preview(c, letter.Raw)
}

func (s *site) captured(c echo.Context) (store.Captured, error) {
	id, err := strconv.ParseInt(strings.TrimSuffix(c.Param("file"), ".eml"), 10, 64)
	if err != nil {
		return store.Captured{}, store.ErrNotFound
	}
	return store.CapturedByID(c.Request().Context(), s.DB, id)
}
