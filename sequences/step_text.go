package sequences

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Does says in a few words what a step does, for lists of steps: "call, script
// c/follow-up", "if clicked(guide)".
func (s *Step) Does() string {
	switch s.Kind() {
	case KindEmail:
		if s.Repeat == nil {
			return "letter " + s.Email.First()
		}
		return fmt.Sprintf("a letter every %s, of %d", s.Repeat.Every, len(s.Email))
	case KindCall:
		return "call, script " + s.Call
	case KindTask:
		return "task: " + s.Task
	case KindWait:
		return "wait " + s.Wait.text()
	case KindIf:
		return "if " + s.If.String()
	case KindSplit:
		return "split: " + s.shares()
	case KindSet:
		return "set " + s.Set.text()
	case KindEnroll:
		return "enroll in " + s.Enroll
	case KindEnd:
		return "end: " + s.End
	case KindNotify:
		return "notice: " + s.Notify
	case KindWebhook:
		return "tell " + s.Webhook
	}
	return ""
}

func (w *Wait) text() string {
	if w.Event != nil {
		return fmt.Sprintf("for %s, at most %s", w.Event, w.Timeout)
	}
	if !w.For.IsZero() {
		return w.For.String()
	}
	var parts []string
	if (w.Date != Date{}) {
		parts = append(parts, w.Date.String())
	}
	for _, day := range w.Weekdays {
		parts = append(parts, day.String()[:3])
	}
	if w.Time != noTime {
		parts = append(parts, fmt.Sprintf("%02d:%02d", w.Time/60, w.Time%60))
	}
	return "until " + strings.Join(parts, ", ")
}

func (s *Step) shares() string {
	total := 0
	for i := range s.Split {
		total += s.Split[i].Weight
	}
	parts := make([]string, len(s.Split))
	for i, b := range s.Split {
		parts[i] = fmt.Sprintf("%s %d%%", b.Name, 100*b.Weight/max(total, 1))
	}
	return strings.Join(parts, ", ")
}

func (c *Change) text() string {
	var parts []string
	if c.Category != "" {
		parts = append(parts, "category "+c.Category)
	}
	if c.Temperature != "" {
		parts = append(parts, "temperature "+c.Temperature)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Attributes)) {
		parts = append(parts, fmt.Sprintf("%s = %v", name, orNone(c.Attributes[name])))
	}
	return strings.Join(parts, ", ")
}

func orNone(value any) any {
	if value == nil {
		return "nothing"
	}
	return value
}
