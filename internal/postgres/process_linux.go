package postgres

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// isPostmaster tells whether the process is a postgres that works in data: a server changes into its data directory.
// Processes that we may not look at belong to others, and zombies, which have no executable any more, are dead.
func isPostmaster(pid int, data string) bool {
	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil {
		return false
	}
	exe = strings.TrimSuffix(exe, " (deleted)") // the package was upgraded under the running server
	if filepath.Base(exe) != "postgres" {
		return false
	}
	theirs, err := os.Stat(fmt.Sprintf("/proc/%d/cwd", pid))
	if err != nil {
		return false
	}
	ours, err := os.Stat(data)
	return err == nil && os.SameFile(theirs, ours)
}
