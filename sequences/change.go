package sequences

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Edit is one thing that differs between two versions of a sequence.
type Edit struct {
	Kind EditKind
	Step string // its id in the new version, or in the old one if it is gone; "" for a setting
	Was  string // renamed: its id before; moved: the step that it stood behind, "" for the first
	Key  string // what differs: after, email, audience, …
	Old  string // as it would be written; "" for what was not written, or cannot be said in a line
	New  string
}

// EditKind says what was done.
type EditKind string

// The kinds of edits.
const (
	Added   EditKind = "added"   // a step
	Removed EditKind = "removed" // a step
	Renamed EditKind = "renamed" // a step
	Moved   EditKind = "moved"   // a step, to another place
	Changed EditKind = "changed" // a key of a step
	Setting EditKind = "setting" // a key of the sequence
)

// Edits are what turns one version of a sequence into another: settings first, then
// the steps in the order of the new file, and those that are gone. Names are those of
// all versions; two sequences that do the same have none.
func Edits(before, after *Sequence, names Names) []Edit {
	edits := settingEdits(before, after)
	moved := movedSteps(before, after, names)
	for step := range after.All() {
		id, found := names.In(before, step.ID)
		if !found {
			edits = append(edits, Edit{Kind: Added, Step: step.ID, New: step.Says()})
			continue
		}
		if id != step.ID {
			edits = append(edits, Edit{Kind: Renamed, Step: step.ID, Was: id})
		}
		if was, is := moved[step.ID]; is {
			edits = append(edits, Edit{Kind: Moved, Step: step.ID, Was: was})
		}
		old, _ := before.Step(id)
		edits = append(edits, stepEdits(&old, step)...)
	}
	for step := range before.All() {
		if _, found := names.In(after, step.ID); !found {
			edits = append(edits, Edit{Kind: Removed, Step: step.ID, Old: step.Says()})
		}
	}
	return edits
}

// settingEdits compares what stands beside the steps.
func settingEdits(before, after *Sequence) []Edit {
	return keyEdits(reflect.ValueOf(*before), reflect.ValueOf(*after), Edit{Kind: Setting}, "sequence", "steps", "replace_with")
}

func stepEdits(before, after *Step) []Edit {
	edits := keyEdits(reflect.ValueOf(*before), reflect.ValueOf(*after), Edit{Kind: Changed, Step: after.ID}, "id", "then", "else", "split", "renamed_from")
	if old, now := shares(before.Split), shares(after.Split); old != now && old != "" && now != "" {
		edits = append(edits, Edit{Kind: Changed, Step: after.ID, Key: "split", Old: old, New: now})
	}
	return edits
}

// keyEdits compares two structs by the keys that stand in a file.
func keyEdits(before, after reflect.Value, edit Edit, except ...string) []Edit {
	var edits []Edit
	for i := range before.NumField() {
		key := before.Type().Field(i).Tag.Get("yaml")
		if key == "" || key == "-" || slices.Contains(except, key) {
			continue
		}
		old, now := before.Field(i).Interface(), after.Field(i).Interface()
		if sameSetting(old, now) {
			continue
		}
		edit.Key, edit.Old, edit.New = key, written(old), written(now)
		edits = append(edits, edit)
	}
	return edits
}

// sameSetting compares what two values mean; a condition's place in its file and the
// like do not matter.
func sameSetting(a, b any) bool {
	if old, ok := a.(fmt.Stringer); ok && !reflect.ValueOf(a).IsZero() && !reflect.ValueOf(b).IsZero() {
		return old.String() == b.(fmt.Stringer).String()
	}
	return reflect.DeepEqual(a, b)
}

// written is a value as people would write it in one line, or "".
func written(v any) string {
	if reflect.ValueOf(v).IsZero() {
		return ""
	}
	switch v := v.(type) {
	case fmt.Stringer:
		return v.String()
	case string, int, bool, EnrollMode:
		return fmt.Sprint(v)
	case Letters:
		return listed(v)
	case []string:
		return listed(v)
	case Reentry:
		if v.Mode == ReentryAfter {
			return "after " + v.After.String()
		}
		return v.Mode
	case *Wait:
		return v.says()
	case *Repeat:
		return "every " + v.Every.String() + during(v.Times > 0, fmt.Sprintf(", %d times", v.Times)) + during(v.UsedUp == UsedUpWait, ", then wait")
	case *Offer:
		return v.Name + ", expires " + v.Expires.String()
	}
	return ""
}

func listed(list []string) string {
	if len(list) == 1 {
		return list[0]
	}
	return "[" + strings.Join(list, ", ") + "]"
}

func during(holds bool, text string) string {
	if holds {
		return text
	}
	return ""
}

// Says is a step in a few words: what it does and to what.
func (s *Step) Says() string {
	kind := s.Kind()
	what := map[Kind]string{
		KindEmail: listed(s.Email), KindCall: s.Call, KindTask: s.Task, KindSplit: shares(s.Split), KindEnroll: s.Enroll, KindEnd: s.End, KindNotify: s.Notify,
		KindWebhook: s.Webhook,
	}[kind]
	says := strings.TrimSpace(string(kind) + " " + what)
	if !s.After.IsZero() {
		says += " after " + s.After.String()
	}
	return says
}

func shares(split []Branch) string {
	parts := make([]string, len(split))
	for i, b := range split {
		parts[i] = fmt.Sprintf("%s %d", b.Name, b.Weight)
	}
	return strings.Join(parts, " : ")
}

// movedSteps are steps of the new version that have left their place among the
// others, by id, with the one that they stood behind: as few as explain the order.
func movedSteps(before, after *Sequence, names Names) map[string]string {
	type place struct {
		at            int
		parent, since string
	}
	old := map[string]place{}
	last := ""
	within(before.Steps, "", func(step *Step, parent string) {
		old[names.root(step.ID)] = place{len(old), names.rootOfParent(parent), last}
		last = step.ID
	})
	moved := map[string]string{}
	var ids []string
	var order []int
	within(after.Steps, "", func(step *Step, parent string) {
		was, found := old[names.root(step.ID)]
		switch {
		case !found:
		case was.parent != names.rootOfParent(parent):
			moved[step.ID] = was.since
		default:
			ids, order = append(ids, step.ID), append(order, was.at)
		}
	})
	kept := longestRise(order)
	for i, id := range ids {
		if !kept[i] {
			moved[id] = old[names.root(id)].since
		}
	}
	return moved
}

// within goes through steps with the branch that they stand in.
func within(steps []Step, parent string, visit func(step *Step, parent string)) {
	for i := range steps {
		step := &steps[i]
		visit(step, parent)
		within(step.Then, step.ID+"/"+BranchThen, visit)
		within(step.Else, step.ID+"/"+BranchElse, visit)
		for b := range step.Split {
			within(step.Split[b].Steps, step.ID+"/"+step.Split[b].Name, visit)
		}
	}
}

func (n Names) rootOfParent(parent string) string {
	id, branch, _ := strings.Cut(parent, "/")
	return n.root(id) + "/" + branch
}

// longestRise picks the most numbers that rise in their order.
func longestRise(numbers []int) map[int]bool {
	length, before := make([]int, len(numbers)), make([]int, len(numbers))
	end := -1
	for i := range numbers {
		length[i], before[i] = 1, -1
		for j := range i {
			if numbers[j] < numbers[i] && length[j]+1 > length[i] {
				length[i], before[i] = length[j]+1, j
			}
		}
		if end < 0 || length[i] > length[end] {
			end = i
		}
	}
	kept := map[int]bool{}
	for i := end; i >= 0; i = before[i] {
		kept[i] = true
	}
	return kept
}
