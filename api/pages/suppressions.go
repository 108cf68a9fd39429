package pages

import (
	"encoding/csv"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"seventh/internal/store"
)

// suppressionsPage is who must not be mailed, and why.
type suppressionsPage struct {
	frame
	Zone    string
	Rows    []suppressionRow
	Search  string
	Reasons []option
	More    string // address of the next page, '' on the last
	MayAdd  bool
	MayLift bool
}

type suppressionRow struct {
	Address string
	Client  string // whose it is, '' for nobody's
	Scope   string
	What    string // the sequence's title, or all letters
	Reason  string
	Source  string
	Note    string
	Since   moment
}

var suppressionsView = parse[suppressionsPage]("suppressions.html")

// reasonWords are what people read for the reasons of suppressions.
var reasonWords = []option{
	{Value: "", Text: "All"}, {Value: "unsubscribed", Text: "Unsubscribed"}, {Value: "bounced", Text: "Address is dead"},
	{Value: "complained", Text: "Called it spam"}, {Value: "manual", Text: "By hand"},
}

// suppressedBy says who put an address on the list: a person's e-mail, and what an import
// names, stand as they are.
func suppressedBy(source string) string {
	switch name, provider, _ := strings.Cut(source, ":"); {
	case name == store.FromHook && provider == "generic":
		return "told by the provider"
	case name == store.FromHook:
		return "told by the provider " + provider
	case source == store.FromMailbox, source == "letter":
		return "by a letter to us"
	}
	return orElse(sourceWords[source], source)
}

var sourceWords = map[string]string{
	"api": "by the API", "link": "by the link in a letter", "smtp": "refused by the mail server", "reply": "by a reply to a letter",
}

func (s *site) listSuppressions(c echo.Context) error {
	f := frameOf(c, "clients", "Not mailed")
	query := queryOf(c)
	before, _ := strconv.ParseInt(query.Get("before"), 10, 64) // a broken one is the first page
	filter := store.SuppressionFilter{Search: strings.TrimSpace(query.Get("q")), Reason: query.Get("reason"), Before: before, Limit: rowsOfPage + 1}
	rows, err := store.ListSuppressions(c.Request().Context(), s.DB, filter)
	if err != nil {
		return err
	}
	page := suppressionsPage{frame: f, Zone: f.scene.zone.String(), Search: filter.Search, MayAdd: f.User.Role != "rep", MayLift: f.User.Role == "admin"}
	if len(rows) > rowsOfPage {
		rows = rows[:rowsOfPage]
		query.Set("before", strconv.FormatInt(rows[rowsOfPage-1].ID, 10))
		page.More = "/suppressions?" + query.Encode()
	}
	addresses := make([]string, len(rows))
	for i := range rows {
		addresses[i] = rows[i].Address
	}
	holders, err := store.AddressHolders(c.Request().Context(), s.DB, addresses)
	if err != nil {
		return err
	}
	for _, r := range rows {
		row := suppressionRow{Address: r.Address, Client: holders[r.Address], Scope: r.Scope, What: "Every automated letter", Reason: r.Reason, Source: suppressedBy(r.Source), Note: r.Note, Since: at(r.CreatedAt, f.scene.zone)}
		if r.Scope != "" {
			row.What = f.scene.title(r.Scope)
		}
		for _, o := range reasonWords {
			if o.Value == r.Reason {
				row.Reason = o.Text
			}
		}
		page.Rows = append(page.Rows, row)
	}
	for _, o := range reasonWords {
		o.Chosen = o.Value == filter.Reason
		page.Reasons = append(page.Reasons, o)
	}
	return suppressionsView.render(c, http.StatusOK, page)
}

