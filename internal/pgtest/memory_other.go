//go:build !linux

package pgtest

// roomInMemory is false: only Linux has a file system in memory at a known place.
func roomInMemory(string) bool { return false }
