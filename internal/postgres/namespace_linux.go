package postgres

import "syscall"

// namespaceAttr runs a program in a user namespace in which our own uid, 0 outside, is id: PostgreSQL sees an ordinary
// account. See user_namespaces(7), section "User and group ID mappings".
func namespaceAttr(id *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Setpgid:     true,
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: int(id.Uid), HostID: 0, Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: int(id.Gid), HostID: 0, Size: 1}},
	}
}
