//go:build !linux && !windows

package postgres

import "syscall"

// namespaceAttr is nil: only Linux has user namespaces.
func namespaceAttr(*syscall.Credential) *syscall.SysProcAttr { return nil }
