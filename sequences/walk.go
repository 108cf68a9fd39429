package sequences

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Walk is one client's way through a sequence, dated without a database by the
// functions that the planner uses. Limits, priorities and other sequences are not
// part of it.
type Walk struct {
	Sequence *Sequence
	Timing   Timing
	// Categories are whose cadence holds, also when a step changes the category.
	Categories map[string]Category
	Zone       *time.Location // of the window, and of the stops
	Facts      Facts
	Events     []SampleEvent // what the client does
	Split      string        // who the client is, for splits
	From       time.Time
	Until      time.Time
	GivenUp    bool // calls and tasks are given up; else they are done when they are due

	stops   []Stop
	anchor  time.Time
	usedUp  time.Time   // nothing is before it: when a repeat was found to have no letter left
	happens []Happening // in time, also to come
	waiting []SampleEvent
	had     map[string]bool // letters
}

// Stop is what happens at one moment of a walk.
type Stop struct {
	Step     string
	Kind     Kind
	At       time.Time // in the walk's zone
	Letter   string    // of an email
	Deadline time.Time // of the offer that the email makes
	Says     string    // what else is to be known: the branch taken, what is changed
	Moved    string    // why it is not when its delay ends; "" if it is
}

// Reached is a kind of stop at which a walk ends.
const (
	Reached  Kind = "ended"
	GoesOn   Kind = "goes on" // the sequence does, beyond Until
	NoLetter Kind = "waits"   // for letters yet to be written
)

// mostStops bounds walks that come to no end by themselves.
const mostStops = 5000

// Stops walks.
func (w *Walk) Stops() ([]Stop, error) {
	w.anchor, w.had = w.From, map[string]bool{}
	w.Timing.Cadence = Pace(w.Categories, w.Facts.Category)
	w.waiting = slices.Clone(w.Events)
	w.settle("", w.From)
	step, more := w.Sequence.Next("")
	occurrence := 1
	for more && len(w.stops) < mostStops {
		at, err := w.Timing.Due(step, w.anchor.In(w.Zone))
		if err != nil {
			return nil, err
		}
		if at = at.In(w.Zone); at.Before(w.usedUp) {
			at = w.usedUp
		}
		if w.exits(at) {
			return w.stops, nil
		}
		if at.After(w.Until) {
			w.add(Stop{Step: step.ID, Kind: GoesOn, At: at})
			return w.stops, nil
		}
		before := step.ID
		if step, more = w.take(step, at, occurrence); more && step.ID == before {
			occurrence++
		} else {
			occurrence = 1
		}
		if n := len(w.stops); n > 0 && (w.stops[n-1].Kind == Reached || w.stops[n-1].Kind == NoLetter) {
			return w.stops, nil
		}
	}
	if !more {
		w.add(Stop{Kind: Reached, At: w.anchor.In(w.Zone), Says: ReachedEnd})
	}
	return w.stops, nil
}

// ReachedEnd is what an end says that comes after the last step.
const ReachedEnd = "finished"

func (w *Walk) add(s Stop) { w.stops = append(w.stops, s) }

// take does a step, and returns the one that follows.
func (w *Walk) take(step Step, at time.Time, occurrence int) (next Step, more bool) {
	stop := Stop{Step: step.ID, Kind: step.Kind(), At: at, Moved: w.moved(step, at)}
	last := w.anchor
	w.anchor = at
	switch stop.Kind {
	case KindEmail:
		return w.letter(step, stop, occurrence, last)
	case KindCall, KindTask:
		w.forRep(step, stop)
	case KindWait:
		stop.Says = w.wait(step.Wait, at)
		w.add(stop)
	case KindIf:
		branch, answer := BranchElse, "no"
		if step.If.Match(w.facts(at), at) {
			branch, answer = BranchThen, "yes"
		}
		stop.Says = fmt.Sprintf("%s: %s → %s", step.If, answer, branch)
		w.add(stop)
		return w.Sequence.Enter(step, branch)
	case KindSplit:
		branch := step.Choose(w.Split)
		if branch == nil {
			return w.Sequence.Next(step.ID)
		}
		stop.Says = "→ " + branch.Name
		w.add(stop)
		return w.Sequence.Enter(step, branch.Name)
	case KindEnd:
		stop.Kind, stop.Says = Reached, step.End
		w.add(stop)
		return Step{}, false
	default:
		stop.Says = w.change(step)
		w.add(stop)
	}
	return w.Sequence.Next(step.ID)
}

