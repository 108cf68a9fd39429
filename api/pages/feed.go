package pages

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"seventh/internal/store"
)

// rowsOfPage is how many rows a list shows before its link to more.
const rowsOfPage = 50

type feedPage struct {
	frame
	Zone      string // of all times on the page
	Rows      []feedRow
	Older     string // address of the next page, '' on the last
	Reps      []option
	Sequences []option
	Kinds     []option
	Search    string
	From, To  string // dates, included
	Filtered  bool
}

// feedRow is a touch in plain words.
type feedRow struct {
	At       moment
	Client   string
	Name     string
	Company  string
	Category string
	Kind     string
	What     string
	Letter   string // address of the letter it is about, '' without one
	Sequence string
	Step     string
	Rep      string
	Text     string // of an answer
}

// option is a choice of a filter.
type option struct {
	Value, Text string
	Chosen      bool
}

var feedView = parse[feedPage]("feed.html")

// everybody is the rep filter's word for no filter: an empty one means oneself.
const everybody = "everybody"

func (s *site) showFeed(c echo.Context) error {
	f := frameOf(c, "touches", "Touches")
	query := queryOf(c)
	if !query.Has("rep") && f.User.Role == "rep" {
		query.Set("rep", f.User.Email)
	}
	page := feedPage{frame: f, Zone: f.scene.zone.String(), Search: strings.TrimSpace(query.Get("q")), From: query.Get("from"), To: query.Get("to")}
	filter, err := page.filter(query)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	rows, err := store.ListTouches(ctx, s.DB, filter)
	if err != nil {
		return err
	}
	if len(rows) > rowsOfPage {
		rows = rows[:rowsOfPage]
		last := rows[rowsOfPage-1]
		page.Older = withCursor("/", query, cursor(last.Place.Format(time.RFC3339Nano), last.ID))
	}
	for _, r := range rows {
		page.Rows = append(page.Rows, f.scene.row(r))
	}
	page.Filtered = filter.Search+filter.Sequence+filter.Kind+page.From+page.To != ""
	if err := s.feedOptions(ctx, &page, filter); err != nil {
		return err
	}
	return feedView.render(c, http.StatusOK, page)
}

func (p *feedPage) filter(query url.Values) (store.TouchFilter, error) {
	f := store.TouchFilter{Unsent: true, Search: p.Search, Sequence: query.Get("sequence"), Kind: query.Get("kind"), Limit: rowsOfPage + 1}
	if rep := query.Get("rep"); rep != everybody {
		f.Rep = strings.ToLower(rep)
	}
	if from, err := time.ParseInLocation(time.DateOnly, p.From, p.scene.zone); err == nil {
		f.Since = &from
	} else {
		p.From = ""
	}
	if to, err := time.ParseInLocation(time.DateOnly, p.To, p.scene.zone); err == nil {
		end := to.AddDate(0, 0, 1)
		f.Until = &end
	} else {
		p.To = ""
	}
	place, id, err := cursorParts(query.Get("after"))
	if err != nil || id == "" {
		return f, err
	}
	after, err := time.Parse(time.RFC3339Nano, place)
	if err != nil {
		return f, errBadCursor
	}
	f.After, f.AfterID = &after, id
	return f, nil
}

func (s *site) feedOptions(ctx context.Context, page *feedPage, f store.TouchFilter) error {
	reps, err := store.ListUsers(ctx, s.DB)
	if err != nil {
		return err
	}
	page.Reps = []option{{Value: everybody, Text: "Everybody", Chosen: f.Rep == ""}}
	for _, u := range reps {
		page.Reps = append(page.Reps, option{Value: u.Email, Text: orElse(u.Name, u.Email), Chosen: u.Email == f.Rep})
	}
	page.Sequences = []option{{Text: "All"}}
	if page.scene.catalog != nil {
		for _, v := range page.scene.catalog.Sequences() {
			page.Sequences = append(page.Sequences, option{Value: v.Sequence.Name, Text: v.Sequence.Title, Chosen: v.Sequence.Name == f.Sequence})
		}
	}
	used, err := store.TouchKinds(ctx, s.DB)
	if err != nil {
		return err
	}
	page.Kinds = []option{{Text: "All"}}
	for _, kind := range append([]string{"sent", "failed", "unconfirmed"}, used...) {
		page.Kinds = append(page.Kinds, option{Value: kind, Text: kindName(kind), Chosen: kind == f.Kind})
	}
	return nil
}

func (sc scene) row(r store.Touch) feedRow {
	row := feedRow{
		At: at(r.At, sc.zone), Client: r.Client, Name: orElse(r.Name, r.Client), Company: r.Company, Category: r.Category,
		Kind: r.Kind, What: happened(r), Step: r.Step, Rep: orElse(r.RepName, r.Rep), Text: wrote(r),
	}
	if r.Sequence != "" {
		row.Sequence = sc.title(r.Sequence)
	}
	if r.MessageID != nil {
		row.Letter = fmt.Sprintf("/letters/%d", *r.MessageID)
	}
	return row
}

var errBadCursor = problem{http.StatusBadRequest, "This link to more rows is damaged. Go back to the list's beginning."}

// cursor packs where a page of a list ended.
func cursor(place, id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(place + "\x00" + id))
}

func cursorParts(packed string) (place, id string, err error) {
	if packed == "" {
		return "", "", nil
	}
	plain, err := base64.RawURLEncoding.DecodeString(packed)
	place, id, whole := strings.Cut(string(plain), "\x00")
	place, id = storable(place), storable(id)
	if err != nil || !whole || id == "" {
		return "", "", errBadCursor
	}
	return place, id, nil
}

func withCursor(path string, query url.Values, cursor string) string {
	query.Set("after", cursor)
	return path + "?" + query.Encode()
}
