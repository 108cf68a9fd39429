package pages

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"seventh/internal/engine"
	"seventh/internal/store"
	"seventh/sequences"
)

// upcoming is a step further on. Its date is what today's settings make of it.
type upcoming struct {
	Number   int // in the order of the file, from 1
	Step     string
	Kind     sequences.Kind
	Subject  string
	Client   *moment
	Company  *moment
	After    string // the delay in words: "21 days later"
	Branches []branchAhead
}

// branchAhead is one way that a step further on may lead.
type branchAhead struct {
	Name  string
	Steps []string
}

// projection dates the steps further on, as if everything happened on time. It
// knows no dates behind what waits for a person.
type projection struct {
	version *engine.Version
	client  *store.Client
	clocks  clocks
	subject namer
	anchor  time.Time
	dated   bool
	begun   bool // the wait that the enrollment stands at is over at anchor
	spacing
}

// spacing is what a client wants between letters.
type spacing struct {
	every  sequences.Duration // at least; zero: he has asked for nothing
	letter time.Time          // when the letter before goes; zero if there is none
}

// stepsAhead bounds how far a projection looks.
const stepsAhead = 50

// after lists the steps behind one that happens at anchor.
func (p *projection) after(step sequences.Step) ([]upcoming, error) {
	if step.Kind() == sequences.KindEmail && p.dated {
		p.letter = p.anchor
	}
	if err := p.pass(step); err != nil {
		return nil, err
	}
	var list []upcoming
	for range stepsAhead {
		next, more := p.onward(step)
		if !more {
			break
		}
		next.After = p.version.Pace(next.After, p.client)
		u := upcoming{
			Number: numberOf(p.version.Sequence, next.ID), Step: next.ID, Kind: next.Kind(), After: later(next), Branches: p.branches(next),
		}
		var when *time.Time
		if p.dated {
			due, err := p.version.Due(next, p.anchor, p.client)
			if err != nil {
				return nil, err
			}
			if due, err = p.wished(next, due); err != nil {
				return nil, err
			}
			u.Client, u.Company = p.clocks.show(due)
			p.anchor, when = due, &due
		}
		u.Subject = naming(next, p.subject, when)
		if next.If != nil {
			u.Subject = "Depends on: " + next.If.String()
		}
		list, step = append(list, u), next
		if err := p.pass(step); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// wished is the date of a letter as the client's wish for fewer of them leaves it: at the
// first opening that is far enough from the letter before.
func (p *projection) wished(step sequences.Step, due time.Time) (time.Time, error) {
	if step.Kind() != sequences.KindEmail || p.every.IsZero() {
		return due, nil
	}
	if free := p.every.Add(p.letter.In(p.clocks.client), p.version.Calendar); !p.letter.IsZero() && due.Before(free) {
		var err error
		step.After = sequences.Duration{}
		if due, err = p.version.Due(step, free, p.client); err != nil {
			return due, err
		}
	}
	p.letter = due
	return due, nil
}

// pass moves the anchor to when a step is over; what waits for a person, or depends
// on what he does, ends the dates.
func (p *projection) pass(step sequences.Step) error {
	switch w := step.Wait; {
	case step.ForRep(), step.If != nil, step.Repeat != nil, w != nil && w.Event != nil:
		p.dated = false
	case w == nil || !p.dated:
	case p.begun:
	case !w.For.IsZero():
		due, err := p.version.Due(sequences.Step{ID: step.ID, After: w.For}, p.anchor, p.client)
		if err != nil {
			return err
		}
		p.anchor = due
	default:
		p.anchor = w.Until(p.anchor.In(p.clocks.client), nil)
	}
	p.begun = false
	return nil
}

// onward is what follows a step as far as it is known: a split's branch is, because
// a client always gets the same one.
func (p *projection) onward(step sequences.Step) (sequences.Step, bool) {
	if step.End != "" {
		return sequences.Step{}, false
	}
	if branch := step.Choose(p.client.ExternalID); branch != nil {
		return p.version.Sequence.Enter(step, branch.Name)
	}
	return p.version.Sequence.Next(step.ID)
}

// branches are the ways that an if may lead, in brief, or the one that a split does.
func (p *projection) branches(step sequences.Step) []branchAhead {
	if step.If != nil {
		return []branchAhead{{"if so", brief(step.Then)}, {"if not", brief(step.Else)}}
	}
	if branch := step.Choose(p.client.ExternalID); branch != nil {
		return []branchAhead{{"this client gets “" + branch.Name + "”", brief(branch.Steps)}}
	}
	return nil
}

// brief names the first steps of a branch.
func brief(steps []sequences.Step) []string {
	const shown = 3
	var list []string
	for i := range steps {
		if i == shown {
			return append(list, fmt.Sprintf("and %d more", len(steps)-shown))
		}
		list = append(list, steps[i].Does())
	}
	if list == nil {
		return []string{"nothing, it goes on"}
	}
	return list
}

// naming is what people call a step: a letter by its subject.
func naming(step sequences.Step, subject namer, when *time.Time) string {
	switch step.Kind() {
	case sequences.KindEmail:
		name := subject(step, when)
		if step.Repeat != nil {
			name += fmt.Sprintf(", and then a letter every %s", spanOrCadence(step.Repeat.Every))
		}
		return name
	case sequences.KindCall:
		return "Call by the rep"
	case sequences.KindTask:
		return "Task for the rep: " + step.Task
	case sequences.KindNotify:
		return "Notice for the rep: " + step.Notify
	}
	return capital(step.Does())
}

func capital(text string) string {
	return strings.ToUpper(text[:min(1, len(text))]) + text[min(1, len(text)):]
}

// placeOf says where in its sequence a step is.
func placeOf(s *sequences.Sequence, step sequences.Step) string {
	what := "Step"
	if onlyLetters(s) {
		what = "Letter"
	}
	total := 0
	for range s.All() {
		total++
	}
	return fmt.Sprintf("%s %d of %d · step %s", what, numberOf(s, step.ID), total, step.ID)
}

// lastWords are said of the last step.
func lastWords(s *sequences.Sequence) string {
	if onlyLetters(s) {
		return "This is the last letter of the sequence."
	}
	return "This is the last step of the sequence."
}

func onlyLetters(s *sequences.Sequence) bool {
	for step := range s.All() {
		if step.Kind() != sequences.KindEmail {
			return false
		}
	}
	return true
}

// numberOf is a step's place in the file, from 1.
func numberOf(s *sequences.Sequence, step string) int {
	all := slices.Collect(s.All())
	return 1 + slices.IndexFunc(all, func(x *sequences.Step) bool { return x.ID == step })
}

// waitsAt says what an enrollment waits for in a step that it has reached; "" if it
// has not.
func waitsAt(e *store.Enrollment, step sequences.Step, zone *time.Location) string {
	until := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.In(zone).Format("Mon 2 Jan 2006, 15:04")
	}
	switch {
	case e.Waiting == "wait":
		return "Waits until " + until(e.NextAt) + "."
	case e.Waiting == "event" && step.Wait != nil && step.Wait.Event != nil:
		return fmt.Sprintf("Waits for: %s. Goes on without it on %s.", step.Wait.Event, until(e.DueAt))
	case e.Waiting == "task":
		return fmt.Sprintf("Waits for the rep, and goes on as soon as it is done; without it on %s.", until(e.NextAt))
	}
	return ""
}

// later says how long after the one before a step comes.
func later(step sequences.Step) string {
	switch {
	case step.After.IsZero():
		return "at once"
	case step.After.Unit == sequences.Cadence:
		return "at the category’s pace"
	}
	return span(step.After) + " later"
}

func spanOrCadence(d sequences.Duration) string {
	if d.Unit == sequences.Cadence {
		return "as often as the category says"
	}
	return span(d)
}
