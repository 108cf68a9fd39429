package worker_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"seventh/internal/store"
	"seventh/internal/token"
)

// calls writes down that a rep has called.
func (s *story) calls(client string) { s.t.Helper(); s.touch(client, "call", "call", "rep") }

// answers writes down that a client has answered a letter.
func (s *story) answers(client string) { s.t.Helper(); s.touch(client, "replied", "email", "human") }

func (s *story) touch(client, kind, channel, actor string) {
	s.t.Helper()
	_, err := s.engine.NoteTouch(s.t.Context(), store.NewTouch{ClientID: s.row(client).ID, Kind: kind, Channel: channel, At: s.now(), Actor: actor})
	must(s.t, err)
}

func (s *story) row(client string) store.Client {
	s.t.Helper()
	row, err := store.ClientByExternalID(s.t.Context(), s.db, s.client(client).ExternalID)
	must(s.t, err)
	return row
}

// closes does the task of a step, as its rep.
func (s *story) closes(step, client string) {
	s.t.Helper()
	t := s.task(step, client)
	must(s.t, s.engine.CloseTask(s.t.Context(), t.ID, t.Owner, "spoke to him"))
}

// task is the client's newest task of a step.
func (s *story) task(step, client string) store.Task {
	s.t.Helper()
	tasks, err := store.ListTasks(s.t.Context(), s.db, store.TaskFilter{Client: s.client(client).ExternalID, Limit: 100})
	must(s.t, err)
	slices.Reverse(tasks)
	for _, t := range tasks {
		if t.Step == step {
			return t
		}
	}
	s.t.Fatalf("%s: there is no such task", s.place)
	return store.Task{}
}

func (s *story) machineClicks(step, client, number string) {
	s.t.Helper()
	l, _ := s.letter(step, client)
	n, err := strconv.Atoi(number)
	must(s.t, err)
	t := s.token(l.html, "c", token.Click, n-1)
	must(s.t, store.RecordHit(s.t.Context(), s.db, store.Hit{
		MessageID: t.Message, Purpose: "clicked", Link: t.Index, At: s.now(), Method: "GET", UserAgent: "scanner", Actor: "machine",
	}))
}

func (s *story) expectTask(step, client, state string) {
	s.t.Helper()
	if t := s.task(step, client); t.State != state {
		s.t.Errorf("%s: it is %s", s.place, t.State)
	}
}

func (s *story) expectTaskWith(step, client, owner string) {
	s.t.Helper()
	if t := s.task(step, client); t.Owner != owner {
		s.t.Errorf("%s: it is with %q", s.place, t.Owner)
	}
}

func (s *story) expectNotice(step, client, text string) {
	s.t.Helper()
	if t := s.task(step, client); t.Kind != store.TaskNotice || t.Title != text {
		s.t.Errorf("%s: it is a %s that says %q", s.place, t.Kind, t.Title)
	}
}

// expectDecided looks at the client's enrollments, the newest first.
func (s *story) expectDecided(outcome, step, client string) {
	s.t.Helper()
	var told []string
	for _, e := range s.chains(client, "") {
		list, err := store.DecisionsOf(s.t.Context(), s.db, []int64{e.ID})
		must(s.t, err)
		for _, d := range list {
			if d.Step == step && d.Outcome == outcome {
				return
			}
			told = append(told, d.Step+": "+d.Outcome)
		}
	}
	s.t.Errorf("%s: decided was %q", s.place, told)
}

func (s *story) expectCategory(client, category string) {
	s.t.Helper()
	if got := s.row(client).Category; got != category {
		s.t.Errorf("%s: it is %q", s.place, got)
	}
}

// expectBranch reads a result like "people 3 sent 3 opened 0 clicked 1 replied 0 finished 2".
func (s *story) expectBranch(branch, step, sequence, want string) {
	s.t.Helper()
	results, err := store.BranchResults(s.t.Context(), s.db, sequence)
	must(s.t, err)
	for _, r := range results {
		if r.Step != step || r.Branch != branch {
			continue
		}
		got := fmt.Sprintf("people %d sent %d opened %d clicked %d replied %d", r.People, r.Sent, r.Opened, r.Clicked, r.Replied)
		for reason, n := range r.Ended {
			got += fmt.Sprintf(" %s %d", reason, n)
		}
		if strings.TrimSpace(got) != want {
			s.t.Errorf("%s: it has %s", s.place, got)
		}
		return
	}
	s.t.Errorf("%s: nobody took it", s.place)
}
