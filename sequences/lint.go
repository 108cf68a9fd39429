package sequences

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Warning is the Severity of what is most likely a mistake, though the file can be
// used as it is.
const Warning = "warning"

// Lint finds what can be read and yet cannot be meant: conditions on what cannot have
// happened, steps that nobody comes to, a window that never opens. settings are those
// that the sequence was parsed with.
func (s *Sequence) Lint(settings *Settings) []Problem {
	l := lint{sequence: s, lines: strings.Split(string(newlines(bytes.Clone(s.Source))), "\n")}
	l.steps(s.Steps, nil)
	l.exits()
	l.window(settings)
	return inOrder(l.problems)
}

// lint is Lint at work.
type lint struct {
	sequence *Sequence
	lines    []string
	problems []Problem
}

func (l *lint) problem(line, column int, format string, args ...any) {
	p := Problem{File: l.sequence.File, Line: line, Column: column, Message: fmt.Sprintf(format, args...)}
	if line >= 1 && line <= len(l.lines) {
		p.Source = l.lines[line-1]
	}
	l.problems = append(l.problems, p)
}

// warning is a problem that a sequence can go on with.
func (l *lint) warning(step *Step, format string, args ...any) {
	l.problem(step.Line, step.Column, format, args...)
	l.problems[len(l.problems)-1].Severity = Warning
}

// steps looks at steps that come after before, the steps that may have been done by
// then, and returns those that may have been done behind them.
func (l *lint) steps(steps []Step, before []*Step) []*Step {
	ended := ""
	for i := range steps {
		step := &steps[i]
		if ended != "" {
			l.warning(step, "nobody comes to step %q: %s; move it before that, or remove it", step.ID, ended)
			ended = "" // once is enough
		}
		before = l.step(step, before)
		ended = endsHere(step)
	}
	return before
}

// mostMonths is how many minutes of delay are more likely meant as months.
const mostMonths = 12

// step looks at one step and its branches.
func (l *lint) step(step *Step, before []*Step) []*Step {
	if step.If != nil {
		l.condition(step.If.Expression, before, step)
	}
	if step.Wait != nil && step.Wait.Event != nil {
		l.condition(step.Wait.Event.Expression, before, step)
	}
	if step.After.Unit == Minute && step.After.N > 0 && step.After.N <= mostMonths {
		l.warning(step, "step %q comes after %s, which is minutes: a month is 1mo; for minutes all the same leave it", step.ID, step.After)
	}
	if step.Thread == ThreadReply && !slices.ContainsFunc(before, func(b *Step) bool { return len(b.Email) > 0 }) {
		l.problem(step.Line, step.Column, "the letter of step %q has none before it to answer: remove thread: reply here", step.ID)
	}
	for _, branch := range step.Split {
		if branch.Weight == 0 && len(branch.Steps) > 0 {
			l.warning(step, "nobody comes to branch %q of %q, as its weight is 0: give it a weight, or remove it", branch.Name, step.ID)
		}
	}
	done := append(slices.Clone(before), step)
	behind := slices.Clone(done)
	for _, branch := range step.branches() {
		behind = append(behind, l.steps(branch, done)[len(done):]...)
	}
	return behind
}

// endsHere says why nobody goes on behind a step, or "".
func endsHere(step *Step) string {
	switch {
	case step.End != "":
		return fmt.Sprintf("the sequence ends at %q before", step.ID)
	case step.Repeat != nil && step.Repeat.UsedUp == UsedUpWait && step.Repeat.Times == 0:
		return fmt.Sprintf("at %q clients wait for new letters for ever (used_up: wait)", step.ID)
	case step.If != nil && ends(step.Then) && ends(step.Else):
		return fmt.Sprintf("both branches of %q end the sequence", step.ID)
	case len(step.Split) > 0 && !slices.ContainsFunc(step.Split, func(b Branch) bool { return b.Weight > 0 && !ends(b.Steps) }):
		return fmt.Sprintf("all branches of %q end the sequence", step.ID)
	}
	return ""
}

func ends(steps []Step) bool {
	return slices.ContainsFunc(steps, func(s Step) bool { return endsHere(&s) != "" })
}

// exits looks at the conditions of exit_on, which are asked all the time: any step
// may have been done.
func (l *lint) exits() {
	var all []*Step
	for step := range l.sequence.All() {
		all = append(all, step)
	}
	for _, c := range l.sequence.ExitOn.Conditions {
		l.condition(c.Expression, all, nil)
	}
}

// condition finds steps that an expression names and that cannot have been done by
// the time it is asked. asking is nil for exit_on.
func (l *lint) condition(e Expression, before []*Step, asking *Step) {
	for _, use := range e.Uses().Steps {
		named, found := l.sequence.Step(use.Name)
		switch {
		case !found:
			l.problem(use.Line, use.Column, "%s(%s): %s", use.Function, use.Name, unknown("step", use.Name, l.sequence.ids()))
		case asking != nil && named.ID == asking.ID:
			l.problem(use.Line, use.Column, "%s(%s) asks about this very step, which has done nothing yet", use.Function, use.Name)
		case !slices.ContainsFunc(before, func(b *Step) bool { return b.ID == named.ID }):
			l.problem(use.Line, use.Column, "%s(%s) cannot have happened: step %q comes later, or in another branch", use.Function, use.Name, use.Name)
		case !fits(use.Function, &named):
			l.problem(use.Line, use.Column, "%s(%s) cannot happen: step %q has %s; %s", use.Function, use.Name, use.Name, named.Kind(), askInstead(&named))
		}
	}
}

// fits tells whether what a function asks can happen at a step.
func fits(function string, step *Step) bool {
	switch function {
	case "done", "called", "met":
		return step.ForRep()
	}
	return len(step.Email) > 0
}

func askInstead(step *Step) string {
	switch {
	case step.ForRep():
		return fmt.Sprintf("ask done(%s)", step.ID)
	case len(step.Email) > 0:
		return fmt.Sprintf("ask sent(%s), opened(%s) or clicked(%s)", step.ID, step.ID, step.ID)
	}
	return "name a step with a letter, a call or a task"
}

// window tells of a window that never opens, so that no letter would ever leave.
func (l *lint) window(settings *Settings) {
	w, named := settings.Windows[l.sequence.Window]
	if !named {
		return
	}
	calendar, err := settings.WorkCalendar()
	if err != nil {
		return // told in the settings
	}
	// Any year does: a window that opens in none of a year's days opens in no other.
	from := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	if _, _, err := w.Open(from, calendar); err != nil {
		line, column := placeOf(l.lines, "window:")
		l.problem(line, column, "no letter would ever leave: the window %q is closed on all its days by the calendar; give it other days, or holidays: ignore", l.sequence.Window)
	}
}

// placeOf is where a key at the beginning of a line stands.
func placeOf(lines []string, key string) (line, column int) {
	for i, text := range lines {
		if strings.HasPrefix(text, key) {
			return i + 1, 1
		}
	}
	return 1, 1
}