// letter sends one: of a pool the first that the client has not had. Behind a pool
// that is used up delays count from its last letter.
func (w *Walk) letter(step Step, stop Stop, occurrence int, last time.Time) (next Step, more bool) {
	stop.Letter = step.Email.First()
	if step.Repeat != nil {
		i := slices.IndexFunc(step.Email, func(name string) bool { return !w.had[name] })
		if i < 0 {
			if step.Repeat.UsedUp == UsedUpWait {
				stop.Kind, stop.Says, stop.Letter = NoLetter, "all its letters were sent: it waits for new ones", ""
				w.add(stop)
				return step, true
			}
			w.anchor, w.usedUp = last, stop.At
			return w.Sequence.Next(step.ID)
		}
		stop.Letter = step.Email[i]
		stop.Says = "letter " + strconv.Itoa(occurrence)
	}
	if step.Offer != nil {
		stop.Deadline = w.Timing.Delayed(step.Offer.Expires, stop.At).In(w.Zone)
		stop.Says = fmt.Sprintf("offer %s until %s", step.Offer.Name, stop.Deadline.Format("Mon 2006-01-02 15:04"))
	}
	w.had[stop.Letter] = true
	w.add(stop)
	w.happen(Happening{Kind: "sent", Step: step.ID, At: stop.At})
	w.settle(step.ID, stop.At)
	return w.Sequence.Follow(step, occurrence)
}

// forRep is a call or another task: done at once, or given up.
func (w *Walk) forRep(step Step, stop Stop) {
	if w.GivenUp {
		w.anchor = w.Timing.Delayed(step.GivesUpAfter(), stop.At)
		stop.Says = "not done: given up on " + w.anchor.In(w.Zone).Format("Mon 2006-01-02")
		w.add(stop)
		return
	}
	stop.Says = "done the same day"
	w.add(stop)
	w.happen(Happening{Kind: "done", Step: step.ID, At: stop.At})
	if step.Call != "" {
		w.happen(Happening{Kind: "called", At: stop.At})
	}
	w.settle(step.ID, stop.At)
}

// wait moves the anchor to where the wait is over.
func (w *Walk) wait(wait *Wait, from time.Time) string {
	until := wait.Until(from, w.Timing.Delayed).In(w.Zone)
	w.anchor = until
	if wait.Event == nil {
		return "until " + until.Format("Mon 2006-01-02 15:04")
	}
	for _, at := range w.moments(from, until) {
		if wait.Event.Match(w.facts(at), at) {
			w.anchor = at
			return fmt.Sprintf("%s: yes, on %s", wait.Event, at.In(w.Zone).Format("Mon 2006-01-02 15:04"))
		}
	}
	return fmt.Sprintf("%s: no, goes on %s", wait.Event, until.Format("Mon 2006-01-02 15:04"))
}

// moments are when something that conditions look at changes, from from to until:
// what happens, and what time alone makes true.
func (w *Walk) moments(from, until time.Time) []time.Time {
	list := []time.Time{from}
	for _, h := range w.happens {
		if h.At.After(from) && !h.At.After(until) {
			list = append(list, h.At)
		}
	}
	slices.SortFunc(list, time.Time.Compare)
	return list
}

// change is what a step does beside the way of the client.
func (w *Walk) change(step Step) string {
	switch {
	case step.Set != nil:
		return w.set(step.Set)
	case step.Enroll != "":
		return "enrolls in " + step.Enroll
	case step.Notify != "":
		return step.Notify
	}
	return "tells " + step.Webhook
}

func (w *Walk) set(c *Change) string {
	var said []string
	if c.Category != "" {
		w.Facts.Category = c.Category
		w.Timing.Cadence = Pace(w.Categories, c.Category)
		said = append(said, "category "+c.Category)
	}
	if c.Temperature != "" {
		w.Facts.Temperature = c.Temperature
		said = append(said, "temperature "+c.Temperature)
	}
	attributes := map[string]any{}
	for name, value := range w.Facts.Attributes {
		attributes[name] = value
	}
	for _, name := range names(c.Attributes) {
		attributes[name] = c.Attributes[name]
		said = append(said, fmt.Sprintf("%s %v", name, c.Attributes[name]))
	}
	w.Facts.Attributes = attributes
	return "sets " + strings.Join(said, ", ")
}
