package pages

import (
	"fmt"
	"slices"
	"time"

	"seventh/internal/engine"
	"seventh/internal/store"
	"seventh/sequences"
)

// chain is an open enrollment: what comes next, when and why.
type chain struct {
	ID       int64
	Title    string
	State    string // active or paused
	Place    string // of the step in the sequence: "Letter 2 of 10 · step case"
	Subject  string
	Client   *moment // when, on the client's clock; nil without a date
	Company  *moment // the same on the company's, if that differs
	Overdue  bool
	Waits    string // instead of a date
	Letter   string // address of the letter on its way, '' without one
	Why      []string
	Upcoming []upcoming
	Last     string // what is said when nothing comes after
	Path     []pathLine
}

// underWay is the letter of an enrollment that is neither sent nor given up, or
// nil.
func underWay(letters []store.Message, enrollmentID int64) *store.Message {
	for i, m := range letters {
		if m.EnrollmentID == enrollmentID && slices.Contains([]string{"planned", "claimed", "transmitting", "held"}, m.State) {
			return &letters[i]
		}
	}
	return nil
}

// lostOf is the letter that an enrollment waits to be cleared up, 0 for none.
func lostOf(letters []store.Message, e store.Enrollment) int64 {
	for _, m := range letters {
		if e.State == "active" && e.Waiting == "unconfirmed" && m.EnrollmentID == e.ID && m.State == "unconfirmed" {
			return m.ID
		}
	}
	return 0
}

// outranking is the sequence that an enrollment waits for.
func outranking(e store.Enrollment, open []store.Enrollment) string {
	first := e
	for _, other := range open {
		if other.State == "active" && other.Priority > first.Priority {
			first = other
		}
	}
	return first.Sequence
}

// nextOf says what comes next in an enrollment. rival is the sequence that goes
// first if it waits for one, letter what is on its way (nil for nothing), wish how often the client
// wants letters.
func nextOf(sc scene, client *store.Client, e store.Enrollment, v *engine.Version, rival string, letter *store.Message, wish spacing, subject namer) (chain, error) {
	c := chain{ID: e.ID, Title: v.Sequence.Title, State: e.State, Last: lastWords(v.Sequence)}
	if e.NextStep == "" {
		c.Place, c.Subject, c.Waits = "All steps are done", "New letters", orElse(holds[e.Waiting], "What comes next is being worked out.")
		return c, nil
	}
	step, found := v.Sequence.Step(e.NextStep)
	if !found {
		return chain{}, fmt.Errorf("enrollment %d stands at step %q, which version %d of %s does not have", e.ID, e.NextStep, v.Number, e.Sequence)
	}
	c.Place = placeOf(v.Sequence, step)
	step.After = v.Pace(step.After, client)
	clocks := clocks{client: clientZone(client, sc.zone), company: sc.zone}
	anchor := sc.now
	dated := true
	switch inStep := waitsAt(&e, step, clocks.client); {
	case letter != nil && (e.State != "paused" || letter.State != "held"):
		c.Letter, c.Waits = fmt.Sprintf("/letters/%d", letter.ID), onItsWay(letter, clocks.client)
		dated = letter.State != "held"
	case e.State == "paused":
		c.Waits, dated = "Paused: nothing goes out until somebody resumes it.", false
	case inStep != "":
		c.Waits, dated = inStep, e.NextAt != nil
		if dated {
			anchor = *e.NextAt
		}
	case e.NextAt != nil:
		c.Client, c.Company = clocks.show(*e.NextAt)
		c.Overdue = !e.NextAt.After(sc.now)
		anchor = *e.NextAt
		c.Why = whyThen(e, step, v)
	case e.Waiting == "priority":
		c.Waits, dated = fmt.Sprintf("Waits until “%s” is over, which goes first. Then it goes on from here.", sc.title(rival)), false
	case e.Waiting == "":
		c.Waits = "Its letter is on its way."
	default:
		c.Waits, dated = orElse(holds[e.Waiting], "On hold: "+orElse(engine.WhyItWaits(e.Waiting, e.WaitingDetail), phrase(e.Waiting))+"."), e.Waiting == "resumed"
	}
	c.Subject = naming(step, subject, nil)
	if dated {
		c.Subject = naming(step, subject, &anchor)
	}
	ahead := projection{version: v, client: client, clocks: clocks, subject: subject, dated: dated, anchor: anchor, begun: e.Waiting == "wait", spacing: wish}
	var err error
	c.Upcoming, err = ahead.after(step)
	return c, err
}

func onItsWay(m *store.Message, zone *time.Location) string {
	text := "Its letter is " + states[m.State]
	if m.Until != nil {
		text += ", put off until " + m.Until.In(zone).Format("Mon 2 Jan 2006, 15:04")
	}
	if m.Reason != "" {
		text += " (" + phrase(m.Reason) + ")"
	}
	return text + "."
}

