package content

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"seventh/sequences"
)

// Text is a plan for people: + is new, ~ changed, - gone. Times are in a time zone.
func (p *Plan) Text(zone *time.Location) string {
	var b strings.Builder
	for _, s := range p.Sequences {
		s.text(&b, zone)
	}
	for _, e := range p.Settings {
		fmt.Fprintf(&b, "~ seventh.yaml: %s\n", change(e.Key, e.Old, e.New))
	}
	for _, f := range p.Files {
		fmt.Fprintf(&b, "%s %s\n", sign(f.Action), f.title())
	}
	for _, refused := range p.Refused {
		fmt.Fprintf(&b, "! %s\n", refused)
	}
	b.WriteString(p.Summary())
	b.WriteByte('\n')
	return b.String()
}

// Summary is a plan in one line.
func (p *Plan) Summary() string {
	if !p.Any() {
		return "Nothing to do: this folder is in force."
	}
	done := map[string]int{}
	var sum People
	for _, s := range p.Sequences {
		done[s.Action]++
		sum.UnderWay += s.People.UnderWay
		sum.Moved += s.People.Moved
		sum.Retimed += s.People.Retimed
		sum.AtOnce += s.People.AtOnce
		sum.Ended += s.People.Ended
		sum.Enrolled += s.People.Enrolled
	}
	line := fmt.Sprintf("Sequences: %d new, %d changed, %d gone, %d as they were; %d other files.",
		done[ActionAdded], done[ActionChanged], done[ActionRemoved], len(p.Unchanged), len(p.Files)+min(1, len(p.Settings)))
	if sum.UnderWay+sum.Enrolled > 0 {
		line += fmt.Sprintf(" People: %d under way in them, %d go on by new steps, %d get another date (%d at once), %d end, %d are newly enrolled.",
			sum.UnderWay, sum.Moved, sum.Retimed, sum.AtOnce, sum.Ended, sum.Enrolled)
	}
	if len(p.Refused) > 0 {
		line += " It cannot be published as it is: see the lines with an exclamation mark."
	}
	return line
}

func (s *SequencePlan) text(b *strings.Builder, zone *time.Location) {
	fmt.Fprintf(b, "%s sequence %s%s\n", sign(s.Action), s.Name, s.whom())
	for _, e := range s.Changes {
		fmt.Fprintf(b, "    %s%s\n", e.title(), e.effect(zone))
	}
	if n := s.People.Enrolled; n > 0 {
		fmt.Fprintf(b, "    * %s newly enrolled\n", persons(n, "is", "are"))
	}
	if n := s.People.Outside; n > 0 {
		fmt.Fprintf(b, "    * %s no longer in its audience, and %s on\n", persons(n, "is", "are"), plural(n, "goes", "go"))
	}
}

// whom says what the people of a sequence go on by.
func (s *SequencePlan) whom() string {
	switch p := s.People; {
	case p.UnderWay == 0:
		return ""
	case s.Action == ActionRemoved:
		return fmt.Sprintf(": %s under way, and %s on by the steps as they were (--end-removed ends them)", persons(p.UnderWay, "is", "are"), plural(p.UnderWay, "goes", "go"))
	case s.OnChange == sequences.FollowSteps:
		return fmt.Sprintf(": %s under way and %s the new steps", persons(p.UnderWay, "is", "are"), plural(p.UnderWay, "follows", "follow"))
	case p.Moved > 0:
		return fmt.Sprintf(": %s by the steps as they were; %d had run out of letters and go on", persons(p.Pinned, "goes on", "go on"), p.Moved)
	}
	return fmt.Sprintf(": %s by the steps as they were (on_change: pin)", persons(s.People.Pinned, "goes on", "go on"))
}

func (e *Edit) title() string {
	switch sequences.EditKind(e.Kind) {
	case sequences.Added:
		return fmt.Sprintf("+ %s (%s)", e.Step, e.New)
	case sequences.Removed:
		return fmt.Sprintf("- %s%s", e.Step, inBrackets(e.Old))
	case sequences.Renamed:
		return fmt.Sprintf("~ %s is called %s", e.Was, e.Step)
	case sequences.Moved:
		return fmt.Sprintf("~ %s moved; it was %s", e.Step, cmp.Or(prefixed("behind ", e.Was), "the first"))
	case sequences.Changed:
		return fmt.Sprintf("~ %s: %s", e.Step, change(e.Key, e.Old, e.New))
	}
	return "~ " + change(e.Key, e.Old, e.New)
}

// effect says whom a change concerns, and how.
func (e *Edit) effect(zone *time.Location) string {
	var parts []string
	add := func(n int, one, many string) {
		if n > 0 {
			parts = append(parts, persons(n, one, many))
		}
	}
	switch sequences.EditKind(e.Kind) {
	case sequences.Added:
		add(e.Gets, "gets it", "get it")
		add(e.Skips, "is past it", "are past it")
	default:
		add(e.Skips, "does not get it any more", "do not get it any more")
	}
	add(e.Moves, "goes on at "+e.GoOnAt, "go on at "+e.GoOnAt)
	add(e.Ends, "ends", "end")
	if r := e.Retimed; r != nil {
		add(r.People, "gets another date", "get another date")
		when := r.Earliest.In(zone).Format("2006-01-02 15:04")
		if latest := r.Latest.In(zone).Format("2006-01-02 15:04"); latest != when {
			when += " … " + latest
		}
		parts[len(parts)-1] += ", " + when
		if r.AtOnce > 0 {
			parts[len(parts)-1] += fmt.Sprintf(", %d at once", r.AtOnce)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, "; ")
}

func change(key, before, after string) string {
	switch {
	case before == "" && after == "":
		return key + " changed"
	case before == "":
		return key + ": " + after
	case after == "":
		return key + ": " + before + " → (none)"
	}
	return key + ": " + before + " → " + after
}

func (f FileChange) title() string {
	switch {
	case f.Letter == "":
		return f.Path
	case f.Locale == "":
		return "letter " + f.Letter
	}
	return "letter " + f.Letter + " (" + f.Locale + ")"
}

func sign(action string) string {
	return map[string]string{ActionAdded: "+", ActionChanged: "~", ActionRemoved: "-"}[action]
}

func inBrackets(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
