package pages

import (
	"fmt"

	"seventh/internal/store"
	"seventh/sequences"
)

// pathLine is what was decided at a step that sends no letter.
type pathLine struct {
	Step string
	What string
	At   moment
}

// path says in words which way an enrollment has taken.
func (sc scene) path(s *sequences.Sequence, e store.Enrollment, decisions []store.Decision) []pathLine {
	var lines []pathLine
	for _, d := range decisions {
		if d.EnrollmentID != e.ID {
			continue
		}
		step, _ := s.Step(d.Step)
		lines = append(lines, pathLine{Step: d.Step, What: decided(d, step), At: at(d.At, sc.zone)})
	}
	return lines
}

// decided says what a decision was; step is the zero one if an edit has removed it.
func decided(d store.Decision, step sequences.Step) string {
	switch {
	case d.Kind == "if" && step.If != nil:
		return fmt.Sprintf("If %s: %s", step.If, map[string]string{"then": "yes → then", "else": "no → else"}[d.Outcome])
	case d.Kind == "split":
		return fmt.Sprintf("%s: branch %s", capital(d.Step), d.Outcome)
	case d.Kind == "wait" && step.Wait != nil && step.Wait.Event != nil:
		return fmt.Sprintf("Waited for %s: %s", step.Wait.Event, map[string]string{"happened": "it happened", "timed_out": "not in time, went on without it"}[d.Outcome])
	case d.Kind == "wait":
		return "Waited"
	case d.Outcome == "done":
		return taskName(d.Kind, step.Task) + ": done"
	case d.Outcome == "given_up":
		return taskName(d.Kind, step.Task) + ": not done in time, went on without it"
	case d.Kind == "repeat":
		return "The client has had all letters of this step"
	case d.Kind == "enroll" && d.Outcome == "enrolled":
		return "Enrolled in " + step.Enroll
	case d.Kind == "enroll":
		return fmt.Sprintf("Not enrolled in %s: %s", step.Enroll, phrase(d.Outcome))
	case d.Kind == "notify":
		return "Notice for the rep"
	case step.ID != "":
		return capital(step.Does())
	}
	return capital(d.Kind) + ": " + phrase(d.Outcome)
}

// taskName is what people call a task by its kind.
func taskName(kind, title string) string {
	switch {
	case kind == store.TaskCall:
		return "Call"
	case title == "":
		return "Task"
	}
	return title
}

// told says what came of telling another system.
func (sc scene) told(d *store.WebhookDelivery) toldPart {
	part := toldPart{Who: d.Webhook, Step: d.Step, At: at(d.CreatedAt, sc.zone)}
	if d.TriedAt != nil {
		part.At = at(*d.TriedAt, sc.zone)
	}
	switch d.State {
	case store.WebhookDelivered:
		part.How = "taken"
	case store.WebhookGone:
		part.How = "it wants no more"
	case store.WebhookCaptured:
		part.How = "kept in the sandbox"
	case store.WebhookFailed:
		part.How = "given up: " + d.Response
	default:
		part.How = "on its way"
		if d.Attempts > 0 {
			part.How = "not taken yet, tried " + counted(d.Attempts, "time") + ": " + d.Response
		}
	}
	return part
}
