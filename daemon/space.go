package daemon

import (
	"cmp"
	"context"
	"log/slog"
	"syscall"
	"time"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

// DefaultWarnFree is the free space below which a warning is logged, unless the home folder
// sets another bound. A chain with one block per second writes up to 2 GB per day, so the
// operator has a day to react.
const DefaultWarnFree = 2 * spec.GiB

// diskInterval is the time between two checks of the free space.
const diskInterval = 5 * time.Second

// diskWatch watches the free space on the disk of a home folder. It warns once per shortage,
// which ends when 125% of the bound are free.
type diskWatch struct {
	home  string
	bound spec.Size
	free  func(folder string) (spec.Size, error)
	log   *slog.Logger
	short bool
}

// watchSpace checks the disk of a home folder until ctx ends, and logs a warning when less
// than the bound is free.
func watchSpace(ctx context.Context, home string, bound spec.Size, log *slog.Logger) {
	s := diskWatch{home: home, bound: cmp.Or(bound, DefaultWarnFree), free: freeSpace, log: log}
	for s.look(); client.Sleep(ctx, diskInterval) == nil; {
		s.look()
	}
}

func (s *diskWatch) look() {
	free, err := s.free(s.home)
	if err != nil {
		return // writes that fail are reported where they fail
	}
	attributes := []any{slog.String("home", s.home), slog.String("free", free.String()), slog.String("warn_free", s.bound.String())}
	switch {
	case !s.short && free < s.bound:
		s.short = true
		s.log.Warn("the disk is nearly full: the process stops when it cannot write", attributes...)
	case s.short && free >= s.bound+s.bound/4:
		s.short = false
		s.log.Warn("the disk has enough free space again", attributes...)
	}
}

// freeSpace is the free space on the file system of a folder.
func freeSpace(folder string) (spec.Size, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(folder, &fs); err != nil {
		return 0, err
	}
	return spec.Size(fs.Bavail) * spec.Size(fs.Bsize), nil
}
