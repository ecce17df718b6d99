package blob

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/althing-network/althing/logbook"
	"github.com/althing-network/althing/spec"
)

// Dir is a [Store] in a folder, for one process at a time:
//
//	blobs/DIGEST     a blob, named by the SHA-256 of its bytes
//	verified/DIGEST  the marks of a blob's file when its bytes had the digest
//	labels.jsonl     the labels, and those that were forgotten, in their order
//	drafts/DIGEST    what a draft of that digest left
//	drafts/put-N     a draft without a name, dropped by the next OpenDir
//
// Files of other names are not its own: it leaves them alone and only counts them.
//
// A process killed at any moment leaves neither half a blob nor a lost one: a blob is
// renamed once it is whole, a label is there before its blob and goes after it, and
// OpenDir drops a label without a blob.
//
// A machine that loses its power leaves, beside that, whatever was not synced. These
// are synced, and nothing else is:
//
//   - The bytes of a blob that has a label, before the label is written. So what a
//     label leads to is whole, whatever the rest became.
//   - The labels and the names of their blobs, by [Dir.Sync], once for all that came
//     since the last time: a round's updates arrive together, and a node vouches for
//     them in one message.
//
// A blob without a label was fetched for the work at hand and can be fetched again. Its
// marks count until the machine starts anew; then it is hashed when it is used next, as
// every blob is whose marks were lost. What was deleted or forgotten may come back, and
// is dropped once more.
type Dir struct {
	root   string
	boot   string     // since when marks of blobs that were not synced count
	mu     sync.Mutex // held while blobs or labels change
	labels index
	room   room
	book   *logbook.Book // of the labels
	lines  int           // in the book, those of labels that are gone among them
	added  uint64        // labels so far
	claims claims

	syncing sync.Mutex
	synced  uint64 // of those added
}

var _ Store = (*Dir)(nil)

const (
	blobsDir    = "blobs"
	verifiedDir = "verified"
	draftsDir   = "drafts"
	labelsFile  = "labels.jsonl"
	unnamed     = "put-"
)

// OpenDir opens a store in a folder and makes the folder where there is none.
func OpenDir(root string) (*Dir, error) {
	for _, name := range []string{blobsDir, verifiedDir, draftsDir} {
		if err := os.MkdirAll(filepath.Join(root, name), 0o700); err != nil {
			return nil, err
		}
	}
	d := &Dir{root: root, boot: cmp.Or(bootID(), rand.Text()), labels: newIndex(), room: newRoom()}
	return d, errors.Join(d.dropUnnamed(), d.dropMarks(), d.loadLabels(), d.count())
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

// count counts what is on the disk.
func (d *Dir) count() error {
	for _, dir := range []string{blobsDir, draftsDir, verifiedDir} {
		files, err := os.ReadDir(filepath.Join(d.root, dir))
		if err != nil {
			return err
		}
		for _, f := range files {
			info, err := f.Info()
			if err != nil {
				return err
			}
			size := spec.Size(info.Size())
			switch name, err := spec.ParseDigest(f.Name()); {
			case err != nil:
				d.room.add(of(wholeStore, size)) // nothing of ours
			case dir == blobsDir:
				d.room.sizes[name] = size
				d.room.add(d.counted(name))
			case dir == draftsDir:
				d.room.leave(wholeStore, name, size)
			}
		}
	}
	return nil
}

func (d *Dir) blob(name spec.Digest) string {
	return filepath.Join(d.root, blobsDir, name.String())
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
	return d.recount(name, func() error { return d.remove(name) })
}

// remove deletes a blob.
func (d *Dir) remove(name spec.Digest) error {
	err := os.Remove(d.blob(name))
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		delete(d.room.sizes, name)
		delete(d.room.owners, name)
	}
	if err != nil {
		return missing(name, err)
	}
	d.forgetMarks(name)
	return nil
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

// Sync implements [Store]. Whoever calls it while it is at work waits, and shares the
// next one with all others that wait.
func (d *Dir) Sync(context.Context) error {
	d.mu.Lock()
	want := d.added
	d.mu.Unlock()
	d.syncing.Lock()
	defer d.syncing.Unlock()
	if d.synced >= want {
		return nil
	}
	d.mu.Lock()
	added := d.added
	d.mu.Unlock()
	if err := errors.Join(d.book.Sync(), syncFolder(filepath.Join(d.root, blobsDir))); err != nil {
		return err
	}
	d.synced = added
	return nil
}

// syncFolder makes the names in a folder last.
func syncFolder(path string) error {
	f, err := os.Open(path)
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
