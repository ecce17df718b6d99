package role

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// Model gets a model that a task agreed on: from the node's own store, else from the
// task's aggregators. The bytes are checked against the digest wherever they come
// from. A corrupt copy in the node's store is replaced.
func (t Tools) Model(ctx context.Context, task spec.Task, d spec.Digest) (model.File, error) {
	size, err := ModelSize(task)
	if err != nil {
		return model.File{}, err
	}
	var file model.File
	var refused error
	err = t.viewOrFetch(ctx, task, d, size, modelHolders(task), func(b []byte) { file, refused = model.Decode(task.Spec.Model, task.Spec.Data, b) })
	if err != nil {
		return model.File{}, fmt.Errorf("model %s of task %d: %w", d.Short(), task.ID, err)
	}
	return file, refused
}

// StartModel makes model 0 of a task, from the task's seed or from the initial model that
// the task file names. The initial model comes from the node's own store, else from the
// node that the task file names, else from the aggregators of the earlier task that it
// names. Its bytes are checked against the digest wherever they come from. The error of a
// file that does not fit the task wraps [model.ErrModel].
func (t Tools) StartModel(ctx context.Context, task spec.Task) (model.File, error) {
	from := task.Spec.Model.Init
	if from.IsZero() {
		return model.Initial(task.Spec)
	}
	size, err := model.WarmStartSize(task.Spec)
	if err != nil {
		return model.File{}, err
	}
	var nodes []uint64
	if from.Holder != 0 {
		nodes = append(nodes, from.Holder)
	}
	if from.Task != 0 {
		earlier, err := t.Records.Task(ctx, from.Task)
		if err != nil {
			return model.File{}, err
		}
		nodes = append(nodes, aggregators(earlier)...)
	}
	var file model.File
	var refused error
	err = t.viewOrFetch(ctx, task, from.Model, size, nodes, func(b []byte) { file, refused = model.WarmStart(task.Spec, b) })
	if err == nil {
		err = refused
	}
	if err != nil {
		return model.File{}, fmt.Errorf("model %s, with which task %d starts: %w", from.Model.Short(), task.ID, err)
	}
	return file, nil
}

// StartModelSize is the largest size in bytes of the initial model of a task.
func StartModelSize(task spec.Task) (int64, error) { return model.WarmStartSize(task.Spec) }

// ModelSize is the largest size in bytes of a model of a task.
func ModelSize(task spec.Task) (int64, error) { return model.FileSize(task.Spec) }

// State gets the moments of the server optimiser that belong to a model. It looks in the
// same places as [Tools.Model].
func (t Tools) State(ctx context.Context, task spec.Task, names []string, d spec.Digest) ([][]float32, error) {
	size, err := model.StateSize(task.Spec.Model, names)
	if err != nil {
		return nil, err
	}
	var moments [][]float32
	var refused error
	err = t.viewOrFetch(ctx, task, d, size, modelHolders(task), func(b []byte) { moments, refused = model.DecodeState(task.Spec.Model, names, b) })
	if err != nil {
		return nil, fmt.Errorf("state %s of task %d: %w", d.Short(), task.ID, err)
	}
	return moments, refused
}

// viewOrFetch passes the bytes of a blob to use: from the store, else fetched from one of the
// nodes. The caller must discard what use made of them when the error is not nil.
func (t Tools) viewOrFetch(ctx context.Context, task spec.Task, d spec.Digest, size int64, from []uint64, use func([]byte)) error {
	err := viewBlob(ctx, t.Store, d, use)
	if !errors.Is(err, blob.ErrNotFound) && !errors.Is(err, blob.ErrMismatch) {
		return err
	}
	b, err := t.fetch(ctx, task, d, size, from, err)
	if err == nil {
		use(b)
	}
	return err
}

// modelHolders are the nodes that serve the agreed models of a task: its aggregators, and then the
// node that holds the nominee.
func modelHolders(task spec.Task) []uint64 {
	nodes := aggregators(task)
	if holder := task.Nominee.Holder; holder != 0 && !slices.Contains(nodes, holder) {
		nodes = append(nodes, holder)
	}
	return nodes
}

func aggregators(task spec.Task) (nodes []uint64) {
	for _, m := range task.Aggregators {
		nodes = append(nodes, m.Node)
	}
	return nodes
}

// fetch gets a blob from one of the nodes into the store, which answered storeErr.
func (t Tools) fetch(ctx context.Context, task spec.Task, d spec.Digest, size int64, from []uint64, storeErr error) ([]byte, error) {
	into := t.Store
	if errors.Is(storeErr, blob.ErrMismatch) {
		into = blob.NewMemory() // a fetch into the store would keep the corrupt copy
	}
	if err := t.Blobs.FetchModel(ctx, from, d, size, into.For(task.ID)); err != nil {
		return nil, err
	}
	b, err := ReadBlob(ctx, into, d)
	if err == nil && into != t.Store {
		_, err = blob.PutAs(ctx, t.Store.For(task.ID), d, bytes.NewReader(b), size)
	}
	return b, err
}

// viewBlob passes the bytes of a whole blob of the store to use.
func viewBlob(ctx context.Context, s blob.Store, d spec.Digest, use func([]byte)) (err error) {
	f, err := s.OpenVerified(ctx, d)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return f.View(0, int(f.Size()), func(b []byte) error {
		use(b)
		return nil
	})
}

// ReadBlob reads a whole blob. The error of corrupt bytes is [blob.ErrMismatch].
func ReadBlob(ctx context.Context, s blob.Store, d spec.Digest) (b []byte, err error) {
	f, err := s.OpenVerified(ctx, d)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b = make([]byte, f.Size())
	if n, err := f.ReadAt(b, 0); n < len(b) {
		return nil, err
	}
	return b, nil
}

// PutBlob stores bytes under a label.
func PutBlob(ctx context.Context, s blob.Store, b []byte, l blob.Label) error {
	draft, err := s.For(l.Slot.Task).Draft(ctx, spec.Digest{}, int64(len(b)))
	if err != nil {
		return err
	}
	defer draft.Close()
	if _, err := draft.Write(b); err != nil {
		return err
	}
	return draft.Commit(ctx, l)
}
