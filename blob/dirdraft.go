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
	drafts := filepath.Join(d.root, draftsDir)
	if name.IsZero() {
		f, err := os.CreateTemp(drafts, unnamed)
		if err != nil {
			return nil, err
		}
		return newDraft(name, limit, &sheet{File: f, store: d, release: func() {}})
	}
	release, err := d.claims.take(ctx, name)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(drafts, name.String()), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		release()
		return nil, err
	}
	return newDraft(name, limit, &sheet{File: f, store: d, release: release})
}

// sheet is the page of a draft in a folder.
type sheet struct {
	*os.File
	store   *Dir
	kept    bool
	release func()
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
	if err := d.addLabels(fresh); err != nil {
		return err
	}
	if err := os.Rename(s.Name(), d.blob(name)); err != nil {
		return errors.Join(err, d.dropLabels(fresh))
	}
	s.kept = true
	if info, err := s.Stat(); err == nil {
		d.keepMarks(name, marksOf(info))
	}
	return nil
}

func (s *sheet) leave(again bool) error {
	defer s.release()
	err := s.Close()
	if !again && !s.kept {
		err = errors.Join(err, os.Remove(s.Name()))
	}
	return err
}
