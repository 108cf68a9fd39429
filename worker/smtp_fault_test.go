package worker_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"seventh/internal/mail"
	"seventh/internal/smtptest"
	"seventh/internal/store"
)

// at is a script with one fault: at the nth time the server comes to a phase.
func at(phase string, n int, fault smtptest.Fault) func(smtptest.Event) smtptest.Fault {
	return func(e smtptest.Event) smtptest.Fault {
		if e.Phase == phase && e.N == n {
			return fault
		}
		return smtptest.None
	}
}

// until is a script whose fault happens each time at a phase until it is cured.
func until(cured *atomic.Bool, phase string, fault smtptest.Fault) func(smtptest.Event) smtptest.Fault {
	return func(e smtptest.Event) smtptest.Fault {
		if e.Phase == phase && !cured.Load() {
			return fault
		}
		return smtptest.None
	}
}

func TestLettersWaitWhileTheMailServerRefusesService(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, phase string
		fault       smtptest.Fault
		who, says   string // why letters wait begins, and contains
	}{
		{"it is down", "connect", smtptest.Drop, "the mail server smtp://127.0.0.1:", "greeting"},
		{"it is full", "greeting", smtptest.Reply(421, "4.3.2 too many connections"), "the mail server smtp://127.0.0.1:", "421 4.3.2 too many connections"},
		{"it does not know our account", "mail", smtptest.Reply(550, "5.7.1 sender is not allowed to send"),
			"sending from rep0@firm.example.com is paused: the mail server refuses it: ", "550 5.7.1 sender is not allowed to send"},
		{"it wants a login", "mail", smtptest.Reply(530, "5.7.0 authentication required"),
			"sending from rep0@firm.example.com is paused: the mail server refuses it: ", "530 5.7.0 authentication required"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var cured atomic.Bool
			server := smtptest.New(t, smtptest.Options{Script: until(&cured, test.phase, test.fault)})
			f := newMailing(t, 20, 1)
			f.hire("worker", mailServer(t, server, 2))
			f.eventually("all letters to say why they wait", func() (bool, string) {
				reason := f.waiting(20)
				return strings.HasPrefix(reason, test.who) && strings.Contains(reason, test.says), reason
			})
			f.wantCounts(map[string]int{"planned": 20})

			cured.Store(true)
			f.carryOn()
			wantEachOnce(t, 20, server)
			f.wantCounts(map[string]int{"sent": 20})
			f.wantNothingLeft()
			if list, err := store.ListSuppressions(t.Context(), f.db, store.SuppressionFilter{Limit: 1}); err != nil || len(list) > 0 {
				t.Errorf("a client was blamed: %v, %v", list, err)
			}
		})
	}
}

func TestEveryLetterArrivesOnceWhenAConnectionEnds(t *testing.T) {
	t.Parallel()
	goodbye := smtptest.Reply(421, "4.3.2 the server is going down")
	for _, test := range []struct {
		name   string
		script func(smtptest.Event) smtptest.Fault
	}{
		{"reset between letters", at("mail", 5, smtptest.Drop)},
		{"closed between letters", at("mail", 5, smtptest.HalfClose)},
		{"reset after the answer to a letter", at("dot", 5, smtptest.ResetAfter250)},
		{"421 between letters", at("mail", 5, goodbye)},
		{"421 to a recipient", at("rcpt", 5, goodbye)},
		{"421 to DATA", at("data", 5, goodbye)},
		{"421 to a letter", at("dot", 5, goodbye)},
		{"reset at a recipient", at("rcpt", 5, smtptest.Drop)},
		{"reset at DATA", at("data", 5, smtptest.Drop)},
		{"nonsense to a recipient", at("rcpt", 5, smtptest.Garbage)},
		{"451 to a letter", at("dot", 5, smtptest.Reply(451, "4.3.0 try again"))},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := smtptest.New(t, smtptest.Options{Script: test.script})
			f := newMailing(t, 10, 1)
			f.hire("worker", mailServer(t, server, 1))
			f.carryOn()
			f.wantCounts(map[string]int{"sent": 10})
			wantEachOnce(t, 10, server)
			f.wantNothingLeft()
		})
	}
}

