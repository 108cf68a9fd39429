package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// meter reads the CPU time and memory of the processes of a run from the kernel
// (Linux).
type meter struct {
	postmaster int
	pids       map[string][]int // by what people call them; PostgreSQL's is found out anew each time
	before     map[string]time.Duration
}

// newMeter measures this process, the PostgreSQL whose data are below dir, the
// sink if it is ours, and the extra workers.
func newMeter(dir string, sink *sinkProcess, extra []*extraWorker) (*meter, error) {
	postmaster, err := postmasterOf(dir)
	if err != nil {
		return nil, err
	}
	m := &meter{postmaster: postmaster, pids: map[string][]int{"seventh": {os.Getpid()}}}
	if sink != nil {
		m.pids["sink"] = []int{sink.command.Process.Pid}
	}
	for _, w := range extra {
		m.pids["workers"] = append(m.pids["workers"], w.command.Process.Pid)
	}
	return m, nil
}

// begin remembers what has been spent and forgets the peaks of memory.
func (m *meter) begin() (err error) {
	for _, pid := range append(m.pids["workers"], m.pids["seventh"]...) {
		// 5 sets VmHWM to what is resident now (proc_pid_clear_refs(5)).
		if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0); err != nil {
			return fmt.Errorf("forgetting the peak of memory: %w", err)
		}
	}
	m.before, err = m.read()
	return err
}

// end returns the CPU time spent since begin, by process.
func (m *meter) end() (map[string]time.Duration, error) {
	after, err := m.read()
	if err != nil {
		return nil, err
	}
	for name := range after {
		after[name] -= m.before[name]
	}
	return after, nil
}

// own is what our processes have spent in their lives.
func (m *meter) own() (map[string]time.Duration, error) {
	spent := make(map[string]time.Duration)
	for name, pids := range m.pids {
		for _, pid := range pids {
			cpu, err := cpuOf(pid)
			if err != nil {
				return nil, fmt.Errorf("reading the CPU time of %s: %w", name, err)
			}
			spent[name] += cpu
		}
	}
	return spent, nil
}

// read is own, and PostgreSQL.
func (m *meter) read() (map[string]time.Duration, error) {
	spent, err := m.own()
	if err != nil {
		return nil, err
	}
	// The server's children come and go: those that have ended are in its books.
	fields, err := statOf(m.postmaster)
	if err != nil {
		return nil, fmt.Errorf("reading the CPU time of PostgreSQL: %w", err)
	}
	spent["postgresql"] = sumTicks(fields[13:15])
	for _, pid := range family(m.postmaster) {
		if cpu, err := cpuOf(pid); err == nil {
			spent["postgresql"] += cpu
		}
	}
	return spent, nil
}

// peak is the largest resident memory since begin, in bytes, of this process and
// of the extra workers, the largest of them counting.
func (m *meter) peak() (own, extra int64) {
	for _, pid := range m.pids["workers"] {
		extra = max(extra, statusOf(pid, "VmHWM"))
	}
	return statusOf(os.Getpid(), "VmHWM"), extra
}

// postgresMemory is what PostgreSQL's processes have of their own now, and the
// shared memory that the one who has touched most of it sees.
func (m *meter) postgresMemory() int64 {
	var private, shared int64
	for _, pid := range family(m.postmaster) {
		private += statusOf(pid, "RssAnon")
		shared = max(shared, statusOf(pid, "RssShmem"))
	}
	return private + shared
}

// postmasterOf reads the server's pid from its data directory.
func postmasterOf(dir string) (int, error) {
	body, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		return 0, fmt.Errorf("finding the PostgreSQL of this run: %w", err)
	}
	first, _, _ := strings.Cut(string(body), "\n")
	return strconv.Atoi(strings.TrimSpace(first))
}

// family is a process and its living children.
func family(pid int) []int {
	pids := []int{pid}
	entries, _ := filepath.Glob("/proc/[0-9]*")
	for _, entry := range entries {
		child, _ := strconv.Atoi(filepath.Base(entry))
		if fields, err := statOf(child); err == nil && fields[1] == strconv.Itoa(pid) {
			pids = append(pids, child)
		}
	}
	return pids
}

// statOf returns the fields of /proc/PID/stat after the command's name: 0 is the
// state, 1 the parent, 13 and 14 the times of ended children (proc_pid_stat(5)).
func statOf(pid int) ([]string, error) {
	body, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, err
	}
	end := strings.LastIndex(string(body), ") ")
	if end < 0 {
		return nil, errors.New("unexpected form of /proc/PID/stat")
	}
	fields := strings.Fields(string(body[end+2:]))
	if len(fields) < 15 {
		return nil, errors.New("unexpected form of /proc/PID/stat")
	}
	return fields, nil
}

// ticks is the unit of times in /proc/PID/stat: USER_HZ, 100 a second on every Linux.
const ticks = time.Second / 100

func sumTicks(fields []string) time.Duration {
	var sum time.Duration
	for _, field := range fields {
		n, _ := strconv.ParseInt(field, 10, 64)
		sum += time.Duration(n) * ticks
	}
	return sum
}

// statusOf reads a size in kB from /proc/PID/status, in bytes; 0 if it is not there.
func statusOf(pid int, name string) int64 {
	body, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)) // a process that has ended has nothing
	_, rest, _ := strings.Cut(string(body), "\n"+name+":")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	size, _ := strconv.ParseInt(fields[0], 10, 64)
	return size << 10
}

// loadAverage is how many processes have been busy over the last minute, 0 where
// that is unknown.
func loadAverage() float64 {
	body, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(body), " ")
	load, _ := strconv.ParseFloat(first, 64)
	return load
}
