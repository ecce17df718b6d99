package blob

import (
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
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

// bootID names this start of the machine; it is empty where the system does not say.
func bootID() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// beginSync lets the disk begin to write what was written to a file, so that there
// is less left to do when the file is synced. It waits for nothing, and promises
// nothing: the sync does, and reports what fails.
func beginSync(f *os.File) {
	_ = unix.SyncFileRange(int(f.Fd()), 0, 0, unix.SYNC_FILE_RANGE_WRITE)
}
