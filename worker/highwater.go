package worker

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"seventh/internal/store"
)

// highWater remembers, outside the database, how far each database that this process
// worked with has come: a restored backup does not reach it. With a path it outlives
// the process; workers on one machine may share the file.
type highWater struct {
	path string // '': in memory only

	mu   sync.Mutex
	seen map[string]store.Mark // by installation
}

// of returns the mark of a database's life, zero if it is not known here.
func (h *highWater) of(installation string) store.Mark {
	h.mu.Lock()
	defer h.mu.Unlock()
	known := h.seen[installation]
	if written, err := h.read(); err == nil && written[installation].Beat > known.Beat {
		known = written[installation]
	}
	known.Installation = installation
	return known
}

// keep remembers a mark. The file is replaced whole, after the beat was committed: it
// never knows more than the database did.
func (h *highWater) keep(m store.Mark) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.seen == nil {
		h.seen = make(map[string]store.Mark)
	}
	h.seen[m.Installation] = m
	if h.path == "" {
		return nil
	}
	written, damaged := h.read()
	if written[m.Installation].Beat >= m.Beat {
		return nil // another worker of this machine was faster
	}
	written[m.Installation] = m
	body, err := json.Marshal(written)
	if err != nil {
		return fmt.Errorf("writing the high-water mark: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(h.path), 0o700); err != nil {
		return fmt.Errorf("making the folder of the high-water mark: %w", err)
	}
	fresh := fmt.Sprintf("%s.%d", h.path, os.Getpid())
	if err := writeSynced(fresh, append(body, '\n')); err != nil {
		return fmt.Errorf("writing the high-water mark: %w", err)
	}
	if err := os.Rename(fresh, h.path); err != nil {
		return fmt.Errorf("writing the high-water mark: %w", err)
	}
	return damaged
}

// writeSynced writes a file that a power cut after its renaming does not empty.
func writeSynced(path string, body []byte) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(body)
	return errors.Join(err, file.Sync(), file.Close())
}

// read returns what the file has; of a damaged one nothing, and an error that is
// worth a line in the log.
func (h *highWater) read() (map[string]store.Mark, error) {
	written := make(map[string]store.Mark)
	if h.path == "" {
		return written, nil
	}
	body, err := os.ReadFile(h.path)
	if errors.Is(err, fs.ErrNotExist) {
		return written, nil
	}
	if err == nil {
		err = json.Unmarshal(body, &written)
	}
	if err != nil {
		return make(map[string]store.Mark), fmt.Errorf("reading the high-water mark: %w", err)
	}
	return written, nil
}