// addSuppression keeps an address from being mailed.
func (s *site) addSuppression(c echo.Context) error {
	ctx := c.Request().Context()
	f := frameOf(c, "clients", "")
	if f.User.Role == "rep" {
		return problem{http.StatusForbidden, "Only marketers and admins put addresses on this list."}
	}
	address, err := store.NormalizeAddress(strings.TrimSpace(storable(c.FormValue("email"))))
	note := strings.Join(strings.Fields(storable(c.FormValue("note"))), " ")
	if err != nil || len(note) > 2000 {
		return problem{http.StatusBadRequest, "This is no e-mail address, or the note is too long. Go back and correct it; nothing was done."}
	}
	added, err := s.Engine.SuppressMany(ctx, []store.Suppression{{Address: address, Reason: "manual", Source: f.User.Email, Note: note, CreatedAt: f.scene.now}})
	if err != nil {
		return err
	}
	flash := address + " gets no automated letters any more."
	if added == 0 {
		flash = address + " was on the list already."
	}
	s.sessions.Put(ctx, sessionFlash, flash)
	return c.Redirect(http.StatusSeeOther, "/suppressions")
}

// liftSuppression lets an address be mailed again; the audit keeps who said so, and why.
func (s *site) liftSuppression(c echo.Context) error {
	ctx := c.Request().Context()
	user := frameOf(c, "", "").User
	if user.Role != "admin" {
		return errOnlyAdmins
	}
	why := strings.Join(strings.Fields(storable(c.FormValue("why"))), " ")
	if why == "" || len(why) > 2000 {
		return problem{http.StatusBadRequest, "Write why it may be mailed again: somebody may have to prove it. Nothing was done."}
	}
	address, scope := storable(c.FormValue("email")), storable(c.FormValue("sequence"))
	err := s.Engine.Unsuppress(ctx, address, &scope, user.Email, why)
	flash := address + " may be mailed again."
	if errors.Is(err, store.ErrNotFound) {
		flash, err = address+" is not on the list any more.", nil
	}
	if err != nil {
		return err
	}
	s.sessions.Put(ctx, sessionFlash, flash)
	return c.Redirect(http.StatusSeeOther, "/suppressions")
}

// downloadSuppressions is the whole list for a spreadsheet.
func (s *site) downloadSuppressions(c echo.Context) error {
	if frameOf(c, "", "").User.Role != "admin" {
		return errOnlyAdmins
	}
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, "text/csv; charset=utf-8")
	h.Set(echo.HeaderContentDisposition, `attachment; filename="suppressions.csv"`)
	w := csv.NewWriter(c.Response())
	_ = w.Write(store.SuppressionColumns)
	err := store.EachSuppression(c.Request().Context(), s.DB, func(x store.Suppression) error { return w.Write(x.Record()) })
	w.Flush()
	if err == nil {
		err = w.Error()
	}
	return err
}

// refusalsPage is what clients said no with.
type refusalsPage struct {
	frame
	Zone  string
	Since moment
	Rows  []refusalRow
}

type refusalRow struct {
	Said, Reason, Side string
	Clients            int
	Last               moment
}

var refusalsView = parse[refusalsPage]("refusals.html")

var saidWords = map[string]string{"not_now": "Not now", "refused": "No", "not_target": "Not our client", "deal_lost": "Deal lost"}

var sideWords = map[string]string{"client": "The client’s", "us": "Ours"}

// refusalMonths is how far back the page looks.
const refusalMonths = 3

func (s *site) showRefusals(c echo.Context) error {
	f := frameOf(c, "clients", "Why clients said no")
	since := f.scene.now.AddDate(0, -refusalMonths, 0)
	rows, err := store.RefusalsBetween(c.Request().Context(), s.DB, since, f.scene.now.Add(time.Second))
	if err != nil {
		return err
	}
	page := refusalsPage{frame: f, Zone: f.scene.zone.String(), Since: at(since, f.scene.zone)}
	for i := range rows {
		r := &rows[i]
		page.Rows = append(page.Rows, refusalRow{
			Said: saidWords[r.Said()], Reason: orElse(r.Reason, "No reason given"), Side: orElse(sideWords[r.Side], "—"), Clients: r.Clients, Last: at(r.LastAt, f.scene.zone),
		})
	}
	return refusalsView.render(c, http.StatusOK, page)
}
