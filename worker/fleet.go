package worker

import (
	"fmt"
	"strings"
	"sync"

	"seventh/internal/content"
	"seventh/internal/mail"
)

// fleet is all lanes of the process: a pool of connections for each mail server,
// which outlive chunks.
type fleet struct {
	worker  *Worker
	stopped chan struct{} // closed when no letter is to be taken up any more

	mu    sync.Mutex
	lanes map[string]*lanes // by the server's URL; '' is the one that Options name
}

func newFleet(w *Worker) *fleet {
	return &fleet{worker: w, stopped: make(chan struct{}), lanes: make(map[string]*lanes)}
}

func (f *fleet) stop() { close(f.stopped) }

func isClosed(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// of returns the lanes for a sender's letters: over the sender's own mail server
// if seventh.yaml names one.
func (f *fleet) of(sender string, e *edition) (*lanes, error) {
	url, err := f.url(sender, e)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if l := f.lanes[url]; l != nil {
		return l, nil
	}
	server := f.worker.options.Server
	if url != "" {
		if server, err = mail.ParseURL(url); err != nil {
			return nil, fmt.Errorf("reading the mail server of %s: %w", sender, err)
		}
	}
	l := newLanes(f.worker, server)
	f.lanes[url] = l
	return l, nil
}

func (f *fleet) url(sender string, e *edition) (string, error) {
	if f.worker.options.OneServer {
		return "", nil
	}
	for name, s := range e.settings.Senders {
		if !strings.EqualFold(s.Email, sender) {
			continue
		}
		url, err := content.Resolve(s.SMTP)
		if err != nil {
			return "", fmt.Errorf("senders.%s.smtp: %w", name, err)
		}
		return url, nil
	}
	return "", nil
}

// close hangs up, after the letters in dialogue.
func (f *fleet) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, l := range f.lanes {
		l.close()
	}
}
