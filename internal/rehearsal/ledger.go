package rehearsal

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"seventh/internal/store"
)

// entry is a line of the ledger before it is written.
type entry struct {
	at   time.Time
	text string
}

// onDay is how the ledger writes times.
const onDay = "Mon 2006-01-02 15:04"

// touches is everything that happened to the clients, as a story expects it: by
// client, in the order of time, and then where he stands.
func (p *play) touches(ctx context.Context) (string, error) {
	var text strings.Builder
	for i := range p.story.Clients {
		client := p.story.Clients[i].ExternalID
		entries, last, err := p.entriesOf(ctx, client)
		if err != nil {
			return "", err
		}
		fmt.Fprintln(&text, client)
		for _, e := range entries {
			fmt.Fprintf(&text, "  %s  %s\n", e.at.In(p.zone).Format(onDay), e.text)
		}
		for _, line := range last {
			fmt.Fprintf(&text, "  %s\n", line)
		}
	}
	return text.String(), nil
}

func (p *play) entriesOf(ctx context.Context, client string) (entries []entry, last []string, err error) {
	chains, err := p.chains(ctx, client, "")
	if err != nil {
		return nil, nil, err
	}
	slices.Reverse(chains)
	for i := range chains {
		e := &chains[i]
		entries = append(entries, entry{e.StartedAt, "enrolled in " + e.Sequence})
		switch {
		case e.State == "ended" && e.EndedAt != nil:
			end := entry{*e.EndedAt, "ended " + e.Sequence + ": " + deref(e.EndReason)}
			if *e.EndReason == "finished" {
				end = end.behindItsLetter()
			}
			entries = append(entries, end)
		case e.NextAt != nil:
			last = append(last, fmt.Sprintf("next %s/%s on %s%s", e.Sequence, e.NextStep, e.NextAt.In(p.zone).Format(onDay), because(e)))
		default:
			last = append(last, fmt.Sprintf("next %s/%s has no date%s", e.Sequence, e.NextStep, because(e)))
		}
	}
	work, err := p.workOf(ctx, client, chains)
	if err != nil {
		return nil, nil, err
	}
	entries = append(entries, work...)
	touches, err := store.ListTouches(ctx, p.pool, store.TouchFilter{Client: client, Limit: 100_000, Unsent: true})
	if err != nil {
		return nil, nil, err
	}
	slices.Reverse(touches)
	for i := range touches {
		entries = append(entries, entry{touches[i].At, touchText(&touches[i])})
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return a.at.Compare(b.at) })
	return entries, last, nil
}

// workOf is what chains decided, and what reps were asked to do.
func (p *play) workOf(ctx context.Context, client string, chains []store.Enrollment) (entries []entry, err error) {
	ids, names := make([]int64, len(chains)), make(map[int64]string, len(chains))
	for i, e := range chains {
		ids[i], names[e.ID] = e.ID, e.Sequence
	}
	decisions, err := store.DecisionsOf(ctx, p.pool, ids)
	if err != nil {
		return nil, err
	}
	for _, d := range decisions {
		entries = append(entries, entry{d.At, fmt.Sprintf("%s %s/%s: %s", d.Kind, names[d.EnrollmentID], d.Step, d.Outcome)})
	}
	tasks, err := store.ListTasks(ctx, p.pool, store.TaskFilter{Client: client, Limit: 10_000})
	if err != nil {
		return nil, err
	}
	for _, t := range tasks {
		name := strings.Trim(t.Sequence+"/"+t.Step, "/")
		if name == "" {
			name = t.Origin
		}
		entries = append(entries, entry{t.CreatedAt, strings.TrimSuffix(fmt.Sprintf("task %s: %s, %s", name, t.Kind, t.Title), ", ")})
		if t.ClosedAt != nil && t.Kind != store.TaskNotice {
			entries = append(entries, entry{*t.ClosedAt, fmt.Sprintf("task %s is %s", name, t.State)})
		}
	}
	return entries, nil
}

// behindItsLetter is an end behind the letter that it came with.
func (e entry) behindItsLetter() entry {
	e.at = e.at.Truncate(time.Second).Add(time.Second)
	return e
}

func because(e *store.Enrollment) string {
	if e.State == "paused" {
		return ", paused"
	}
	if e.Waiting == "" || e.Waiting == "resumed" {
		return ""
	}
	return ": " + whyOf(e)
}

// touchText is one touch: what it is, of which step, and what a reader wants to know
// beside.
func touchText(t *store.Touch) string {
	text := t.Kind
	if t.Step != "" {
		text += " " + t.Sequence + "/" + t.Step
	}
	switch t.Kind {
	case "sent", "failed", "unconfirmed":
		return text + ": " + t.Subject
	case "opened", "clicked":
		if t.Link >= 0 {
			text += fmt.Sprintf(" link %d", t.Link+1)
		}
		if t.Actor != "human" {
			text += " by a " + t.Actor
		}
		return text
	}
	for _, key := range slices.Sorted(maps.Keys(t.Data)) {
		if !slices.Contains(named, key) {
			text += fmt.Sprintf(" %s %v", key, t.Data[key])
		}
	}
	return text
}

// named are data of touches that only name something else: an event, an answer, a task.
var named = []string{"event", "answer", "task", "evidence"}

// trimmed is a text without blanks at the ends of lines and blank lines around.
func trimmed(text string) []string {
	var lines []string
	for _, line := range strings.Split(text, "\n") {
		lines = append(lines, strings.TrimRight(line, " \t\r"))
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// KeepTouches makes a story one that expects everything that happens, also where it
// does not yet: for those who want to write it down.
func (s *Story) KeepTouches() {
	if s.ledger == nil {
		s.ledger = &section{name: touchesSection, start: len(s.src), end: len(s.src)}
	}
}

// Updated is the story's source with the touches as they were.
func (s *Story) Updated(touches string) []byte {
	var out bytes.Buffer
	before, behind := s.src, []byte(nil)
	if s.ledger != nil && s.ledger.line > 0 {
		before, behind = s.src[:s.ledger.start], s.src[s.ledger.end:]
	}
	out.Write(before)
	if len(before) > 0 && !bytes.HasSuffix(before, []byte("\n")) {
		out.WriteByte('\n')
	}
	if s.ledger == nil || s.ledger.line == 0 {
		out.WriteString("-- " + touchesSection + " --\n")
	}
	out.WriteString(touches)
	out.Write(behind)
	return out.Bytes()
}
