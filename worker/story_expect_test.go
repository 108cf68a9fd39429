package worker_test

import (
	"context"
	"slices"
	"strings"

	"seventh/internal/engine"
	"seventh/internal/store"
)

// enrollmentChange is what a rep does to an enrollment.
type enrollmentChange = func(ctx context.Context, id int64) error

func (s *story) expectSent(step, client, moment string) {
	s.t.Helper()
	c := s.client(client)
	at, layout := s.moment(moment)
	s.expected[c.Email] = append(s.expected[c.Email], expectedSent{step, at, layout})
	s.compare(c, false)
}

func (s *story) expectText(step, client, text string) {
	s.t.Helper()
	l, _ := s.letter(step, client)
	everything := strings.Join(strings.Fields(l.subject+"\n"+l.header.Get("From")+"\n"+l.text), " ")
	if !strings.Contains(everything, text) {
		s.t.Errorf("%s: it says\n%s\n%s", s.place, l.subject, l.text)
	}
}

func (s *story) expectState(step, client, state string) {
	s.t.Helper()
	for _, m := range s.letters(client) {
		if m.Step == step && m.State == state {
			return
		}
	}
	s.t.Errorf("%s: there is no such message", s.place)
}

// expectReason looks at what people read about a letter that did not go.
func (s *story) expectReason(step, client, reason string) {
	s.t.Helper()
	var read []string
	for _, m := range s.letters(client) {
		if m.Step == step {
			read = append(read, m.Reason)
		}
	}
	if !slices.Contains(read, reason) {
		s.t.Errorf("%s: people read %q", s.place, read)
	}
}

func (s *story) expectNext(step, client, moment string) {
	s.t.Helper()
	at, layout := s.moment(moment)
	for _, e := range s.chains(client, "") {
		if e.State != "active" || e.NextStep != step {
			continue
		}
		if e.NextAt == nil {
			s.t.Errorf("%s: %s/%s has no date, waiting %q", s.place, e.Sequence, e.NextStep, e.Waiting)
		} else if got := e.NextAt.In(at.Location()).Format(layout); got != at.Format(layout) {
			s.t.Errorf("%s: it is on %s", s.place, got)
		}
		return
	}
	s.t.Errorf("%s: no active chain of %s stands there", s.place, client)
}

func (s *story) expectWaiting(reason, sequence, client string) {
	s.t.Helper()
	for _, e := range s.chains(client, sequence) {
		if e.State == "active" {
			if e.Waiting != reason {
				s.t.Errorf("%s: it waits for %q", s.place, e.Waiting)
			}
			return
		}
	}
	s.t.Errorf("%s: %s is not active", s.place, sequence)
}

// expectWhy reads "TEXT for CLIENT": what people are told about a chain that waits.
func (s *story) expectWhy(line string) {
	s.t.Helper()
	i := strings.LastIndex(line, " for ")
	if i < 0 {
		s.t.Fatalf("%s: for whom?", s.place)
	}
	text, client := line[:i], line[i+len(" for "):]
	var told []string
	for _, e := range s.chains(client, "") {
		if why := engine.WhyItWaits(e.Waiting, e.WaitingDetail); why != "" {
			told = append(told, why)
		}
	}
	if !slices.Contains(told, text) {
		s.t.Errorf("%s: people are told %q", s.place, told)
	}
}

// expectPaused waits for the breakers: the worker may be looking at them just now.
func (s *story) expectPaused(kind, name string) {
	s.t.Helper()
	s.eventually(s.place, func() (bool, string) {
		must(s.t, s.worker.PlanAll(s.t.Context()))
		pauses, err := s.engine.Pauses(s.t.Context(), s.db, kind, s.now())
		must(s.t, err)
		return pauses[name] != nil, "it is not paused"
	})
}

// expectEnrollment looks at the client's newest enrollment in a sequence.
func (s *story) expectEnrollment(sequence, client, state, reason string) {
	s.t.Helper()
	list := s.chains(client, sequence)
	if len(list) == 0 {
		s.t.Errorf("%s: %s was never enrolled", s.place, client)
	} else if e := list[0]; e.State != state || deref(e.EndReason) != reason {
		s.t.Errorf("%s: it is %s %s", s.place, e.State, deref(e.EndReason))
	}
}

func (s *story) expectNoChain(client string) {
	s.t.Helper()
	for _, e := range s.chains(s.client(client).ExternalID, "") {
		if e.State != "ended" {
			s.t.Errorf("%s: %s is %s", s.place, e.Sequence, e.State)
		}
	}
}

func (s *story) expectTouch(kind, client string) {
	s.t.Helper()
	touches, err := store.ListTouches(s.t.Context(), s.db, store.TouchFilter{Client: s.client(client).ExternalID, Kind: kind, Limit: 1})
	must(s.t, err)
	if len(touches) == 0 {
		s.t.Errorf("%s: there is none", s.place)
	}
}

func (s *story) expectSuppressed(reason, address string) {
	s.t.Helper()
	list, err := store.ListSuppressions(s.t.Context(), s.db, address, 0, 10)
	must(s.t, err)
	if len(list) != 1 || list[0].Reason != reason {
		s.t.Errorf("%s: the list says %v", s.place, list)
	}
}
