package worker_test

import (
	"seventh/internal/store"
)

// down stops the worker and starts another one at a later moment: meanwhile nobody planned or sent anything.
func (s *story) down(moment string) {
	s.t.Helper()
	at, _ := s.moment(moment)
	must(s.t, s.stop())
	must(s.t, store.MoveClock(s.t.Context(), s.db, at))
	s.worker, s.stop = s.hire("worker after "+moment, mailServer(s.t, s.server, 2))
}
