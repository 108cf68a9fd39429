package worker_test

import "seventh/internal/store"

// expectCall looks for the open task that asks a rep for a call, and when it was due.
func (s *story) expectCall(client, rep, moment string) {
	s.t.Helper()
	at, layout := s.moment(moment)
	tasks, err := store.ListTasks(s.t.Context(), s.db, store.TaskFilter{Client: s.client(client).ExternalID, Kind: store.TaskCall, State: store.TaskOpen, Limit: 9})
	must(s.t, err)
	if len(tasks) != 1 {
		s.t.Errorf("%s: there are %d tasks", s.place, len(tasks))
		return
	}
	if got := tasks[0].DueAt.In(at.Location()).Format(layout); got != at.Format(layout) || tasks[0].Owner != rep {
		s.t.Errorf("%s: %q is to call since %s", s.place, tasks[0].Owner, got)
	}
}

// expectNextCall looks when a task will ask for a call; "": never, and none does now.
func (s *story) expectNextCall(client, moment string) {
	s.t.Helper()
	row, err := store.ClientByExternalID(s.t.Context(), s.db, client)
	must(s.t, err)
	next, err := store.NextCallAt(s.t.Context(), s.db, row.ID)
	must(s.t, err)
	if moment == "" || next == nil {
		if next != nil || moment != "" {
			s.t.Errorf("%s: the next call is on %v", s.place, next)
		}
		return
	}
	at, layout := s.moment(moment)
	if got := next.In(at.Location()).Format(layout); got != at.Format(layout) || !next.After(s.now()) {
		s.t.Errorf("%s: it is on %s", s.place, got)
	}
}
