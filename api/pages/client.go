package pages

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"seventh/internal/engine"
	"seventh/internal/store"
)

type clientPage struct {
	frame
	Zone       string // of all times but the client's own
	ClientZone string
	Client     store.Client
	Name       string
	Owner      string
	Local      string // the time on the client's clock
	Consent    string
	Away       *awayPart
	Wish       *wishPart
	NextCall   *moment // that the category asks for; nil for none
	Suppressed []suppressedPart
	Chains     []chain
	Reason     string // why there is no chain
	Tasks      []taskPart
	Told       []toldPart
	Ended      []endedChain
	Rows       []feedRow
	Older      string
	MaySteer   bool
	Consents   []consentPart
	MayExport  bool // everything that is kept about him
}

// suppressedPart is one entry of the list of addresses that must not be mailed.
type suppressedPart struct {
	What string
	Why  string
	At   moment
}

// toldPart is something that another system was told, or is to be.
type toldPart struct {
	Who  string
	Step string
	How  string
	At   moment
}

type endedChain struct {
	Title string
	Why   string
	At    moment
}

var clientView = parse[clientPage]("client.html")

func (s *site) showClient(c echo.Context) error {
	ctx := c.Request().Context()
	client, err := store.ClientByExternalID(ctx, s.DB, param(c, "client"))
	if err != nil {
		return err
	}
	name := orElse(client.Name(), client.ExternalID)
	f := frameOf(c, "clients", name)
	zone := clientZone(&client, f.scene.zone)
	page := clientPage{
		frame: f, Zone: f.scene.zone.String(), ClientZone: zone.String(), Client: client, Name: name, Owner: client.Owner,
		Local: f.scene.now.In(zone).Format("15:04"), Consent: f.scene.consent(&client), MaySteer: maySteer(f.User, &client), MayExport: f.User.Role == "admin",
	}
	if err := s.fillChains(ctx, &page); err != nil {
		return err
	}
	if err := s.fillTasks(ctx, &page); err != nil {
		return err
	}
	if err := s.fillTimeline(ctx, &page, queryOf(c)); err != nil {
		return err
	}
	if call, err := store.NextCallAt(ctx, s.DB, client.ID); err != nil {
		return err
	} else if call != nil {
		on := at(*call, f.scene.zone)
		page.NextCall = &on
	}
	if page.Consents, err = s.consentParts(ctx, f.scene, client.ID); err != nil {
		return err
	}
	away, err := s.awayParts(ctx, f.scene, []int64{client.ID})
	if err != nil {
		return err
	}
	page.Away = away[client.ID]
	if page.Wish, err = s.wishOf(ctx, f.scene, client.ID); err != nil {
		return err
	}
	if client.OwnerID != nil {
		owner, err := store.UserByID(ctx, s.DB, *client.OwnerID)
		if err != nil {
			return err
		}
		page.Owner = orElse(owner.Name, owner.Email)
	}
	return clientView.render(c, http.StatusOK, page)
}

// fillChains adds what comes next, or why nothing does.
func (s *site) fillChains(ctx context.Context, page *clientPage) error {
	client, sc := &page.Client, page.scene
	suppressions, err := store.SuppressionsOf(ctx, s.DB, []string{client.Address})
	if err != nil {
		return err
	}
	open, err := store.OpenEnrollments(ctx, s.DB, []int64{client.ID})
	if err != nil {
		return err
	}
	ended, err := store.LastEnded(ctx, s.DB, []int64{client.ID})
	if err != nil {
		return err
	}
	letters, err := store.ListMessages(ctx, s.DB, store.MessageFilter{Client: client.ExternalID, Limit: 100})
	if err != nil {
		return err
	}
	subject := s.subjects.of(ctx, s, sc, client)
	decisions, err := store.DecisionsOf(ctx, s.DB, idsOf(open))
	if err != nil {
		return err
	}
	wish, err := s.spacingOf(ctx, client.ID, letters)
	if err != nil {
		return err
	}
	for _, e := range open {
		version, err := s.Engine.Version(ctx, s.DB, e.VersionID)
		if err != nil {
			return err
		}
		next, err := nextOf(sc, client, e, version, outranking(e, open), underWay(letters, e.ID), wish, subject)
		if err != nil {
			return err
		}
		if lost := lostOf(letters, e); lost != 0 {
			then, err := s.thenOf(ctx, sc, lost)
			if err != nil {
				return err
			}
			if then != "" {
				next.Waits = "On hold: nobody knows whether the last letter arrived. " + then
			}
		}
		next.Path = sc.path(version.Sequence, e, decisions)
		page.Chains = append(page.Chains, next)
	}
	if len(open) == 0 {
		touches, err := store.TouchFactsOf(ctx, s.DB, []int64{client.ID})
		if err != nil {
			return err
		}
		page.Reason = reasonForNone(sc, client, touches[client.ID], suppressions, ended)
	}
	page.Suppressed = sc.suppressedParts(client, suppressions)
	for _, e := range ended {
		page.Ended = append(page.Ended, endedChain{Title: sc.title(e.Sequence), Why: endedBecause(*e.EndReason, client.Stage), At: at(*e.EndedAt, sc.zone)})
	}
	return nil
}

