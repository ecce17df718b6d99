package blob

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/althing-network/althing/spec"
)

// Dir is a [Store] in a folder, for one process at a time:
//
//	blobs/DIGEST     a blob, named by the SHA-256 of its bytes
//	verified/DIGEST  the marks of a blob's file when its bytes had the digest
//	labels/REF.json  a label
//	drafts/DIGEST    what a draft of that digest left
//	drafts/put-N     a draft without a name, dropped by the next OpenDir
//
// Everything is written to drafts, synced and renamed. A label is there before
// its blob and goes after it, and OpenDir drops a label without a blob, so a
// process killed at any moment leaves neither half a blob nor a lost one. Marks are
// not synced: a blob without them is hashed when it is used next.
type Dir struct {
	root   string
	mu     sync.Mutex // held while blobs or labels change
	labels index
	claims claims
}

var _ Store = (*Dir)(nil)

const (
	blobsDir    = "blobs"
	verifiedDir = "verified"
	labelsDir   = "labels"
	draftsDir   = "drafts"
	unnamed     = "put-"
)

// OpenDir opens a store in a folder and makes the folder where there is none.
func OpenDir(root string) (*Dir, error) {
	for _, name := range []string{blobsDir, verifiedDir, labelsDir, draftsDir} {
		if err := os.MkdirAll(filepath.Join(root, name), 0o700); err != nil {
			return nil, err
		}
	}
	d := &Dir{root: root, labels: newIndex()}
	return d, errors.Join(d.dropUnnamed(), d.dropMarks(), d.loadLabels())
}

func (d *Dir) dropUnnamed() error {
	files, err := os.ReadDir(filepath.Join(d.root, draftsDir))
	if err != nil {
		return err
	}
	for _, f := range files {
		if strings.HasPrefix(f.Name(), unnamed) {
			if err := os.Remove(filepath.Join(d.root, draftsDir, f.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *Dir) loadLabels() error {
	files, err := os.ReadDir(filepath.Join(d.root, labelsDir))
	if err != nil {
		return err
	}
	for _, f := range files {
		path := filepath.Join(d.root, labelsDir, f.Name())
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var l Label
		if err := json.Unmarshal(b, &l); err != nil {
			return fmt.Errorf("label file %s: %w", path, err)
		}
		if d.label(l.Ref) != path {
			return fmt.Errorf("label file %s holds the label %s", path, l.Ref)
		}
		switch held, err := d.Has(context.Background(), l.Digest); {
		case err != nil:
			return err
		case held:
			d.labels.add(l)
		default:
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *Dir) blob(name spec.Digest) string {
	return filepath.Join(d.root, blobsDir, name.String())
}

func (d *Dir) label(r Ref) string {
	name := r.Slot.Chain + "+" + strings.ReplaceAll(r.Path(), "/", "-") + ".json"
	return filepath.Join(d.root, labelsDir, name)
}

// Open implements [Store].
func (d *Dir) Open(_ context.Context, name spec.Digest) (io.ReadSeekCloser, int64, error) {
	f, err := os.Open(d.blob(name))
	if err != nil {
		return nil, 0, missing(name, err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

// Has implements [Store].
func (d *Dir) Has(_ context.Context, name spec.Digest) (bool, error) {
	_, err := os.Stat(d.blob(name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Delete implements [Store].
func (d *Dir) Delete(_ context.Context, name spec.Digest) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.labels.deletable(name); err != nil {
		return err
	}
	return d.remove(name)
}

// remove deletes a blob for good.
func (d *Dir) remove(name spec.Digest) error {
	if err := os.Remove(d.blob(name)); err != nil {
		return missing(name, err)
	}
	d.forgetMarks(name)
	return d.sync(blobsDir)
}

// List implements [Store]; it does not see files that are not named by a digest.
func (d *Dir) List(context.Context) ([]spec.Digest, error) {
	files, err := os.ReadDir(filepath.Join(d.root, blobsDir)) // in order of names
	if err != nil {
		return nil, err
	}
	names := make([]spec.Digest, 0, len(files))
	for _, f := range files {
		if name, err := spec.ParseDigest(f.Name()); err == nil {
			names = append(names, name)
		}
	}
	return names, nil
}

// write replaces a file, all or nothing. Unless it is synced, a machine that loses
// its power may leave it empty.
func (d *Dir) write(path string, b []byte, synced bool) error {
	f, err := os.CreateTemp(filepath.Join(d.root, draftsDir), unnamed)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if synced {
		err = errors.Join(err, f.Sync())
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// sync makes renames and removals in a folder last.
func (d *Dir) sync(folder string) error {
	f, err := os.Open(filepath.Join(d.root, folder))
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// missing turns "no such file" into ErrNotFound.
func missing(name spec.Digest, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s", ErrNotFound, name)
	}
	return err
}
