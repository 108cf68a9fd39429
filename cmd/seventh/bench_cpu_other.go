//go:build !linux

package main

import (
	"errors"
	"time"
)

// cpuOf is missing here: there is no /proc to find the processes of a run in.
func cpuOf(pid int) (time.Duration, error) {
	return 0, errors.New("seventh bench measures on Linux only")
}
