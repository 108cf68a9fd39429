package pages

import (
	"sync"
	"time"
)

// How many wrong passwords somebody may try for one e-mail.
const (
	attemptsLimit  = 10
	attemptsPeriod = 10 * time.Minute
	attemptsKept   = 10_000 // who asks for more e-mails than that starts the counting anew
)

// attempts counts logins by network address and e-mail, until one succeeds. It is
// in memory: a process that starts forgets, and each counts for itself.
type attempts struct {
	mu    sync.Mutex
	since time.Time
	count map[string]int
}

func newAttempts() *attempts { return &attempts{count: make(map[string]int)} }

// begin counts an attempt, before its password is looked at, and reports whether it
// may be made; now is wall time.
func (a *attempts) begin(who string, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if now.Sub(a.since) > attemptsPeriod || len(a.count) > attemptsKept {
		a.since = now
		clear(a.count)
	}
	a.count[who]++
	return a.count[who] <= attemptsLimit
}

// succeeded forgets somebody's attempts.
func (a *attempts) succeeded(who string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.count, who)
}
