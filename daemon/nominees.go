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

// nominees are the models that proposals want, or with which tasks start, and that the owner of a node has it serve.
// The owner puts each as a file into a folder of the node's home; the node moves what its
// tasks' aggregators would take into its store, where its blob interface serves it.
type nominees struct {
	home    string
	refused map[string]time.Time // files that are none, as of when they were written
}

var errNoFile = errors.New("it is no regular file")

const nomineesFolder = "nominees"

// NomineeFile is the path in the home folder of a node at which its owner puts the model
// that a proposal wants for a task; of proposal 0 it is the model with which the task starts.
func NomineeFile(task, proposal uint64) string {
	if proposal == 0 {
		return filepath.Join(nomineesFolder, fmt.Sprintf("task-%d-start.safetensors", task))
	}
	return filepath.Join(nomineesFolder, fmt.Sprintf("task-%d-proposal-%d.safetensors", task, proposal))
}

// take moves the files that are there into the store. It tells of those that it refuses,
// once unless they change.
func (n *nominees) take(ctx context.Context, s blob.Store, chain role.Records, log *slog.Logger) {
	files, err := os.ReadDir(filepath.Join(n.home, nomineesFolder))
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			log.Warn("folder of nominees is not read", slog.Any("err", err))
		}
		return
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil || n.refused[f.Name()].Equal(info.ModTime()) {
			continue
		}
		var d spec.Digest
		if err = errNoFile; info.Mode().IsRegular() { // the size of a link or a pipe says nothing
			d, err = n.offer(ctx, s, chain, f.Name(), info.Size())
		}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			if n.refused == nil {
				n.refused = map[string]time.Time{}
			}
			n.refused[f.Name()] = info.ModTime()
			log.Warn("nominee is not served", slog.String("file", f.Name()), slog.Any("err", err))
		default:
			log.Info("serves a nominee", slog.String("file", f.Name()), slog.String("model", d.String()))
		}
	}
}

// offer moves one file into the store.
func (n *nominees) offer(ctx context.Context, s blob.Store, chain role.Records, name string, size int64) (d spec.Digest, err error) {
	var task, proposal uint64
	_, _ = fmt.Sscanf(name, "task-%d-proposal-%d", &task, &proposal) // what is wrong with it the comparison finds
	if filepath.Join(nomineesFolder, name) != NomineeFile(task, proposal) {
		return d, fmt.Errorf("name: want %s or %s", filepath.Base(NomineeFile(1, 2)), filepath.Base(NomineeFile(1, 0)))
	}
	t, err := chain.Task(ctx, task)
	if err != nil {
		return d, err
	}
	most, err := role.ModelSize(t)
	if proposal == 0 {
		most, err = role.StartModelSize(t)
	}
	if err != nil {
		return d, err
	}
	if size > most {
		return d, fmt.Errorf("%d bytes: a model of task %d has %d at most", size, task, most)
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