// Whether the dot had left when the connection was reset depends on how much was written at once.
func TestALetterCutInTheMiddleIsNeitherLostNorSentTwice(t *testing.T) {
	t.Parallel()
	server := smtptest.New(t, smtptest.Options{Script: at("body", 5, smtptest.Drop)})
	f := newMailing(t, 10, 1)
	f.hire("worker", mailServer(t, server, 1))
	f.carryOn()
	f.wantNoneLostNorTwice(10, server)
}

func TestALetterNobodyAnsweredForIsUnconfirmedAndHoldsTheChain(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		fault    smtptest.Fault
		accepted int
	}{
		{"reset after the dot", smtptest.Drop, 0},
		{"accepted, but the answer is lost", smtptest.DropAccepted, 1},
		{"silence after the dot", smtptest.Stall, 0},
		{"nonsense after the dot", smtptest.Garbage, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			doubtful := "c0002@example.com"
			server := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Fault {
				if e.Phase == "dot" && e.To == doubtful {
					return test.fault
				}
				return smtptest.None
			}})
			f := newMailing(t, 5, 1)
			outgoing := mailServer(t, server, 1)
			outgoing.Timeouts = mail.Timeouts{EndOfData: 300 * time.Millisecond}
			w, _ := f.hire("worker", outgoing)
			f.carryOn()
			f.wantCounts(map[string]int{"sent": 4, "unconfirmed": 1})

			f.goTo(w, f.now().AddDate(0, 3, 0))
			f.wantCounts(map[string]int{"sent": 8, "unconfirmed": 1}) // the others got their second letter
			if got := copies(server)[doubtful]; got != test.accepted {
				t.Errorf("%s got %d letters, want %d", doubtful, got, test.accepted)
			}
			m := f.letters("c0002")[0]
			if m.State != "unconfirmed" || m.Reason == "" || m.SentAt == nil {
				t.Errorf("the letter is %s at %v because %q", m.State, m.SentAt, m.Reason)
			}
			e, err := store.EnrollmentByID(t.Context(), f.db, m.EnrollmentID)
			must(t, err)
			if e.State != "active" || e.Waiting != "unconfirmed" || e.NextAt != nil {
				t.Errorf("the chain is %s, waits for %q, next at %v", e.State, e.Waiting, e.NextAt)
			}
			if _, err := store.MessageSource(t.Context(), f.db, m.ID); err != nil {
				t.Errorf("what may have arrived cannot be read: %v", err)
			}
			f.wantNothingLeft()
		})
	}
}

func TestALetterThatIsNotPublishedIsHeldUntilItIs(t *testing.T) {
	t.Parallel()
	server := smtptest.New(t, smtptest.Options{})
	f := newMailing(t, 2, 1)
	w, _ := f.hire("worker", mailServer(t, server, 1))
	f.rest(w)
	f.wantCounts(map[string]int{"sent": 2})

	f.publish(archive(helloShort)) // whoever is in the chain still has its second step
	f.goTo(w, f.now().AddDate(0, 0, 22))
	f.wantCounts(map[string]int{"sent": 2, "held": 2})
	for _, m := range f.letters("")[2:] {
		e, err := store.EnrollmentByID(t.Context(), f.db, m.EnrollmentID)
		must(t, err)
		if m.Step != "second" || m.Reason != "content" || e.Waiting != "content" {
			t.Errorf("letter %s is held because of %q, its chain waits for %q", m.Step, m.Reason, e.Waiting)
		}
	}

	f.publish(archive(hello))
	f.rest(w)
	f.wantCounts(map[string]int{"sent": 4})
	if got := copies(server); got["c0000@example.com"] != 2 || got["c0001@example.com"] != 2 {
		t.Errorf("letters by client are %v, want 2 each", got)
	}
	f.wantNothingLeft()
}
