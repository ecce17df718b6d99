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
func (d *Dir) For(task uint64) Store { return dirOf{d, task} }

// dirOf is a folder whose drafts are those of a task.
type dirOf struct {
	*Dir
	task uint64
}

// Draft implements [Store].
func (d dirOf) Draft(ctx context.Context, name spec.Digest, limit int64) (*Draft, error) {
	return d.draft(ctx, d.task, name, limit)
}

func (d *Dir) draft(ctx context.Context, task uint64, name spec.Digest, limit int64) (_ *Draft, err error) {
	s := &sheet{store: d, task: task, name: name, release: func() {}}
	if !name.IsZero() {
		if s.release, err = d.claims.take(ctx, name); err != nil {
			return nil, err
		}
	}
	if err := s.open(limit); err != nil {
		s.release()
		return nil, err
	}
	return newDraft(name, limit, s)
}

// left is the file of what a draft left.
func (d *Dir) left(name spec.Digest) string { return filepath.Join(d.root, draftsDir, name.String()) }

// SweepDrafts implements [Store].
func (d *Dir) SweepDrafts(context.Context) (dropped int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name, left := range d.room.left {
		if !left.old {
			left.old = true
			continue
		}
		if err := os.Remove(d.left(name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return dropped, err
		}
		d.room.drop(left.bytes)
		delete(d.room.left, name)
		dropped++
	}
	return dropped, nil
}

// sheet is the page of a draft in a folder.
type sheet struct {
	*os.File
	store    *Dir
	task     uint64
	name     spec.Digest // zero: any
	promised bytesOf
	kept     bool
	release  func()
}

// open makes room for the draft, and its file.
func (s *sheet) open(limit int64) (err error) {
	d := s.store
	d.mu.Lock()
	defer d.mu.Unlock()
	if s.promised, err = d.room.begin(s.task, s.name, limit); err != nil {
		return err
	}
	if s.name.IsZero() {
		s.File, err = os.CreateTemp(filepath.Join(d.root, draftsDir), unnamed)
	} else {
		s.File, err = os.OpenFile(d.left(s.name), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	}
	if err != nil {
		d.room.drop(s.promised)
	}
	return err
}

// Write implements page. A large blob is on its way to the disk while it arrives.
func (s *sheet) Write(b []byte) (int, error) {
	n, err := s.File.Write(b)
	if n >= ChunkSize {
		beginSync(s.File)
	}
	return n, err
}

// Len implements page.
func (s *sheet) Len() (int64, error) {
	info, err := s.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Truncate implements page: what is written next follows what is left.
func (s *sheet) Truncate(size int64) error {
	if err := s.File.Truncate(size); err != nil {
		return err
	}
	_, err := s.Seek(size, 0)
	return err
}

// keep renames over a blob that is there already: the new bytes are verified,
// the old ones may have rotted. They are synced when a label leads to them; see [Dir].
func (s *sheet) keep(name spec.Digest, labels []Label) error {
	synced := len(labels) > 0
	if synced {
		if err := s.Sync(); err != nil {
			return err
		}
	}
	d := s.store
	d.mu.Lock()
	defer d.mu.Unlock()
	if !synced && len(d.labels.of(name)) > 0 { // its copy has rotted
		if err := s.Sync(); err != nil {
			return err
		}
	}
	fresh, err := d.labels.fresh(labels)
	if err != nil {
		return err
	}
	info, err := s.Stat()
	if err != nil {
		return err
	}
	size := spec.Size(info.Size())
	if err := d.roomFor(name, size, s.task, fresh, s.promised); err != nil {
		return err
	}
	return d.recount(name, func() error { return s.put(name, size, fresh) })
}

// put makes the file that of a blob.
func (s *sheet) put(name spec.Digest, size spec.Size, fresh []Label) error {
	d := s.store
	if err := d.addLabels(fresh); err != nil {
		return err
	}
	if err := os.Rename(s.Name(), d.blob(name)); err != nil {
		return errors.Join(err, d.dropLabels(fresh))
	}
	s.kept = true
	d.room.sizes[name] = size
	if s.task != wholeStore {
		d.room.owners[name] = s.task
	}
	if info, err := s.Stat(); err == nil {
		d.keepMarks(name, marksOf(info))
	}
	return nil
}

// leave gives back the room of the draft but for what is left.
func (s *sheet) leave(again bool) error {
	defer s.release()
	size, err := s.Len()
	err = errors.Join(err, s.Close())
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	s.store.room.drop(s.promised)
	switch {
	case s.kept:
	case again:
		s.store.room.leave(s.task, s.name, spec.Size(size))
	default:
		err = errors.Join(err, os.Remove(s.Name()))
	}
	return err
}
