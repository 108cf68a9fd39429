package pgtest

import "syscall"

// enoughMemory is room for a cluster, fetched programs and the databases of some hundred tests at once. Containers
// often have a /dev/shm of 64 MB only.
const enoughMemory = 2 << 30

// roomInMemory tells whether the file system of dir can take the throw-away server.
func roomInMemory(dir string) bool {
	var fs syscall.Statfs_t
	return syscall.Statfs(dir, &fs) == nil && fs.Bavail*uint64(fs.Bsize) >= enoughMemory
}
