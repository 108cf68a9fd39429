//go:build failpoints

package failpoint

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
)

// Enabled says whether this binary can be killed at a point.
const Enabled = true

var (
	armed, nth = parse(os.Getenv(Variable))
	hits       atomic.Int64
)

// parse reads name[:n]. A name that is none ends the process: a test that kills nobody
// would pass for nothing.
func parse(value string) (name string, n int64) {
	if value == "" {
		return "", 0
	}
	name, number, counted := strings.Cut(value, ":")
	n = 1
	if counted {
		n, _ = strconv.ParseInt(number, 10, 64)
	}
	if n < 1 || !slices.Contains(Names, name) {
		panic(fmt.Sprintf("%s=%s: write a point, and a number from 1 after a colon: %s", Variable, value, strings.Join(Names, ", ")))
	}
	return name, n
}

// Hit kills the process if this is the point, and the time, that is armed. It does not
// return then.
func Hit(name string) {
	if name != armed || hits.Add(1) != nth {
		return
	}
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(fmt.Sprintf("killing this process at %s: %v", name, err))
	}
	select {} // until the signal arrives
}
