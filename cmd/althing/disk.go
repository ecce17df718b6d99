package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/spec"
)

func (s *session) nodeDisk() *cobra.Command {
	return &cobra.Command{
		Use:   "disk --home DIR",
		Short: "Show what takes up the disk of a home folder",
		Long: `Shows for what a home folder, of a node or of a validator, has its files, the
largest first. It only looks, and asks no chain: the node may run or not. A blob
that several tasks share is listed with the first of them.`,
		Example: "  althing node disk --home net/aggregator-1",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if s.home == "" {
				return hinted{errNoHome, "althing node disk --home net/aggregator-1"}
			}
			d, err := daemon.DiskOf(s.home)
			if err != nil {
				return err
			}
			return s.showDisk(d)
		},
	}
}

func (s *session) showDisk(d daemon.Disk) error {
	if s.json {
		return s.line(d)
	}
	t := s.table("USE", "SIZE", "FILES", "OF IT")
	for _, u := range d.Uses {
		parts := partsOf(u)
		t.row(useName(d, u), spec.Size(u.Bytes), u.Files, unless(len(parts) == 0, strings.Join(parts, ", ")))
	}
	t.row("in all", spec.Size(d.Bytes), "", "")
	if err := t.flush(); err != nil {
		return err
	}
	fmt.Fprintln(s.out)
	if d.Quota > 0 {
		fmt.Fprintf(s.out, "quota of blobs           %s, of one task %s\n", spec.Size(d.Quota), spec.Size(d.Task))
	}
	_, err := fmt.Fprintf(s.out, "free on the file system  %s\n", spec.Size(d.Free))
	return err
}

func useName(d daemon.Disk, u daemon.Use) string {
	switch {
	case u.What != daemon.UseTask:
		return u.What
	case u.Chain != d.Chain:
		return fmt.Sprintf("task %d of %s", u.Task, u.Chain)
	}
	return fmt.Sprintf("task %d", u.Task)
}

// partsOf says what a use is made of.
func partsOf(u daemon.Use) (parts []string) {
	for _, p := range []struct {
		what  string
		bytes int64
	}{{"models", u.Models}, {"updates", u.Updates}, {"states", u.States}} {
		if p.bytes > 0 {
			parts = append(parts, p.what+" "+spec.Size(p.bytes).String())
		}
	}
	const room = 2 // names
	parts = append(parts, u.Names[:min(room, len(u.Names))]...)
	if more := len(u.Names) - room; more > 0 {
		parts = append(parts, fmt.Sprintf("%d more", more))
	}
	return parts
}
