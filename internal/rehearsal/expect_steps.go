package rehearsal

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"seventh/internal/store"
	"seventh/sequences"
)

// task is the client's newest task of a step.
func (p *play) task(ctx context.Context, step, client string) (store.Task, error) {
	tasks, err := store.ListTasks(ctx, p.pool, store.TaskFilter{Client: client, Limit: 10_000})
	if err != nil {
		return store.Task{}, err
	}
	slices.Reverse(tasks)
	var steps []string
	for _, t := range tasks {
		if calls(&t, step) {
			return t, nil
		}
		steps = append(steps, orElse(t.Step, t.About))
	}
	return store.Task{}, broken("there is no task of %s for %s%s", step, client, sequences.DidYouMean(step, steps))
}

func (p *play) expectTask(ctx context.Context, step, client, state string) error {
	t, err := p.task(ctx, step, client)
	if err == nil && t.State != state {
		p.fail("it is %s", t.State)
	}
	return err
}

func (p *play) expectTaskWith(ctx context.Context, step, client, owner string) error {
	t, err := p.task(ctx, step, client)
	if err == nil && t.Owner != owner {
		p.fail("it is with %s", orElse(t.Owner, "nobody"))
	}
	return err
}

// expectNoTask holds that the rep has nothing to do for a client; notices ask for
// nothing.
func (p *play) expectNoTask(ctx context.Context, client string) error {
	tasks, err := store.ListTasks(ctx, p.pool, store.TaskFilter{Client: client, State: store.TaskOpen, Limit: 1000})
	if err != nil {
		return err
	}
	for _, t := range tasks {
		if t.Kind != store.TaskNotice {
			p.fail("there is %s: %s", orElse(t.Step, t.About), orElse(t.Title, t.Script))
		}
	}
	return nil
}

func (p *play) expectNotice(ctx context.Context, step, client, text string) error {
	t, err := p.task(ctx, step, client)
	if err == nil && (t.Kind != store.TaskNotice || t.Title != text) {
		p.fail("it is a %s that says %s", t.Kind, t.Title)
	}
	return err
}

// expectDecided looks at the client's enrollments, the newest first.
func (p *play) expectDecided(ctx context.Context, outcome, step, client string) error {
	chains, err := p.chains(ctx, client, "")
	if err != nil {
		return err
	}
	var told []string
	for _, e := range chains {
		list, err := store.DecisionsOf(ctx, p.pool, []int64{e.ID})
		if err != nil {
			return err
		}
		for _, d := range list {
			if d.Step == step && d.Outcome == outcome {
				return nil
			}
			told = append(told, d.Step+": "+d.Outcome)
		}
	}
	p.fail("decided was %s", orElse(strings.Join(told, ", "), "nothing"))
	return nil
}

func (p *play) expectCategory(ctx context.Context, client, category string) error {
	row, err := store.ClientByExternalID(ctx, p.pool, client)
	if err == nil && row.Category != category {
		p.fail("it is %s", orElse(row.Category, "none"))
	}
	return err
}

// expectBranch reads a result like "people 3 sent 3 opened 0 clicked 1 replied 0
// finished 2".
func (p *play) expectBranch(ctx context.Context, branch, step, sequence, want string) error {
	results, err := store.BranchResults(ctx, p.pool, sequence)
	if err != nil {
		return err
	}
	for _, r := range results {
		if r.Step != step || r.Branch != branch {
			continue
		}
		got := fmt.Sprintf("people %d sent %d opened %d clicked %d replied %d", r.People, r.Sent, r.Opened, r.Clicked, r.Replied)
		var reasons []string
		for reason := range r.Ended {
			reasons = append(reasons, reason)
		}
		slices.Sort(reasons)
		for _, reason := range reasons {
			got += fmt.Sprintf(" %s %d", reason, r.Ended[reason])
		}
		if got != want {
			p.fail("it has %s", got)
		}
		return nil
	}
	p.fail("nobody took it")
	return nil
}

// expectReason looks at what people read about a letter that did not go.
func (p *play) expectReason(ctx context.Context, step, client, reason string) error {
	messages, err := store.ListMessages(ctx, p.pool, store.MessageFilter{Client: client, Limit: 10_000})
	if err != nil {
		return err
	}
	var read []string
	for _, m := range messages {
		if m.Step == step {
			read = append(read, m.Reason)
		}
	}
	if !slices.Contains(read, reason) {
		p.fail("people read: %s", orElse(strings.Join(read, "; "), "nothing"))
	}
	return nil
}

// expectCall looks for the open task that asks a rep for a call, and when it was due.
func (p *play) expectCall(ctx context.Context, client, rep, moment string) error {
	at, layout, err := p.moment(moment)
	if err != nil {
		return err
	}
	tasks, err := store.ListTasks(ctx, p.pool, store.TaskFilter{Client: client, Kind: store.TaskCall, State: store.TaskOpen, Limit: 9})
	if err != nil {
		return err
	}
	if len(tasks) != 1 {
		p.fail("there are %d such tasks", len(tasks))
		return nil
	}
	if got := tasks[0].DueAt.In(at.Location()); got.Format(layout) != at.Format(layout) || tasks[0].Owner != rep {
		p.fail("%s is to call since %s", orElse(tasks[0].Owner, "nobody"), got.Format(byMinute))
	}
	return nil
}

// expectNextCall looks when a task will ask for a call; "": never, and none does now.
func (p *play) expectNextCall(ctx context.Context, client, moment string) error {
	row, err := store.ClientByExternalID(ctx, p.pool, client)
	if err != nil {
		return err
	}
	next, err := store.NextCallAt(ctx, p.pool, row.ID)
	if err != nil {
		return err
	}
	if moment == "" || next == nil {
		if next != nil {
			p.fail("the next call is on %s", next.In(p.zone).Format(byMinute))
		} else if moment != "" {
			p.fail("there is none")
		}
		return nil
	}
	at, layout, err := p.moment(moment)
	if err != nil {
		return err
	}
	if got := next.In(at.Location()); got.Format(layout) != at.Format(layout) {
		p.fail("it is on %s", got.Format(byMinute))
	}
	return nil
}
