package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
)

// A reply that waits for an answer holds the chains of its client that say so, and of
// all clients of his company (stop_on). The open task to answer it is the truth: the
// planner holds whatever comes due meanwhile, and closing the task wakes it. Only what
// is on its way to the wire must be held at once, under the lock that T2 takes.

// haveDates are the waits of enrollments whose next step has a date, or a letter under way,
// and which are not in the middle of a step.
var haveDates = []string{
	waitsForNothing, waitsForWindow, waitsForRecent, waitsForDaily, waitsForRate, waitsForClient, waitsForCompany, waitsForHuman, waitsForPreference, waitsAway, resumed,
}

// holdForAnswer holds those of the clients' chains that which picks until rep has
// answered. Their addresses are locked. A chain in the middle of a step has no letter but
// that of a new rep, which goes back to the planner.
func (e *Engine) holdForAnswer(ctx context.Context, tx pgx.Tx, clients []int64, rep string, which func(*Version) bool) error {
	open, err := store.OpenEnrollments(ctx, tx, clients)
	if err != nil {
		return err
	}
	var moves []store.Move
	var ids, inSteps []int64
	for i := range open {
		o := &open[i]
		if o.State != "active" {
			continue
		}
		version, err := e.Version(ctx, tx, o.VersionID)
		if isContent(err) {
			continue // it sends nothing
		}
		if err != nil {
			return err
		}
		switch {
		case !which(version):
		case slices.Contains(haveDates, o.Waiting):
			moves, ids = append(moves, heldForAnswer(o, rep)), append(ids, o.ID)
		case version.Sequence.Handover != "":
			inSteps = append(inSteps, o.ClientID)
		}
	}
	if len(inSteps) > 0 {
		now, err := store.Now(ctx, tx)
		if err != nil {
			return err
		}
		if err := store.PlanLettersAnew(ctx, tx, inSteps, now); err != nil {
			return err
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if err := store.StopMessages(ctx, tx, ids, "held", WhyItWaits(waitsForAnswer, rep)); err != nil {
		return err
	}
	return store.MoveEnrollments(ctx, tx, moves)
}

func heldForAnswer(e *store.Enrollment, rep string) store.Move {
	return store.Move{
		EnrollmentID: e.ID, LastStep: e.LastStep, NextStep: e.NextStep, Waiting: waitsForAnswer, WaitingDetail: rep,
		OfferName: e.OfferName, OfferExpiresAt: e.OfferExpiresAt,
	}
}

// colleaguesAtOnce is how many clients of a company are locked together: big companies
// must not keep the others waiting.
const colleaguesAtOnce = 100

// holdColleagues holds the chains of a client's company that say so while he waits for
// an answer. Done again after a crash it does the rest.
func (e *Engine) holdColleagues(ctx context.Context, clientID int64) error {
	client, err := store.ClientByID(ctx, e.DB, clientID)
	if err != nil {
		return err
	}
	key := companyOf(&client)
	if key == "" {
		return nil
	}
	for after := int64(0); ; {
		list, err := store.Colleagues(ctx, e.DB, key, after, colleaguesAtOnce)
		if err != nil || len(list) == 0 {
			return err
		}
		err = store.Tx(ctx, e.DB, func(tx pgx.Tx) error { return e.holdSome(ctx, tx, &client, list) })
		if errors.Is(err, errMoved) {
			continue
		}
		if err != nil {
			return err
		}
		after = list[len(list)-1].ID
	}
}

// holdSome holds chains of some colleagues, if the client waits for an answer still.
// errMoved: one of them has another address by now.
func (e *Engine) holdSome(ctx context.Context, tx pgx.Tx, client *store.Client, colleagues []store.Client) error {
	addresses, ids := []string{client.Address}, []int64{client.ID}
	for i := range colleagues {
		addresses, ids = append(addresses, colleagues[i].Address), append(ids, colleagues[i].ID)
	}
	if err := store.LockAddresses(ctx, tx, addresses); err != nil {
		return err
	}
	locked, err := store.LockClients(ctx, tx, ids)
	if err != nil {
		return err
	}
	for _, c := range locked {
		if !slices.Contains(addresses, c.Address) {
			return errMoved
		}
	}
	task, err := store.OpenTaskAbout(ctx, tx, client.ID, store.AboutAnswer)
	if err != nil || task == nil {
		return err
	}
	return e.holdForAnswer(ctx, tx, ids[1:], task.Owner, func(v *Version) bool { return v.Sequence.StopsOnCompanyReply() })
}

// isAnswered lets the chains go on that wait until a client, or one of his company, is
// answered.
func (e *Engine) isAnswered(ctx context.Context, tx pgx.Tx, client *store.Client, now time.Time) error {
	return e.goOnAfter(ctx, tx, []int64{client.ID}, []string{companyOf(client)}, now)
}

func (e *Engine) goOnAfter(ctx context.Context, tx pgx.Tx, clients []int64, companies []string, now time.Time) error {
	companies = slices.DeleteFunc(companies, func(key string) bool { return key == "" })
	if err := store.WakeAnswered(ctx, tx, clients, companies, waitsForAnswer, now); err != nil {
		return err
	}
	return store.Notify(ctx, tx, store.PlanChannel)
}

// leftCompany wakes what waits at companies for an answer to clients who are not of it
// any more, or are going, and what of theirs waits for an answer to a colleague of
// before: the planner holds what waits for somebody else. They are as they were.
func (e *Engine) leftCompany(ctx context.Context, tx pgx.Tx, before []store.Client, now time.Time) error {
	if len(before) == 0 {
		return nil
	}
	ids := column(before, func(c *store.Client) int64 { return c.ID })
	list, err := store.AwaitedAnswers(ctx, tx, ids, nil)
	if err != nil {
		return err
	}
	var companies []string
	for _, a := range list {
		i := slices.Index(ids, a.ClientID)
		companies = append(companies, companyOf(&before[i]))
	}
	return e.goOnAfter(ctx, tx, ids, companies, now)
}

// awaited are answers that clients and companies wait for: by whom.
type awaited struct {
	clients   map[int64]string
	companies map[string]string
	// unsure are companies of which somebody is being changed who waits for an answer:
	// it may be given at this moment.
	unsure map[string]bool
}

// awaitedAnswers looks for what holds sequences that stop on replies. Where there are
// none it asks for nothing.
func (p *planning) awaitedAnswers(ctx context.Context, f *facts) (awaited, error) {
	var ids []int64
	var companies []string
	for i := range f.list {
		e := &f.list[i]
		client := f.clients[e.ClientID]
		version, err := p.engine.Version(ctx, p.tx, e.VersionID)
		if isContent(err) || client == nil {
			continue // told when it is decided about
		}
		if err != nil {
			return awaited{}, err
		}
		if version.Sequence.StopsOnReply() {
			ids = append(ids, client.ID)
		}
		if key := companyOf(client); key != "" && version.Sequence.StopsOnCompanyReply() {
			companies = append(companies, key)
		}
	}
	if len(ids) == 0 {
		return awaited{}, nil
	}
	slices.Sort(companies)
	companies = slices.Compact(companies)
	// Whoever is held cannot be answered before what waits for it is held: then closing
	// his task finds it. The clients decided about are held already.
	var held []int64
	if len(companies) > 0 {
		var err error
		if held, err = store.HoldAwaited(ctx, p.tx, companies); err != nil {
			return awaited{}, err
		}
	}
	list, err := store.AwaitedAnswers(ctx, p.tx, ids, companies)
	if err != nil || len(list) == 0 {
		return awaited{}, err
	}
	a := awaited{clients: make(map[int64]string), companies: make(map[string]string), unsure: make(map[string]bool)}
	for _, w := range list {
		a.clients[w.ClientID] = w.Owner
		if w.Company == "" {
			continue
		}
		a.companies[w.Company] = w.Owner
		if f.clients[w.ClientID] == nil && !slices.Contains(held, w.ClientID) {
			a.unsure[w.Company] = true
		}
	}
	return a, nil
}

// isUnsure reports whether nobody can tell now whether an enrollment waits for an answer.
func (a awaited) isUnsure(v *Version, client *store.Client) bool {
	return len(a.unsure) > 0 && v.Sequence.StopsOnCompanyReply() && a.unsure[companyOf(client)]
}

// from is the rep whose answer an enrollment waits for, if it does.
func (a awaited) from(v *Version, client *store.Client) (rep string, held bool) {
	if v.Sequence.StopsOnReply() {
		rep, held = a.clients[client.ID]
	}
	if !held && v.Sequence.StopsOnCompanyReply() {
		if key := companyOf(client); key != "" {
			rep, held = a.companies[key]
		}
	}
	return rep, held
}