// whyThen explains a date.
func whyThen(e store.Enrollment, step sequences.Step, v *engine.Version) []string {
	letter := len(step.Email) > 0
	why := []string{comesWhen(e, step)}
	switch {
	case letter:
		why = append(why, fmt.Sprintf("Letters of this sequence go out %s.", hours(v.Window)))
	case step.Waits():
		why = append(why, fmt.Sprintf("Reps are asked %s.", hours(v.Window)))
	}
	if e.Waiting == "window" {
		why = append(why, "It came due outside those hours, so it waits for the next opening.")
	}
	if limit := engine.WhyItWaits(e.Waiting, e.WaitingDetail); limit != "" && e.Waiting != "window" {
		why = append(why, "It waits: "+limit+".")
	}
	if age := v.Sequence.MaxAgeOf(step); letter && !age.IsZero() {
		switch v.Sequence.MissedOf(step) {
		case sequences.MissedSkip:
			why = append(why, fmt.Sprintf("It is skipped if it cannot go within %s after it was due.", span(age)))
		case sequences.MissedReanchor:
			why = append(why, fmt.Sprintf("It gets a new date if it cannot go within %s after it was due.", span(age)))
		}
	}
	return why
}

func comesWhen(e store.Enrollment, step sequences.Step) string {
	letter, after := len(step.Email) > 0, step.After
	if step.Repeat != nil && e.LastStep == step.ID {
		after = step.Repeat.Every
	}
	switch {
	case after.Unit == sequences.Cadence:
		return "It comes when the client’s category has its next letter."
	case !after.IsZero() && letter:
		return fmt.Sprintf("It comes %s after the letter before.", span(after))
	case !after.IsZero():
		return fmt.Sprintf("It comes %s after the step before.", span(after))
	case !letter:
		return "It comes right after the step before."
	case e.LastStep == "":
		return "The first letter goes out as soon as letters may go."
	}
	return "It goes out as soon as letters may go."
}

// clocks are the client's and ours.
type clocks struct{ client, company *time.Location }

// show gives a time on the client's clock, and on ours if that shows another: the
// hour alone if the day is the same.
func (c clocks) show(t time.Time) (client, company *moment) {
	there, here := at(t, c.client), at(t, c.company)
	if there.Shown == here.Shown {
		return &there, nil
	}
	if t.In(c.client).Format(time.DateOnly) == t.In(c.company).Format(time.DateOnly) {
		here.Shown = t.In(c.company).Format("15:04")
	}
	return &there, &here
}

// reasonForNone says why a client without an open enrollment gets no automated
// letters.
func reasonForNone(sc scene, client *store.Client, touches store.TouchFacts, suppressions []store.Suppression, ended []store.Enrollment) string {
	if sc.catalog == nil {
		return "no sequences are published yet."
	}
	for _, x := range suppressions {
		if x.Scope == "" && client.Address != "" {
			return fmt.Sprintf("the address must not be mailed: %s on %s.", suppressedBecause(x.Reason), x.CreatedAt.In(sc.zone).Format("2 Jan 2006"))
		}
	}
	category, known := sc.catalog.Settings.Categories[client.Category]
	switch {
	case client.Address == "":
		return "there is no e-mail address."
	case client.Stage == "not_target":
		return "the client is marked as not our client."
	case known && !*category.Automated:
		return fmt.Sprintf("clients of category %s hear from their rep in person.", client.Category)
	case client.ConsentBasis == "":
		return "no consent is recorded."
	case !sc.catalog.AllowsLetters(client.ConsentBasis):
		return fmt.Sprintf("the consent on record (%s) does not allow them.", phrase(client.ConsentBasis))
	}
	return reasonBySequences(sc, client, touches, ended)
}

// reasonBySequences looks for the sequence that is nearest to taking the client.
func reasonBySequences(sc scene, client *store.Client, touches store.TouchFacts, ended []store.Enrollment) string {
	facts := client.Facts()
	touches.Fill(&facts)
	for _, v := range sc.catalog.Sequences() {
		if v.Sequence.Enroll != sequences.Automatic || !v.Sequence.Audience.Match(facts, sc.now) {
			continue
		}
		i := slices.IndexFunc(ended, func(e store.Enrollment) bool { return e.SequenceID == v.SequenceID })
		if i < 0 {
			return fmt.Sprintf("“%s” is about to take this client in.", v.Sequence.Title)
		}
		over := fmt.Sprintf("“%s” is over: %s", v.Sequence.Title, endedBecause(*ended[i].EndReason, client.Stage))
		again, ever := v.Reentry(&ended[i], client, "automatic")
		if !ever {
			return over + "."
		}
		return fmt.Sprintf("%s. It may begin again on %s.", over, again.In(sc.zone).Format("2 Jan 2006"))
	}
	for _, v := range sc.catalog.Sequences() {
		if at, ok := v.Sequence.Audience.Changes(facts, sc.now); ok && v.Sequence.Enroll == sequences.Automatic && v.Sequence.Audience.Match(facts, at) {
			return fmt.Sprintf("“%s” takes this client in on %s, unless something changes before.", v.Sequence.Title, at.In(sc.zone).Format("2 Jan 2006"))
		}
	}
	if client.Category == "" {
		return "the client has no category, and no sequence is meant for clients without one."
	}
	return fmt.Sprintf("no sequence is meant for a client like this (category %s, stage “%s”).", client.Category, phrase(client.Stage))
}
