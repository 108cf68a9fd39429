package pages

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"seventh/internal/store"
	"seventh/sequences"
)

type inboxPage struct {
	frame
	Zone    string
	Rows    []inboxRow
	Older   string
	Search  string
	Total   int
	Advance []option // how far the clock can be moved
}

type inboxRow struct {
	ID      int64
	At      moment
	From    string
	To      string
	Subject string
}

var inboxView = parse[inboxPage]("inbox.html")

func (s *site) showInbox(c echo.Context) error {
	ctx := c.Request().Context()
	page := inboxPage{frame: frameOf(c, "inbox", "Inbox"), Search: strings.TrimSpace(queryOf(c).Get("to"))}
	page.Zone = page.scene.zone.String()
	before, _ := strconv.ParseInt(c.QueryParam("before"), 10, 64) // a broken one is the first page
	rows, err := store.SearchCaptured(ctx, s.DB, page.Search, before, rowsOfPage+1)
	if err != nil {
		return err
	}
	if page.Total, err = store.CountCaptured(ctx, s.DB); err != nil {
		return err
	}
	if len(rows) > rowsOfPage {
		rows = rows[:rowsOfPage]
		page.Older = "/sandbox/inbox?" + url.Values{"to": {page.Search}, "before": {strconv.FormatInt(rows[rowsOfPage-1].ID, 10)}}.Encode()
	}
	for _, r := range rows {
		page.Rows = append(page.Rows, inboxRow{ID: r.ID, At: at(r.At, page.scene.zone), From: r.Sender, To: r.Recipient, Subject: orElse(r.Subject, "(no subject)")})
	}
	page.Advance = []option{{"1d", "+1 day", false}, {"1w", "+1 week", false}, {"3w", "+3 weeks", false}, {"3mo", "+3 months", false}, {"12mo", "+1 year", false}}
	return inboxView.render(c, http.StatusOK, page)
}

// advance moves the sandbox's clock; the answer waits until everything that came
// due has been dealt with.
func (s *site) advance(c echo.Context) error {
	ctx := c.Request().Context()
	by, err := sequences.ParseDuration(c.FormValue("by"))
	if err != nil {
		return problem{http.StatusBadRequest, "The clock was not moved: " + err.Error() + "."}
	}
	now, err := s.Options.Clock.Advance(ctx, by)
	if err != nil {
		s.Log.Error("clock was not moved to its end", "err", err)
		s.sessions.Put(ctx, sessionFlash, "The clock did not get there: "+err.Error())
		return c.Redirect(http.StatusSeeOther, "/sandbox/inbox")
	}
	zone := frameOf(c, "", "").scene.zone
	s.sessions.Put(ctx, sessionFlash, "It is "+now.In(zone).Format("Monday 2 January 2006, 15:04")+" now. Everything that came due has been dealt with.")
	return c.Redirect(http.StatusSeeOther, "/sandbox/inbox")
}

// capturedItem is a letter in inbox.json.
type capturedItem struct {
	ID        int64             `json:"id"`
	MessageID string            `json:"message_id"`
	From      string            `json:"from"`
	To        string            `json:"to"`
	Subject   string            `json:"subject"`
	At        time.Time         `json:"at"`
	Headers   map[string]string `json:"headers"`
}

type capturedList struct {
	Items []capturedItem `json:"items"`
}

const (
	capturedDefault = 500
	capturedMost    = 5000
)

// listInbox answers with captured letters, newest first: to one recipient, before
// an id, up to a limit.
func (s *site) listInbox(c echo.Context) error {
	limit, err := numberOr(c.QueryParam("limit"), capturedDefault)
	if err != nil || limit < 1 || limit > capturedMost {
		return c.JSON(http.StatusBadRequest, map[string]string{"title": fmt.Sprintf("limit must be a number from 1 to %d", capturedMost)})
	}
	before, err := numberOr(c.QueryParam("before"), 0)
	if err != nil {
		return c.JSON(http.StatusBadRequest, map[string]string{"title": "before must be the id of a letter"})
	}
	letters, err := store.ListCaptured(c.Request().Context(), s.DB, queryOf(c).Get("to"), before, int(limit))
	if err != nil {
		return err
	}
	list := capturedList{Items: make([]capturedItem, 0, len(letters))}
	for _, l := range letters {
		item := capturedItem{ID: l.ID, MessageID: l.MessageID, From: l.Sender, To: l.Recipient, Subject: l.Subject, At: l.At.UTC(), Headers: make(map[string]string)}
		for _, h := range headersOf(l.Raw) {
			if earlier, repeated := item.Headers[h.Name]; repeated {
				h.Value = earlier + ", " + h.Value
			}
			item.Headers[h.Name] = h.Value
		}
		list.Items = append(list.Items, item)
	}
	return c.JSON(http.StatusOK, list)
}

func numberOr(text string, instead int64) (int64, error) {
	if text == "" {
		return instead, nil
	}
	return strconv.ParseInt(text, 10, 64)
}
