package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

func (s *session) nodeDisk() *cobra.Command {
	return &cobra.Command{
		Use:   "disk --home DIR",
		Short: "Show what takes up the disk of a home folder",
		Long: `Shows what the files of a home folder, of a node or of a validator, are for, the largest
use first. It changes nothing and asks no chain; the node may run meanwhile. A blob that
several tasks share is counted for the first of them.`,
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
			return s.show(homeDisk{d})
		},
	}
}

// homeDisk is what takes up the disk of a home folder.
type homeDisk struct{ daemon.Disk }

// Page shows the uses of the disk, the largest first, then the room that is left.
func (d homeDisk) Page() view.Page {
	uses := view.Table([]string{"USE", "SIZE", "FILES", "OF IT"}, d.Uses, func(u daemon.Use) []any {
		parts := diskParts(u)
		return []any{d.useName(u), spec.Size(u.Bytes), u.Files, view.Dash(len(parts) == 0, strings.Join(parts, ", "))}
	})
	uses.Row("in all", spec.Size(d.Bytes))
	var room view.Part
	if d.Quota > 0 {
		room.Row("quota of blobs", fmt.Sprintf("%s, of one task %s", spec.Size(d.Quota), spec.Size(d.Task)))
	}
	room.Row("free on the file system", spec.Size(d.Free))
	return view.Page{Parts: []view.Part{uses, room}}
}

func (d homeDisk) useName(u daemon.Use) string {
	switch {
	case u.What != daemon.UseTask:
		return u.What
	case u.Chain != d.Chain:
		return fmt.Sprintf("task %d of %s", u.Task, u.Chain)
	}
	return fmt.Sprintf("task %d", u.Task)
}

// diskParts is what a use consists of.
func diskParts(u daemon.Use) (parts []string) {
	for _, p := range []struct {
		what  string
		bytes int64
	}{{"models", u.Models}, {"updates", u.Updates}, {"states", u.States}} {
		if p.bytes > 0 {
			parts = append(parts, p.what+" "+spec.Size(p.bytes).String())
		}
	}
	const namesShown = 2
	parts = append(parts, u.Names[:min(namesShown, len(u.Names))]...)
	if rest := len(u.Names) - namesShown; rest > 0 {
		parts = append(parts, fmt.Sprintf("%d more", rest))
	}
	return parts
}
