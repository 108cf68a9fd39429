package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// meter reads the CPU time of the processes of a run from /proc (Linux).
type meter struct {
	dataDir string
	sink    *sinkProcess
	before  map[string]time.Duration
}

func newMeter(dataDir string, sink *sinkProcess) *meter { return &meter{dataDir: dataDir, sink: sink} }

func (m *meter) begin() (err error) {
	m.before, err = m.read()
	return err
}

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

func (m *meter) read() (map[string]time.Duration, error) {
	spent := make(map[string]time.Duration)
	own, err := cpuOf(os.Getpid(), false)
	if err != nil {
		return nil, err
	}
	spent["seventh"] = own
	if m.sink != nil {
		if spent["sink"], err = cpuOf(m.sink.command.Process.Pid, false); err != nil {
			return nil, err
		}
	}
	postmaster, err := postmasterOf(m.dataDir)
	if err != nil {
		return nil, err
	}
	if spent["postgresql"], err = cpuOf(postmaster, true); err != nil {
		return nil, err
	}
	return spent, nil
}

// postmasterOf reads the server's pid from its data directory.
func postmasterOf(dir string) (int, error) {
	files, _ := filepath.Glob(filepath.Join(dir, "*", "postmaster.pid"))
	for _, file := range append(files, filepath.Join(dir, "postmaster.pid")) {
		body, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		first, _, _ := strings.Cut(string(body), "\n")
		return strconv.Atoi(strings.TrimSpace(first))
	}
	return 0, errors.New("the PostgreSQL of this run has no postmaster.pid")
}

// ticks is the unit of /proc/PID/stat: USER_HZ, 100 a second on every Linux.
const ticks = time.Second / 100

// cpuOf sums user and system time of a process, with its ended and living
// children if asked.
func cpuOf(pid int, family bool) (time.Duration, error) {
	fields, err := statOf(pid)
	if err != nil {
		return 0, fmt.Errorf("reading the CPU time of process %d: %w", pid, err)
	}
	total := sumTicks(fields[11:13])
	if !family {
		return total, nil
	}
	total += sumTicks(fields[13:15])
	entries, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0, err
	}
	for _, entry := range entries {
		child, _ := strconv.Atoi(filepath.Base(entry))
		fields, err := statOf(child)
		if err == nil && fields[1] == strconv.Itoa(pid) {
			total += sumTicks(fields[11:13])
		}
	}
	return total, nil
}

// statOf returns the fields of /proc/PID/stat after the command's name: 0 is the
// state, 1 the parent, 11 to 14 the times (proc(5)).
func statOf(pid int) ([]string, error) {
	body, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, err
	}
	_, rest, found := strings.Cut(string(body), ") ")
	fields := strings.Fields(rest)
	if !found || len(fields) < 15 {
		return nil, errors.New("unexpected form of /proc/PID/stat")
	}
	return fields, nil
}

func sumTicks(fields []string) time.Duration {
	var sum time.Duration
	for _, field := range fields {
		n, _ := strconv.ParseInt(field, 10, 64)
		sum += time.Duration(n) * ticks
	}
	return sum
}

// peakMemory is the largest resident size of this process so far, in bytes.
func peakMemory() int64 {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return usage.Maxrss << 10
}
