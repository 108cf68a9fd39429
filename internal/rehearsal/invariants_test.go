package rehearsal

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"seventh/internal/content"
	"seventh/internal/pgtest"
	"seventh/internal/store"
	"seventh/sequences"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var (
	randomSeed    = flag.Uint64("invariants-seed", 1, "the first seed of TestInvariants")
	randomStories = flag.Int("invariants-stories", 2, "how many stories TestInvariants plays")
)

// Random events on random sequences: whatever people, clients and machines do, what
// is promised holds. A failure prints the story, which `seventh rehearse` plays too.
func TestInvariants(t *testing.T) {
	t.Parallel()
	for i := range *randomStories {
		seed := *randomSeed + uint64(i)
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			t.Parallel()
			playRandom(t, seed)
		})
	}
}

// patience bounds a story; a healthy one takes a fraction.
const patience = 3 * time.Minute

// randomPlay is a random story being made while it is played.
type randomPlay struct {
	*play
	t      *testing.T
	world  *randomWorld
	source strings.Builder
	offers map[int64]map[string]time.Time // deadlines by enrollment and offer
	over   map[string]time.Time           // when letters to a client had to end
}

var monday = time.Date(2027, time.March, 1, 7, 0, 0, 0, time.UTC)

func playRandom(t *testing.T, seed uint64) {
	world := &randomWorld{r: rand.New(rand.NewPCG(seed, 7704))}
	source := world.story(10, 3)
	story, problems := Parse(fmt.Sprintf("random-%d.txtar", seed), []byte(source+"at 2027-03-01 10:00 Europe/Moscow\n"))
	if len(problems) > 0 {
		t.Fatalf("%v\n%s", problems, source)
	}
	rp := &randomPlay{
		t: t, world: world, offers: map[int64]map[string]time.Time{}, over: map[string]time.Time{},
		play: &play{
			story: story, folder: content.BuiltIn(), pool: pgtest.DB(t), log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
			zone: time.UTC, expected: map[string][]expectedLetter{}, told: map[string]bool{}, read: map[int64]*letter{}, played: &Played{},
		},
	}
	rp.source.WriteString(source)
	defer func() {
		if err := rp.close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the story, for `seventh rehearse`:\n%s", rp.source.String())
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	rp.must(rp.open())
	rp.do(ctx, "at 2027-03-01 10:00 Europe/Moscow")
	for now := monday; now.Before(monday.AddDate(1, 0, 0)) && !t.Failed(); now = rp.time(ctx) {
		rp.do(ctx, "at "+now.Add(time.Duration(6+world.r.IntN(140))*time.Hour).In(rp.zone).Format("2006-01-02 15:04"))
		for range 1 + world.r.IntN(3) {
			rp.deed(ctx)
		}
		rp.watchOffers(ctx)
	}
	rp.check(ctx)
	rp.played.Problems = nil
	if rp.must(rp.acceptedAsWritten(ctx)); len(rp.played.Problems) > 0 {
		t.Error(rp.played.Problems)
	}
	t.Logf("seed %d: %d letters to %d clients", seed, rp.played.Letters, len(story.Clients))
}

func (rp *randomPlay) must(err error) {
	rp.t.Helper()
	if err != nil {
		rp.t.Fatal(err)
	}
}

func (rp *randomPlay) time(ctx context.Context) time.Time {
	now, err := rp.now(ctx)
	rp.must(err)
	return now
}

// do plays a line of a timeline. A line that cannot be played at this moment is none.
func (rp *randomPlay) do(ctx context.Context, text string) bool {
	rp.t.Helper()
	v, args := verbFor(strings.Fields(text))
	if v == nil {
		rp.t.Fatalf("no verb reads like %q", text)
	}
	rp.line = line{text: text, verb: v, args: args}
	var impossible *brokenError
	err := v.do(ctx, rp.play, args)
	if errors.As(err, &impossible) {
		return false
	}
	rp.source.WriteString(text + "\n")
	if err == nil {
		err = rp.rest(ctx)
	}
	if err != nil {
		text, _ := rp.touches(context.WithoutCancel(ctx))
		rp.t.Fatalf("%v\n%s", err, text)
	}
	return true
}

// deed does something at random.
func (rp *randomPlay) deed(ctx context.Context) {
	w := rp.world
	client := rp.story.Clients[w.r.IntN(len(rp.story.Clients))].ExternalID
	messages, err := store.ListMessages(ctx, rp.pool, store.MessageFilter{Client: client, State: "sent", Limit: 100})
	rp.must(err)
	rp.played.Problems = nil // what is skipped, is
	step := ""
	if len(messages) > 0 {
		step = messages[w.r.IntN(len(messages))].Step
	}
	switch n := w.r.IntN(100); {
	case n < 30 && step != "":
		rp.do(ctx, fmt.Sprintf(w.pick("open %s by %s", "click %s by %s", "open %s by %s as machine", "click %s by %s as machine"), step, client))
	case n < 34 && step != "":
		rp.do(ctx, fmt.Sprintf("reply to %s by %s", step, client))
	case n < 38 && step != "":
		rp.do(ctx, fmt.Sprintf("out_of_office to %s by %s", step, client))
	case n < 41 && step != "":
		if rp.do(ctx, fmt.Sprintf(w.pick("bounce of %s to %s", "complaint about %s by %s"), step, client)) {
			rp.ends(ctx, client)
		}
	case n < 43 && step != "":
		if rp.do(ctx, fmt.Sprintf("unsubscribe %s via %s", client, step)) {
			rp.ends(ctx, client)
		}
	case n < 48:
		rp.do(ctx, fmt.Sprintf("purchase by %s of %s", client, w.pick("dryer", "filters")))
	case n < 54:
		rp.do(ctx, fmt.Sprintf("category %s %s", client, w.pick("C", "D", "B")))
	case n < 58:
		rp.do(ctx, fmt.Sprintf("owner %s %s", client, w.pick("irina@levanto.example.com", "pavel@levanto.example.com")))
	case n < 66:
		rp.do(ctx, fmt.Sprintf(w.pick("call %s", "meeting %s"), client))
	case n < 70:
		tasks, err := store.ListTasks(ctx, rp.pool, store.TaskFilter{Client: client, State: store.TaskOpen, Limit: 10})
		rp.must(err)
		if len(tasks) > 0 && tasks[0].Step != "" {
			rp.do(ctx, fmt.Sprintf("done %s for %s", tasks[0].Step, client))
		}
	case n < 75:
		rp.do(ctx, fmt.Sprintf("enroll %s in q%d", client, w.r.IntN(3)))
	case n < 77:
		rp.do(ctx, "pause "+client)
	case n < 84:
		rp.do(ctx, "resume "+client)
	case n < 86:
		rp.do(ctx, fmt.Sprintf("stage %s %s", client, w.pick("lead", "interest", "refused_now")))
	case n < 88:
		rp.do(ctx, w.pick("deal_opened for ", "deal_lost for ")+client)
	case n < 90:
		rp.do(ctx, "restart worker")
	case n < 92:
		rp.do(ctx, "publish edit")
	case n < 94:
		rp.do(ctx, fmt.Sprintf("consent %s %s", client, w.pick("withdrawn", "opt_in", "opt_in")))
	case n < 97:
		rp.do(ctx, fmt.Sprintf("refuse %s once %s try again later", rp.address(client), w.pick("450", "550")))
	default:
		rp.do(ctx, "event custom:webinar for "+client)
	}
}

func (rp *randomPlay) address(client string) string {
	for _, c := range rp.story.Clients {
		if c.ExternalID == client {
			return c.Email
		}
	}
	return ""
}

func (rp *randomPlay) ends(ctx context.Context, client string) {
	if _, before := rp.over[client]; !before {
		rp.over[client] = rp.time(ctx)
	}
}

// watchOffers holds that a deadline once given stays.
func (rp *randomPlay) watchOffers(ctx context.Context) {
	all, err := store.ListEnrollments(ctx, rp.pool, store.EnrollmentFilter{Limit: 100_000})
	rp.must(err)
	for _, e := range all {
		if e.OfferName == "" || e.OfferExpiresAt == nil {
			continue
		}
		if rp.offers[e.ID] == nil {
			rp.offers[e.ID] = map[string]time.Time{}
		}
		before, known := rp.offers[e.ID][e.OfferName]
		if known && e.OfferExpiresAt.After(before) {
			rp.t.Errorf("%s: the offer %s of %s had until %s, and has until %s", e.Client, e.OfferName, e.Sequence, before, e.OfferExpiresAt)
		}
		rp.offers[e.ID][e.OfferName] = *e.OfferExpiresAt
	}
}

// check holds what is promised, about all that happened.
func (rp *randomPlay) check(ctx context.Context) {
	messages, err := store.ListMessages(ctx, rp.pool, store.MessageFilter{Limit: 100_000})
	rp.must(err)
	slices.Reverse(messages)
	var sent []store.Message
	for _, m := range messages {
		switch m.State {
		case "sent":
			sent = append(sent, m)
		case "claimed", "transmitting":
			rp.t.Errorf("%s: message %d of %s is %s although everything rests", m.Client, m.ID, m.Step, m.State)
		}
	}
	slices.SortStableFunc(sent, func(a, b store.Message) int { return a.SentAt.Compare(*b.SentAt) })
	touches, err := store.ListTouches(ctx, rp.pool, store.TouchFilter{Limit: 100_000})
	rp.must(err)
	rp.afterTheEnd(sent)
	rp.onceEach(sent)
	rp.caps(sent, touches)
	rp.windows(ctx, sent)
	rp.nobodyForgotten(ctx)
	ledger := 0
	for _, touch := range touches {
		if touch.Kind == "sent" {
			ledger++
		}
	}
	if ledger != len(sent) {
		rp.t.Errorf("%d letters were sent, and %d are in the ledger", len(sent), ledger)
	}
}

// afterTheEnd: nothing after a client unsubscribed, complained, or bounced.
func (rp *randomPlay) afterTheEnd(sent []store.Message) {
	for _, m := range sent {
		if end, ended := rp.over[m.Client]; ended && m.SentAt.After(end) {
			rp.t.Errorf("%s got %s/%s on %s, and nothing might go after %s", m.Client, m.Sequence, m.Step, m.SentAt, end)
		}
	}
}

// onceEach: no step twice in an enrollment, no letter of a pool twice to a client.
func (rp *randomPlay) onceEach(sent []store.Message) {
	type step struct {
		enrollment int64
		step       string
	}
	type pooled struct{ client, template string }
	steps, pools := map[step]string{}, map[pooled]string{}
	for _, m := range sent {
		repeated := rp.isRepeat(m)
		if template, twice := steps[step{m.EnrollmentID, m.Step}]; twice && (!repeated || template == m.Template) {
			rp.t.Errorf("%s got step %s/%s twice in one run", m.Client, m.Sequence, m.Step)
		}
		steps[step{m.EnrollmentID, m.Step}] = m.Template
		if !repeated {
			continue
		}
		if before, twice := pools[pooled{m.Client, m.Template}]; twice {
			rp.t.Errorf("%s got %s of a pool at %s/%s after %s", m.Client, m.Template, m.Sequence, m.Step, before)
		}
		pools[pooled{m.Client, m.Template}] = m.Sequence + "/" + m.Step
	}
}

// isRepeat: random ids are never given twice, so the text tells.
func (rp *randomPlay) isRepeat(m store.Message) bool {
	_, rest, found := strings.Cut(rp.source.String(), "- id: "+m.Step+"\n")
	if !found {
		return false
	}
	body, _, _ := strings.Cut(rest, "- id: ")
	return strings.Contains(body, "repeat:")
}

// caps: no more letters than a client, or a company, may get in any stretch of days;
// talks of reps count for the client.
func (rp *randomPlay) caps(sent []store.Message, touches []store.Touch) {
	w := rp.world
	talks := map[string][]time.Time{}
	for _, touch := range touches {
		if touch.Actor == "rep" && (touch.Kind == "call" || touch.Kind == "meeting") {
			talks[touch.Client] = append(talks[touch.Client], touch.At)
		}
	}
	check := func(who string, letters []time.Time, talks []time.Time, most, days int) {
		for i, last := range letters {
			start, n := last.AddDate(0, 0, -days), 0
			for _, at := range append(slices.Clone(letters[:i+1]), talks...) {
				if at.After(start) && !at.After(last) {
					n++
				}
			}
			if n > most {
				rp.t.Errorf("%s got %d letters and talks in the %d days before %s, at most %d may be", who, n, days, last, most)
				return
			}
		}
	}
	byClient, byCompany := map[string][]time.Time{}, map[string][]time.Time{}
	for _, m := range sent {
		byClient[m.Client] = append(byClient[m.Client], *m.SentAt)
		_, domain, _ := strings.Cut(m.Recipient, "@")
		byCompany[domain] = append(byCompany[domain], *m.SentAt)
	}
	for client, letters := range byClient {
		check(client, letters, talks[client], w.clientLetters, w.clientDays)
	}
	for company, letters := range byCompany {
		check(company, letters, nil, w.companyLetters, w.companyDays)
	}
}

// windows: every letter went in hours that its sequence had at one time in the story.
func (rp *randomPlay) windows(ctx context.Context, sent []store.Message) {
	catalog, err := rp.engine.Catalog(ctx, rp.pool)
	rp.must(err)
	windows := map[string][]sequences.Window{}
	for _, f := range append(slices.Clone(rp.story.files), rp.story.edits["edit"]...) {
		if strings.HasPrefix(f.name, "sequences/q") {
			sequence, _ := sequences.ParseSequence(f.name, f.body, nil)
			windows[sequence.Name] = append(windows[sequence.Name], catalog.Settings.Windows[sequence.Window])
		}
	}
	for _, m := range sent {
		kept := slices.ContainsFunc(windows[m.Sequence], func(w sequences.Window) bool {
			zone := rp.zone
			if i := slices.IndexFunc(rp.story.Clients, func(c sequences.Sample) bool { return c.ExternalID == m.Client && c.TimeZone != "" }); i >= 0 && w.TimeZone != sequences.CompanyTime {
				zone, err = sequences.LoadZone(rp.story.Clients[i].TimeZone)
				rp.must(err)
			}
			// The clock runs while a letter is on its way, which may take some seconds.
			return w.Contains(m.SentAt.In(zone), catalog.Calendar) || w.Contains(m.SentAt.Add(-20*time.Second).In(zone), catalog.Calendar)
		})
		if !kept {
			rp.t.Errorf("%s got %s/%s on %s, outside its window", m.Client, m.Sequence, m.Step, m.SentAt)
		}
	}
}

// nobodyForgotten: whoever's run has not ended has a next date, or a reason to wait
// that a rep can read; and the date is not past.
func (rp *randomPlay) nobodyForgotten(ctx context.Context) {
	now := rp.time(ctx)
	all, err := store.ListEnrollments(ctx, rp.pool, store.EnrollmentFilter{Limit: 100_000})
	rp.must(err)
	deferred := map[int64]bool{}
	for _, state := range []string{"planned", "held", "unconfirmed"} {
		messages, err := store.ListMessages(ctx, rp.pool, store.MessageFilter{State: state, Limit: 100_000})
		rp.must(err)
		for _, m := range messages {
			deferred[m.EnrollmentID] = true
		}
	}
	for _, e := range all {
		switch {
		case e.State == "ended" && (e.EndReason == nil || *e.EndReason == ""):
			rp.t.Errorf("%s: %s has ended, and nobody knows why", e.Client, e.Sequence)
		case e.State == "ended" || e.State == "paused" || deferred[e.ID]:
		case e.NextAt == nil && e.Waiting == "":
			rp.t.Errorf("%s: %s/%s has no date and waits for nothing", e.Client, e.Sequence, e.NextStep)
		case e.NextAt != nil && e.NextAt.Before(now.Add(-time.Minute)):
			rp.t.Errorf("%s: %s/%s was due on %s, and it is %s", e.Client, e.Sequence, e.NextStep, e.NextAt, now)
		}
	}
}
