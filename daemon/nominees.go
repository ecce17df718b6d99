package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/spec"
)

// nominees are the nominated and initial models that the owner of a node lets it serve. The
// owner puts each as a file into a folder of the node's home. The node moves files that the
// task's aggregators would accept into its store, where its blob interface serves them.
type nominees struct {
	home    string
	refused map[string]time.Time // refused files, with their time of modification
}

var errNoFile = errors.New("not a regular file")

const nomineesFolder = "nominees"

// NomineeFile is the path, in the home folder of a node, of the file with the model that a
// proposal nominates for a task; for proposal 0, of the task's initial model.
func NomineeFile(task, proposal uint64) string {
	if proposal == 0 {
		return filepath.Join(nomineesFolder, fmt.Sprintf("task-%d-start.safetensors", task))
	}
	return filepath.Join(nomineesFolder, fmt.Sprintf("task-%d-proposal-%d.safetensors", task, proposal))
}

// load moves the files of the folder into the store. It logs each refused file once, and
// again when the file changes.
func (n *nominees) load(ctx context.Context, s blob.Store, chain role.Records, log *slog.Logger) {
	files, err := os.ReadDir(filepath.Join(n.home, nomineesFolder))
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			log.Warn("cannot read the folder of nominated models", slog.Any("err", err))
		}
		return
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil || n.refused[f.Name()].Equal(info.ModTime()) {
			continue
		}
		var d spec.Digest
		if err = errNoFile; info.Mode().IsRegular() { // a link or a pipe has no size to check
			d, err = n.loadFile(ctx, s, chain, f.Name(), info.Size())
		}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			if n.refused == nil {
				n.refused = map[string]time.Time{}
			}
			n.refused[f.Name()] = info.ModTime()
			log.Warn("nominated model is refused and not served", slog.String("file", f.Name()), slog.Any("err", err))
		default:
			log.Info("serves a nominated model", slog.String("file", f.Name()), slog.String("model", d.String()))
		}
	}
}

// loadFile moves one file into the store.
func (n *nominees) loadFile(ctx context.Context, s blob.Store, chain role.Records, name string, size int64) (d spec.Digest, err error) {
	var task, proposal uint64
	_, _ = fmt.Sscanf(name, "task-%d-proposal-%d", &task, &proposal) // the comparison below finds every error
	if filepath.Join(nomineesFolder, name) != NomineeFile(task, proposal) {
		return d, fmt.Errorf("file name: want %s or %s", filepath.Base(NomineeFile(1, 2)), filepath.Base(NomineeFile(1, 0)))
	}
	t, err := chain.Task(ctx, task)
	if err != nil {
		return d, err
	}
	maxSize, err := role.ModelSize(t)
	if proposal == 0 {
		maxSize, err = role.StartModelSize(t)
	}
	if err != nil {
		return d, err
	}
	if size > maxSize {
		return d, fmt.Errorf("%d bytes: a model of task %d has %d at most", size, task, maxSize)
	}
	path := filepath.Join(n.home, nomineesFolder, name)
	b, err := os.ReadFile(path)
	if err != nil {
		return d, err
	}
	if d, err = aggregator.Offer(ctx, s, t, proposal, b); err != nil {
		return d, err
	}
	return d, errors.Join(s.Sync(ctx), os.Remove(path))
}
