//go:build !failpoints

package failpoint

// Enabled says whether this binary can be killed at a point.
const Enabled = false

// Hit does nothing in this build.
func Hit(string) {}
