package blob

import (
	"os"
	"syscall"
)

// identity is when a file's bytes, name or times last changed, which nobody can
// set, and its number in the file system.
func identity(info os.FileInfo) (changed int64, inode uint64) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0
	}
	return s.Ctim.Nano(), s.Ino
}
