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
//	verified/DIGEST  the marks of a blob's file, taken when its bytes had the digest
//	labels.jsonl     the labels, given and forgotten, in their order
//	drafts/DIGEST    the partial blob of an unfinished draft
//	drafts/put-N     a draft of unknown digest, deleted by the next OpenDir
//
// It leaves files with other names alone, but counts them.
//
// A process killed at any moment leaves no partial blob under blobs/ and loses no labelled
// one: a blob is renamed into place when it is complete, its label is written before that
// and removed after it, and OpenDir drops a label without a blob.
//
// A power loss also loses whatever was not synced. Only these are synced:
//
//   - The bytes of a labelled blob, before its label is written. So a label always leads
//     to a complete blob.
//   - The labels and the names of their blobs, by [Dir.Sync], once for all labels since the
//     last call: a round's updates arrive together, and a node attests them in one message.
//
// A blob without a label was fetched for current work and can be fetched again. Its marks
// are valid until the machine restarts. After that, and whenever its marks are lost, a blob
// is hashed again at its next use. Deleted and forgotten blobs may reappear after a power
// loss; they are then dropped again.
type Dir struct {
	root   string
	boot   string     // identifies this start of the machine: the marks of unsynced blobs are valid until the next
	mu     sync.Mutex // held while blobs or labels change
	labels index
	usage  diskUsage
	book   *logbook.Book // of the labels
	lines  int           // in the book, including those of forgotten labels
	added  uint64        // labels given so far
	claims claims

	syncing sync.Mutex
	synced  uint64 // value of added at the last sync
}

var _ Store = (*Dir)(nil)

const (
	blobsDir    = "blobs"
	verifiedDir = "verified"
	draftsDir   = "drafts"
	labelsFile  = "labels.jsonl"
	unnamed     = "put-"
)

// OpenDir opens a store in a folder, and makes the folder if there is none.
func OpenDir(root string) (*Dir, error) {
	for _, name := range []string{blobsDir, verifiedDir, draftsDir} {
		if err := os.MkdirAll(filepath.Join(root, name), 0o700); err != nil {
			return nil, err
		}
	}
	d := &Dir{root: root, boot: cmp.Or(bootID(), rand.Text()), labels: newIndex(), usage: newDiskUsage()}
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

// count adds up what is on the disk.
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
				d.usage.add(usageOf(wholeStore, size)) // not a file of the store
			case dir == blobsDir:
				d.usage.sizes[name] = size
				d.usage.add(d.countedFor(name))
			case dir == draftsDir:
				d.usage.keepPartial(wholeStore, name, size)
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
		delete(d.usage.sizes, name)
		delete(d.usage.owners, name)
	}
	if err != nil {
		return missing(name, err)
	}
	d.forgetMarks(name)
	return nil
}

// List implements [Store]. Files that are not named by a digest are ignored.
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

// Sync implements [Store]. Callers that arrive while a sync runs share the next one.
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

// syncFolder syncs the directory entries of a folder.
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
