package worker

import (
	"fmt"
	"sync"
	"time"

	"seventh/internal/engine"
	"seventh/internal/mail"
)

// lanes are the connections to one mail server, kept open between chunks, each
// with a goroutine that takes one letter after the other.
type lanes struct {
	worker *Worker
	server mail.Server
	work   chan parcel
	quit   chan struct{} // closed when the lanes are to hang up
	start  sync.Once
	ended  sync.WaitGroup
	pace   *pace
}

// parcel is a letter on its way to a lane.
type parcel struct {
	letter *engine.Letter
	run    *run
}

// idleLimit is how long a connection is kept without a letter: servers close
// idle ones after minutes, and each occupies a slot there.
const idleLimit = 30 * time.Second

func newLanes(w *Worker, server mail.Server) *lanes {
	return &lanes{worker: w, server: server, work: make(chan parcel, max(1, server.Pool)), quit: make(chan struct{}), pace: newPace(server.Rate)}
}

// close hangs up, after the letters in dialogue.
func (l *lanes) close() {
	close(l.quit)
	l.ended.Wait()
}

// deliver sends a chunk's letters and returns when every one of them is dealt
// with: settled in the database, or left for another time.
func (l *lanes) deliver(r *run) {
	l.start.Do(func() {
		for range cap(l.work) {
			l.ended.Add(1)
			go l.lane()
		}
	})
	for _, letter := range r.claim.Letters {
		if !l.pace.wait(r.stopped) || !r.pace.wait(r.stopped) || r.over() {
			break
		}
		r.pending.Add(1)
		select {
		case l.work <- parcel{letter, r}:
		case <-l.quit:
			r.pending.Done()
		}
	}
	r.pending.Wait()
}

func (l *lanes) lane() {
	defer l.ended.Done()
	lane := &lane{worker: l.worker, server: l.server, work: l.work}
	defer lane.hangUp()
	idle := time.NewTimer(idleLimit)
	defer idle.Stop()
	for {
		select {
		case p := <-l.work:
			lane.deliver(p)
			idle.Reset(idleLimit)
		case <-idle.C:
			lane.hangUp()
			idle.Reset(idleLimit)
		case <-l.quit:
			return
		}
	}
}

// complaint is what people read about a chunk that waits.
func (l *lane) complaint(outcome mail.Outcome) string {
	return fmt.Sprintf("the mail server %s: %s", l.server, outcome.Error())
}
