package postgres

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// deadPID is a process id that no kernel hands out (Linux ends at 2^22, macOS at 99999).
const deadPID = 1<<31 - 1

// postmaster is what a running or once running server wrote into its postmaster.pid
// (src/include/utils/pidfile.h: one fact a line).
type postmaster struct {
	pid    int
	port   int
	status string // "starting", "ready", "stopping", "standby"; empty early in a start
}

// parsePostmaster reads the content of a postmaster.pid. Lines that are not there yet leave their fields empty.
func parsePostmaster(content string) (postmaster, error) {
	lines := strings.Split(content, "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || pid <= 0 {
		return postmaster{}, fmt.Errorf("reading postmaster.pid: line 1 is not a process id: %.40q", lines[0])
	}
	p := postmaster{pid: pid}
	if len(lines) > 3 {
		p.port, _ = strconv.Atoi(strings.TrimSpace(lines[3])) // zero: not written yet
	}
	if len(lines) > 7 {
		p.status = strings.TrimSpace(lines[7])
	}
	return p, nil
}

// runningPostmaster tells whether a server runs on the cluster. A file left behind by a dead server does not count,
// even if its process id belongs to somebody else by now.
func runningPostmaster(data string) (p postmaster, running bool, err error) {
	content, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if errors.Is(err, fs.ErrNotExist) {
		return postmaster{}, false, nil
	}
	if err != nil {
		return postmaster{}, false, fmt.Errorf("reading postmaster.pid: %w", err)
	}
	p, err = parsePostmaster(string(content))
	if err != nil {
		return postmaster{}, false, nil // half written or garbage: PostgreSQL itself explains it when it starts
	}
	return p, isPostmaster(p.pid, data), nil
}

// disarmStalePID makes PostgreSQL ignore a postmaster.pid whose process id was given to another process, as happens in
// containers and after a reboot; PostgreSQL would refuse to start. Only line 1 changes: the key of the shared memory on
// line 7 stays, so PostgreSQL's own guard against backends that still live goes on working.
func disarmStalePID(data string) error {
	name := filepath.Join(data, "postmaster.pid")
	content, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the stale postmaster.pid: %w", err)
	}
	_, rest, found := bytes.Cut(content, []byte("\n"))
	if !found {
		return os.Remove(name) // no shared memory is named: nothing to guard
	}
	if err := os.WriteFile(name, fmt.Appendf(nil, "%d\n%s", deadPID, rest), 0o600); err != nil {
		return fmt.Errorf("disarming the stale postmaster.pid: %w", err)
	}
	return nil
}
