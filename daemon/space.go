package daemon

import (
	"cmp"
	"context"
	"log/slog"
	"syscall"
	"time"

	"github.com/althing-network/althing/spec"
)

// DefaultWarnFree is how much must be free where a home folder does not say. A
// chain that makes a block every second writes up to 2 GB a day, so there is a day left
// to do something about it.
const DefaultWarnFree = 2 * spec.GiB

// spaceInterval is how long a disk is not looked at.
const spaceInterval = 5 * time.Second

// space watches how much is free on the disk of a home folder. Nobody is told twice of
// the same shortage: it ends when a quarter more than the bound is free.
type space struct {
	home  string
	bound spec.Size
	free  func(folder string) (spec.Size, error)
	log   *slog.Logger
	short bool
}

// watchSpace looks at the disk of a home folder until ctx ends, and logs a warning when
// less than the bound is free.
func watchSpace(ctx context.Context, home string, bound spec.Size, log *slog.Logger) {
	s := space{home: home, bound: cmp.Or(bound, DefaultWarnFree), free: room, log: log}
	for s.look(); pause(ctx, spaceInterval) == nil; {
		s.look()
	}
}

func (s *space) look() {
	free, err := s.free(s.home)
	if err != nil {
		return // what cannot be looked at can still be written, or fails by itself
	}
	attributes := []any{slog.String("home", s.home), slog.String("free", free.String()), slog.String("warn_free", s.bound.String())}
	switch {
	case !s.short && free < s.bound:
		s.short = true
		s.log.Warn("the disk is nearly full: what cannot write stops", attributes...)
	case s.short && free >= s.bound+s.bound/4:
		s.short = false
		s.log.Warn("the disk has room again", attributes...)
	}
}

// room is how many bytes may be written to the file system of a folder.
func room(folder string) (spec.Size, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(folder, &fs); err != nil {
		return 0, err
	}
	return spec.Size(fs.Bavail) * spec.Size(fs.Bsize), nil
}
