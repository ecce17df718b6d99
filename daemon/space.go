package daemon

import (
	"context"
	"log/slog"
	"syscall"
	"time"
)

// DefaultWarnFree is how many MiB must be free where a home folder does not say. A
// chain that makes a block every second writes up to 2 GB a day, so there is a day left
// to do something about it.
const DefaultWarnFree = 2048

// spaceInterval is how long a disk is not looked at.
const spaceInterval = 5 * time.Second

// space watches how much is free on the disk of a home folder. Nobody is told twice of
// the same shortage: it ends when a quarter more than the bound is free.
type space struct {
	home  string
	bound uint64                              // bytes
	free  func(folder string) (uint64, error) // bytes that may be written
	log   *slog.Logger
	short bool
}

// watchSpace looks at the disk of a home folder until ctx ends, and logs a warning when
// fewer than so many MiB are free.
func watchSpace(ctx context.Context, home string, mebibytes uint64, log *slog.Logger) {
	if mebibytes == 0 {
		mebibytes = DefaultWarnFree
	}
	s := space{home: home, bound: mebibytes << 20, free: freeOn, log: log}
	for s.look(); pause(ctx, spaceInterval) == nil; {
		s.look()
	}
}

func (s *space) look() {
	free, err := s.free(s.home)
	if err != nil {
		return // what cannot be looked at can still be written, or fails by itself
	}
	attributes := []any{slog.String("home", s.home), slog.Uint64("free_mib", free>>20), slog.Uint64("warn_free_mib", s.bound>>20)}
	switch {
	case !s.short && free < s.bound:
		s.short = true
		s.log.Warn("the disk is nearly full: what cannot write stops", attributes...)
	case s.short && free >= s.bound+s.bound/4:
		s.short = false
		s.log.Warn("the disk has room again", attributes...)
	}
}

// freeOn is how many bytes may be written to the file system of a folder.
func freeOn(folder string) (uint64, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(folder, &fs); err != nil {
		return 0, err
	}
	return fs.Bavail * uint64(fs.Bsize), nil
}