// fillTasks adds what reps should do for the client, and what other systems were
// told of him.
func (s *site) fillTasks(ctx context.Context, page *clientPage) error {
	const shown = 20
	tasks, err := store.ListTasks(ctx, s.DB, store.TaskFilter{Client: page.Client.ExternalID, State: store.TaskOpen, Limit: shown})
	if err != nil {
		return err
	}
	if page.Tasks, err = s.taskParts(ctx, page.frame, tasks); err != nil {
		return err
	}
	for i := range page.Tasks {
		page.Tasks[i].Name = "" // the page has it
		page.Tasks[i].Back = "/clients/" + url.PathEscape(page.Client.ExternalID)
	}
	deliveries, err := store.ListWebhookDeliveries(ctx, s.DB, store.WebhookFilter{Client: page.Client.ExternalID, Limit: shown})
	if err != nil {
		return err
	}
	for i := range deliveries {
		page.Told = append(page.Told, page.scene.told(&deliveries[i]))
	}
	return nil
}

func idsOf(list []store.Enrollment) []int64 {
	ids := make([]int64, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	return ids
}

func (s *site) fillTimeline(ctx context.Context, page *clientPage, query url.Values) error {
	filter := store.TouchFilter{Unsent: true, Client: page.Client.ExternalID, Limit: rowsOfPage + 1}
	place, id, err := cursorParts(query.Get("after"))
	if err != nil {
		return err
	}
	if id != "" {
		after, err := time.Parse(time.RFC3339Nano, place)
		if err != nil {
			return errBadCursor
		}
		filter.After, filter.AfterID = &after, id
	}
	rows, err := store.ListTouches(ctx, s.DB, filter)
	if err != nil {
		return err
	}
	if len(rows) > rowsOfPage {
		rows = rows[:rowsOfPage]
		last := rows[rowsOfPage-1]
		page.Older = withCursor("/clients/"+url.PathEscape(page.Client.ExternalID), query, cursor(last.Place.Format(time.RFC3339Nano), last.ID))
	}
	for _, r := range rows {
		page.Rows = append(page.Rows, page.scene.row(r))
	}
	return nil
}

// clientZone is the zone of the client's clock, or the company's.
func clientZone(c *store.Client, company *time.Location) *time.Location {
	if c.TimeZone == "" {
		return company
	}
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		return company
	}
	return zone
}

func (sc scene) consent(c *store.Client) string {
	if c.ConsentBasis == "" {
		return "none recorded"
	}
	text := phrase(c.ConsentBasis)
	if c.ConsentAt != nil {
		text += " on " + c.ConsentAt.In(sc.zone).Format("2 Jan 2006")
	}
	if c.ConsentSource != "" {
		text += " (" + c.ConsentSource + ")"
	}
	return text
}

func (sc scene) suppressedParts(c *store.Client, list []store.Suppression) []suppressedPart {
	var parts []suppressedPart
	for _, x := range list {
		if c.Address == "" || x.Address != c.Address {
			continue
		}
		what := "No automated letters"
		if x.Scope != "" {
			what = fmt.Sprintf("No letters of “%s”", sc.title(x.Scope))
		}
		parts = append(parts, suppressedPart{What: what, Why: suppressedBecause(x.Reason), At: at(x.CreatedAt, sc.zone)})
	}
	return parts
}

func suppressedBecause(reason string) string {
	if reason == "manual" {
		return "somebody put the address on the list"
	}
	return phrase(reason)
}

// maySteer is the rule for pausing, resuming and ending: reps do it for their own
// clients, marketers and admins for all.
func maySteer(u *store.User, c *store.Client) bool {
	return u.Role != "rep" || (c.OwnerID != nil && *c.OwnerID == u.ID)
}

// steer pauses, resumes or ends one of a client's enrollments.
func (s *site) steer(c echo.Context) error {
	ctx := c.Request().Context()
	client, err := store.ClientByExternalID(ctx, s.DB, param(c, "client"))
	if err != nil {
		return err
	}
	enrollment, err := store.EnrollmentByID(ctx, s.DB, number(c, "id"))
	if err != nil {
		return err
	}
	act, known := steering[c.Param("verb")]
	if enrollment.ClientID != client.ID || !known {
		return errNoPage
	}
	if !maySteer(frameOf(c, "", "").User, &client) {
		return problem{http.StatusForbidden, "This is another rep's client. Ask the owner or a marketer."}
	}
	flash := act.done
	if err := act.do(s.Engine, ctx, enrollment.ID); err == engine.ErrEnded {
		flash = "This sequence had ended already."
	} else if err != nil {
		return err
	}
	s.sessions.Put(ctx, sessionFlash, flash)
	return c.Redirect(http.StatusSeeOther, "/clients/"+url.PathEscape(client.ExternalID))
}

var steering = map[string]struct {
	do   func(*engine.Engine, context.Context, int64) error
	done string
}{
	"pause":  {(*engine.Engine).PauseEnrollment, "Paused. Nothing of this sequence goes out until it is resumed."},
	"resume": {(*engine.Engine).ResumeEnrollment, "Resumed."},
	"end":    {(*engine.Engine).EndEnrollment, "Ended. No more letters of this sequence go out."},
}
