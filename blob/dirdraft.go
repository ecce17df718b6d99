package blob

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/althing-network/althing/spec"
)

// Draft implements [Store].
func (d *Dir) Draft(ctx context.Context, name spec.Digest, limit int64) (*Draft, error) {
	return d.draft(ctx, wholeStore, name, limit)
}

// For implements [Store].
func (d *Dir) For(task uint64) Store { return taskDir{d, task} }

// taskDir is the store of a folder for one task: its drafts count for that task.
type taskDir struct {
	*Dir
	task uint64
}

// Draft implements [Store].
func (d taskDir) Draft(ctx context.Context, name spec.Digest, limit int64) (*Draft, error) {
	return d.draft(ctx, d.task, name, limit)
}

func (d *Dir) draft(ctx context.Context, task uint64, name spec.Digest, limit int64) (_ *Draft, err error) {
	s := &fileDraft{store: d, task: task, name: name, unclaim: func() {}}
	if !name.IsZero() {
		if s.unclaim, err = d.claims.take(ctx, name); err != nil {
			return nil, err
		}
	}
	if err := s.open(limit); err != nil {
		s.unclaim()
		return nil, err
	}
	return newDraft(name, limit, s)
}

// partialPath is the file of a partial blob.
func (d *Dir) partialPath(name spec.Digest) string {
	return filepath.Join(d.root, draftsDir, name.String())
}

// SweepDrafts implements [Store].
func (d *Dir) SweepDrafts(context.Context) (dropped int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name, left := range d.usage.partials {
		if !left.stale {
			left.stale = true
			continue
		}
		if err := os.Remove(d.partialPath(name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return dropped, err
		}
		d.usage.drop(left.bytes)
		delete(d.usage.partials, name)
		dropped++
	}
	return dropped, nil
}

// fileDraft is the storage of a draft in a folder.
type fileDraft struct {
	*os.File
	store     *Dir
	task      uint64
	name      spec.Digest // zero: not known yet
	reserved  bytesOf
	committed bool
	unclaim   func()
}

// open reserves space for the draft, and opens its file.
func (s *fileDraft) open(limit int64) (err error) {
	d := s.store
	d.mu.Lock()
	defer d.mu.Unlock()
	if s.reserved, err = d.usage.reserve(s.task, s.name, limit); err != nil {
		return err
	}
	if s.name.IsZero() {
		s.File, err = os.CreateTemp(filepath.Join(d.root, draftsDir), unnamed)
	} else {
		s.File, err = os.OpenFile(d.partialPath(s.name), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	}
	if err != nil {
		d.usage.drop(s.reserved)
	}
	return err
}

// Write implements draftStorage. It starts writing a large blob to the disk while the rest
// arrives.
func (s *fileDraft) Write(b []byte) (int, error) {
	n, err := s.File.Write(b)
	if n >= ChunkSize {
		beginSync(s.File)
	}
	return n, err
}

// Len implements draftStorage.
func (s *fileDraft) Len() (int64, error) {
	info, err := s.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Truncate implements draftStorage. The next Write appends to what remains.
func (s *fileDraft) Truncate(size int64) error {
	if err := s.File.Truncate(size); err != nil {
		return err
	}
	_, err := s.Seek(size, 0)
	return err
}

// commit renames the draft over a blob that is there already: the new bytes are verified,
// the old ones may be corrupt. They are synced if a label leads to them; see [Dir].
func (s *fileDraft) commit(name spec.Digest, labels []Label) error {
	synced := len(labels) > 0
	if synced {
		if err := s.Sync(); err != nil {
			return err
		}
	}
	d := s.store
	d.mu.Lock()
	defer d.mu.Unlock()
	if !synced && len(d.labels.ofBlob(name)) > 0 { // replaces a corrupt copy that has a label
		if err := s.Sync(); err != nil {
			return err
		}
	}
	fresh, err := d.labels.newLabels(labels)
	if err != nil {
		return err
	}
	info, err := s.Stat()
	if err != nil {
		return err
	}
	size := spec.Size(info.Size())
	if err := d.checkRoom(name, size, s.task, fresh, s.reserved); err != nil {
		return err
	}
	return d.recount(name, func() error { return s.moveIntoPlace(name, size, fresh) })
}

// moveIntoPlace makes the file of the draft that of a blob.
func (s *fileDraft) moveIntoPlace(name spec.Digest, size spec.Size, fresh []Label) error {
	d := s.store
	if err := d.addLabels(fresh); err != nil {
		return err
	}
	if err := os.Rename(s.Name(), d.blob(name)); err != nil {
		return errors.Join(err, d.dropLabels(fresh))
	}
	s.committed = true
	d.usage.sizes[name] = size
	if s.task != wholeStore {
		d.usage.owners[name] = s.task
	}
	if info, err := s.Stat(); err == nil {
		d.keepMarks(name, marksOf(info))
	}
	return nil
}

// release gives back the space reserved for the draft, except for a partial blob that stays.
func (s *fileDraft) release(keepPartial bool) error {
	defer s.unclaim()
	size, err := s.Len()
	err = errors.Join(err, s.Close())
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	s.store.usage.drop(s.reserved)
	switch {
	case s.committed:
	case keepPartial:
		s.store.usage.keepPartial(s.task, s.name, spec.Size(size))
	default:
		err = errors.Join(err, os.Remove(s.Name()))
	}
	return err
}
