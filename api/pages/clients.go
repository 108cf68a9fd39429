package pages

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"seventh/internal/store"
	"seventh/sequences"
)

type clientsPage struct {
	frame
	Zone       string
	Rows       []clientRow
	More       string // address of the next page, '' on the last
	Search     string
	Categories []option
	Owners     []option
	Filtered   bool
}

type clientRow struct {
	Client     string
	Name       string
	Email      string
	Company    string
	Category   string
	Stage      string
	Owner      string
	Suppressed bool
	Sequence   string
	Next       *moment
	Waits      string // in place of a date
}

var clientsView = parse[clientsPage]("clients.html")

func (s *site) listClients(c echo.Context) error {
	f := frameOf(c, "clients", "Clients")
	query := queryOf(c)
	if !query.Has("owner") && f.User.Role == "rep" {
		query.Set("owner", f.User.Email)
	}
	filter := store.ClientRowFilter{Search: strings.TrimSpace(query.Get("q")), Category: query.Get("category"), Limit: rowsOfPage + 1}
	if owner := query.Get("owner"); owner != everybody {
		filter.Owner = strings.ToLower(owner)
	}
	var err error
	if filter.After, filter.AfterID, err = cursorParts(query.Get("after")); err != nil {
		return err
	}
	ctx := c.Request().Context()
	rows, err := store.ListClientRows(ctx, s.DB, filter)
	if err != nil {
		return err
	}
	page := clientsPage{frame: f, Zone: f.scene.zone.String(), Search: filter.Search, Filtered: filter.Search+filter.Category != ""}
	if len(rows) > rowsOfPage {
		rows = rows[:rowsOfPage]
		last := rows[rowsOfPage-1]
		page.More = withCursor("/clients", query, cursor(last.Sort, last.ExternalID))
	}
	for _, r := range rows {
		page.Rows = append(page.Rows, f.scene.clientRow(r))
	}
	page.Categories = []option{{Text: "All"}}
	for _, category := range sequences.Categories {
		page.Categories = append(page.Categories, option{Value: category, Text: category, Chosen: category == filter.Category})
	}
	owners, err := store.ListUsers(ctx, s.DB)
	if err != nil {
		return err
	}
	page.Owners = []option{{Value: everybody, Text: "Everybody", Chosen: filter.Owner == ""}}
	for _, u := range owners {
		page.Owners = append(page.Owners, option{Value: u.Email, Text: orElse(u.Name, u.Email), Chosen: u.Email == filter.Owner})
	}
	return clientsView.render(c, http.StatusOK, page)
}

func (sc scene) clientRow(r store.ClientRow) clientRow {
	row := clientRow{
		Client: r.ExternalID, Name: orElse(r.Name, r.ExternalID), Email: r.Email, Company: r.Company, Category: r.Category, Stage: phrase(r.Stage),
		Owner: orElse(r.OwnerName, r.Owner), Suppressed: r.Suppressed,
	}
	if r.Sequence == "" {
		return row
	}
	row.Sequence = sc.title(r.Sequence)
	switch {
	case r.State == "paused":
		row.Waits = "Paused"
	case r.NextAt != nil:
		next := at(*r.NextAt, sc.zone)
		row.Next = &next
	case r.Waiting == "":
		row.Waits = "Letter under way"
	case r.Waiting == "priority":
		row.Waits = "Waits for its turn"
	default:
		row.Waits = "On hold"
	}
	return row
}
