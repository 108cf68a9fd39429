package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"seventh/internal/store"
	"seventh/sequences"
)

// knowledge is what steps and exits go by, beside what the planner holds of every
// client. It is loaded for those enrollments that ask for it, and as much as their
// conditions use.
type knowledge struct {
	clients map[int64]*store.Client         // whole rows
	touches map[int64]store.TouchFacts      // by client
	history map[int64][]sequences.Happening // by enrollment, since its start
	decided map[store.StepRef]string        // outcomes
	tasks   map[store.StepRef]string        // states
	pools   pools
}

// uses is what the conditions of a version need to know.
type uses struct{ client, touches, history bool }

func usesOf(s *sequences.Sequence) uses {
	var u uses
	for _, c := range s.Conditions() {
		used := c.Uses()
		u.client = true
		u.touches = u.touches || used.Touches || used.Human
		u.history = u.history || used.History
	}
	return u
}

// facts are what an enrollment's conditions are evaluated by.
func (k *knowledge) facts(e *store.Enrollment, client *store.Client) sequences.Facts {
	if whole := k.clients[client.ID]; whole != nil {
		client = whole
	}
	facts := client.Facts()
	k.touches[client.ID].Fill(&facts)
	facts.History = k.history[e.ID]
	return facts
}

// learn loads what decisions about enrollments go by.
func (p *planning) learn(ctx context.Context, list []*store.Enrollment, f *facts) error {
	var clients, touched, happened, stepping, repeating []int64
	var pool []string
	edited := make(map[int64]*Version)
	for _, e := range list {
		version, err := p.engine.Version(ctx, p.tx, e.VersionID)
		if isContent(err) {
			continue // told when it is decided about
		}
		if err != nil {
			return err
		}
		if e.Edited {
			edited[e.ID] = version
		}
		if e.NextStep == "" {
			touched = append(touched, e.ClientID)
		}
		step, _ := version.Sequence.Step(e.NextStep)
		letter := e.NextStep == "" || step.Kind() == sequences.KindEmail // only its exits have conditions
		if step.Repeat != nil {
			repeating, pool = append(repeating, e.ID), append(pool, step.Email...)
		}
		if !letter {
			stepping = append(stepping, e.ID)
		}
		if letter && len(version.Sequence.ExitOn.Conditions) == 0 {
			continue
		}
		if version.uses.client {
			clients = append(clients, e.ClientID)
		}
		if version.uses.touches {
			touched = append(touched, e.ClientID)
		}
		if version.uses.history {
			happened = append(happened, e.ID)
		}
	}
	err := errors.Join(
		f.known.learnClients(ctx, p, clients, touched, happened),
		f.known.learnSteps(ctx, p, stepping),
		f.known.pools.learn(ctx, p, list, repeating, pool),
	)
	f.known.callAsNow(edited)
	return err
}

func (k *knowledge) learnClients(ctx context.Context, p *planning, clients, touched, happened []int64) error {
	if len(clients) > 0 {
		rows, err := store.ClientsByID(ctx, p.tx, clients)
		if err != nil {
			return err
		}
		k.clients = make(map[int64]*store.Client, len(rows))
		for i := range rows {
			k.clients[rows[i].ID] = &rows[i]
		}
	}
	if len(touched) > 0 {
		var err error
		if k.touches, err = store.TouchFactsOf(ctx, p.tx, touched); err != nil {
			return err
		}
	}
	if len(happened) == 0 {
		return nil
	}
	rows, err := store.HistoryOf(ctx, p.tx, happened)
	if err != nil {
		return err
	}
	k.history = make(map[int64][]sequences.Happening)
	for _, h := range rows {
		k.history[h.EnrollmentID] = append(k.history[h.EnrollmentID], sequences.Happening{Kind: h.Kind, Step: h.Step, Human: h.Human, At: h.At})
	}
	return nil
}

func (k *knowledge) learnSteps(ctx context.Context, p *planning, enrollments []int64) error {
	if len(enrollments) == 0 {
		return nil
	}
	decisions, err := store.DecisionsOf(ctx, p.tx, enrollments)
	if err != nil {
		return err
	}
	k.decided = make(map[store.StepRef]string, len(decisions))
	for _, d := range decisions {
		k.decided[store.StepRef{EnrollmentID: d.EnrollmentID, Step: d.Step}] = d.Outcome
	}
	k.tasks, err = store.TasksOfSteps(ctx, p.tx, enrollments)
	return err
}

// contentError makes an error the content's fault.
func contentError(err error) error { return fmt.Errorf("%w: %w", errContent, err) }

// pools are which letters of repeats clients have had.
type pools struct {
	had     map[poolLetter]bool // and those released in this run; false: it failed
	letters map[store.StepRef]int
}

type poolLetter struct {
	clientID int64
	template string
}

func (l *pools) learn(ctx context.Context, p *planning, list []*store.Enrollment, repeating []int64, templates []string) error {
	if len(repeating) == 0 {
		return nil
	}
	var clients []int64
	for _, e := range list {
		if slices.Contains(repeating, e.ID) {
			clients = append(clients, e.ClientID)
		}
	}
	slices.Sort(templates)
	rows, err := store.PoolLetters(ctx, p.tx, clients, slices.Compact(templates))
	if err != nil {
		return err
	}
	l.had = make(map[poolLetter]bool, len(rows))
	for _, r := range rows {
		l.had[poolLetter{r.ClientID, r.Template}] = r.Had
	}
	l.letters, err = store.Occurrences(ctx, p.tx, repeating)
	return err
}
