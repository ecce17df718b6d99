package daemon

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/logbook"
	"github.com/althing-network/althing/mirror"
)

// Disk is the disk usage of the home folder of a node or a validator.
type Disk struct {
	Home  string `json:"home"`
	Chain string `json:"chain,omitempty"` // of a node
	Bytes int64  `json:"bytes"`
	Quota int64  `json:"quota_bytes,omitempty"`      // of a node's blobs
	Task  int64  `json:"task_quota_bytes,omitempty"` // of the blobs of one task
	Free  int64  `json:"free_bytes"`                 // on its file system
	Uses  []Use  `json:"uses"`                       // the largest first
}

// Use is the disk usage of one kind of files in a home folder.
type Use struct {
	What    string   `json:"what"`
	Chain   string   `json:"chain,omitempty"` // of a task
	Task    uint64   `json:"task,omitempty"`
	Bytes   int64    `json:"bytes"`
	Files   int      `json:"files"`
	Models  int64    `json:"model_bytes,omitempty"`
	Updates int64    `json:"update_bytes,omitempty"`
	States  int64    `json:"state_bytes,omitempty"`
	Names   []string `json:"names,omitempty"` // of unknown files
}

// The kinds of files in a home folder.
const (
	UseTask     = "task"
	UseFetched  = "fetched models"
	UseDrafts   = "unfinished blobs"
	UseIndex    = "index of blobs"
	UseJournal  = "journal"
	UseRows     = "rows"
	UseMirror   = "mirror of data sets"
	UseSettings = "keys and settings"
	UseFormer   = "chain before an import"
	UseUnknown  = "unknown files"
)

// DiskOf reads the disk usage of a home folder without changing it, so that a process may
// run in it.
func DiskOf(home string) (Disk, error) {
	d := Disk{Home: home}
	u := uses{}
	config, err := LoadNode(home)
	switch {
	case err == nil:
		quota := config.quota()
		d.Chain, d.Quota, d.Task = config.Chain, int64(quota.All), int64(quota.Task)
		if err := u.blobs(filepath.Join(home, blobFolder)); err != nil {
			return d, err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return d, err
	default:
		if _, err := LoadValidator(home); errors.Is(err, fs.ErrNotExist) {
			return d, fmt.Errorf("%s is no home folder: want one that holds %s or %s", home, nodeFile, validatorFile)
		} else if err != nil {
			return d, err
		}
	}
	err = filepath.WalkDir(home, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // deleted meanwhile
		}
		if err != nil {
			return err
		}
		name, err := filepath.Rel(home, path)
		switch {
		case err != nil:
			return err
		case e.IsDir() && name == blobFolder && d.Quota > 0:
			return fs.SkipDir
		case e.IsDir():
			return nil
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			u.file(config.use(name), name, info.Size())
		}
		return err
	})
	if err != nil {
		return d, err
	}
	for _, use := range u {
		d.Bytes += use.Bytes
		d.Uses = append(d.Uses, *use)
	}
	slices.SortFunc(d.Uses, func(a, b Use) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), strings.Compare(a.What, b.What), strings.Compare(a.Chain, b.Chain), cmp.Compare(a.Task, b.Task))
	})
	free, err := freeSpace(home)
	d.Free = int64(free)
	return d, err
}

// use is the kind of a file in a home folder.
func (c NodeConfig) use(name string) string {
	top, below, _ := strings.Cut(name, string(filepath.Separator))
	switch {
	case name == journalFile || name == journalFile+logbook.Replacement:
		return UseJournal
	case c.Data.File != "" && (name == c.Data.File || strings.HasPrefix(name, c.Data.File+string(filepath.Separator))):
		return UseRows
	case name == mirror.File:
		return UseMirror
	case slices.Contains([]string{nodeFile, validatorFile, transportFile, sealingFile, keyFile, mirror.KeyFile, mirror.SigningFile, mirror.LockFile, alarmFile, "lock"}, name) || top == "config" || top == faucetFolder:
		return UseSettings
	case top == formerData && c.Name == "":
		return UseFormer
	case top == "data" && c.Name == "": // CometBFT's, and the store of the application
		entry, _, _ := strings.Cut(below, string(filepath.Separator))
		return "chain: " + entry
	}
	return UseUnknown
}

// uses are the kinds found so far.
type uses map[useKey]*Use

// useKey tells uses apart.
type useKey struct {
	what, chain string
	task        uint64
}

// of returns the use of a kind, to add to it.
func (u uses) of(use Use) *Use {
	key := useKey{use.What, use.Chain, use.Task}
	if u[key] == nil {
		u[key] = &use
	}
	return u[key]
}

// file counts a file.
func (u uses) file(what, name string, size int64) {
	use := u.of(Use{What: what})
	use.Bytes += size
	use.Files++
	if what == UseUnknown {
		use.Names = append(use.Names, name)
	}
}

// blobs counts the blobs of a node.
func (u uses) blobs(folder string) error {
	c, err := blob.Look(folder)
	if errors.Is(err, os.ErrNotExist) {
		return nil // it has not run yet
	}
	if err != nil {
		return err
	}
	for l, f := range c.Blobs {
		use := u.of(Use{What: UseTask, Chain: l.Slot.Chain, Task: l.Slot.Task})
		use.Bytes += int64(f.Bytes)
		use.Files += f.Count
		switch l.Kind {
		case blob.Model, blob.Start:
			use.Models += int64(f.Bytes)
		case blob.Update:
			use.Updates += int64(f.Bytes)
		case blob.State:
			use.States += int64(f.Bytes)
		}
	}
	for what, f := range map[string]blob.Files{UseFetched: c.Loose, UseDrafts: c.Drafts, UseIndex: c.Index} {
		if f.Count > 0 {
			use := u.of(Use{What: what})
			use.Bytes, use.Files = int64(f.Bytes), f.Count
		}
	}
	for _, path := range c.Unknown {
		info, err := os.Stat(filepath.Join(folder, path))
		if err == nil {
			u.file(UseUnknown, filepath.Join(blobFolder, path), info.Size())
		}
	}
	return nil
}
