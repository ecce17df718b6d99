package blob

import (
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// identity is the time of the last change of a file's bytes, name or times, which no
// program can set, and its inode number.
func identity(info os.FileInfo) (changed int64, inode uint64) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0
	}
	return s.Ctim.Nano(), s.Ino
}

// bootID identifies this start of the machine; empty if the system does not say.
func bootID() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// beginSync starts writing a file's data to the disk, so that a later sync has less to do.
// It does not wait and guarantees nothing; the sync does, and reports failures.
func beginSync(f *os.File) {
	_ = unix.SyncFileRange(int(f.Fd()), 0, 0, unix.SYNC_FILE_RANGE_WRITE)
}
