package blob

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/althing-network/althing/spec"
)

// marks are attributes of a blob's file, taken when its bytes had their digest. A write to
// the file, or another file in its place, changes them. They do not detect bits that change
// on the disk without a write; a peer that fetches the blob detects those by the digests
// that [Server] sends.
type marks struct {
	Size     int64  `json:"size"`
	Modified int64  `json:"modified"` // Unix time in nanoseconds, as those below
	Changed  int64  `json:"changed"`  // also set when Modified is set back; 0 if the system does not say
	Inode    uint64 `json:"inode"`
}

// keptMarks are marks as stored in a file.
type keptMarks struct {
	marks
	// Boot is the boot id of the machine if the bytes were not synced: after a restart they
	// may be lost. Empty if they were synced.
	Boot string `json:"boot,omitempty"`
}

func marksOf(info os.FileInfo) marks {
	m := marks{Size: info.Size(), Modified: info.ModTime().UnixNano()}
	m.Changed, m.Inode = identity(info)
	return m
}

// OpenVerified implements [Store].
func (d *Dir) OpenVerified(ctx context.Context, name spec.Digest) (_ Verified, err error) {
	f, err := os.Open(d.blob(name))
	if err != nil {
		return nil, missing(name, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	v := &verifiedFile{File: f, name: name, marks: marksOf(info)}
	if d.marks(name) != v.marks {
		if err := v.verify(ctx); err != nil {
			return nil, err
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		if now, err := os.Stat(d.blob(name)); err == nil && marksOf(now) == v.marks {
			d.keepMarks(name, v.marks)
		}
	}
	return v, nil
}

// verifiedFile is the open file of a blob whose bytes have their digest.
type verifiedFile struct {
	*os.File
	name  spec.Digest
	marks marks
}

// Size implements [Verified].
func (v *verifiedFile) Size() int64 { return v.marks.Size }

// View implements [Verified].
func (v *verifiedFile) View(at int64, n int, use func([]byte) error) error {
	if err := checkRange(at, n, v.Size()); err != nil {
		return err
	}
	return viewMapped(v.File, at, n, use)
}

// viewCopy passes a copy of n bytes of a file, from offset at on, to use.
func viewCopy(f *os.File, at int64, n int, use func([]byte) error) error {
	b := make([]byte, n)
	if _, err := io.ReadFull(io.NewSectionReader(f, at, int64(n)), b); err != nil {
		return err
	}
	return use(b)
}

// checkRange fails unless n bytes from offset at on are within a blob.
func checkRange(at int64, n int, size int64) error {
	if at < 0 || n < 0 || at > size || int64(n) > size-at {
		return fmt.Errorf("%d bytes at offset %d of a blob of %d bytes: %w", n, at, size, io.ErrUnexpectedEOF)
	}
	return nil
}

// verify hashes the file.
func (v *verifiedFile) verify(ctx context.Context) error {
	sum := sha256.New()
	if _, err := io.CopyBuffer(sum, ctxReader{ctx, io.NewSectionReader(v.File, 0, v.marks.Size)}, make([]byte, ChunkSize)); err != nil {
		return err
	}
	if got := spec.Digest(sum.Sum(nil)); got != v.name {
		return fmt.Errorf("%w: %s, want %s", ErrMismatch, got, v.name)
	}
	return v.unchanged()
}

// unchanged fails if the file was written to since it was opened. Only size and time of
// modification are compared: deleting the blob changes its other marks, but not its bytes.
func (v *verifiedFile) unchanged() error {
	info, err := v.Stat()
	if err != nil {
		return err
	}
	if now := marksOf(info); now.Size != v.marks.Size || now.Modified != v.marks.Modified {
		return fmt.Errorf("%w: the file of %s changed while it was read", ErrMismatch, v.name)
	}
	return nil
}

// Close implements [Verified].
func (v *verifiedFile) Close() error {
	return errors.Join(v.unchanged(), v.File.Close())
}

func (d *Dir) marksFile(name spec.Digest) string {
	return filepath.Join(d.root, verifiedDir, name.String())
}

// marks returns the stored marks of a blob; marks that match no file if there are none.
func (d *Dir) marks(name spec.Digest) marks {
	var m keptMarks
	b, err := os.ReadFile(d.marksFile(name))
	if err != nil || json.Unmarshal(b, &m) != nil || m.Boot != "" && m.Boot != d.boot {
		return marks{Size: -1} // matches no file
	}
	return m.marks
}

// keepMarks records that the bytes of a blob were verified. Failing to do so is no error:
// they are verified again at their next use.
func (d *Dir) keepMarks(name spec.Digest, m marks) {
	kept := keptMarks{marks: m}
	if len(d.labels.ofBlob(name)) == 0 {
		kept.Boot = d.boot
	}
	b, err := json.Marshal(kept)
	if err != nil {
		return
	}
	f, err := os.CreateTemp(filepath.Join(d.root, draftsDir), unnamed)
	if err != nil {
		return
	}
	_, err = f.Write(append(b, '\n'))
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), d.marksFile(name))
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
}

// forgetMarks deletes the marks of a deleted blob. Marks that stay behind match no other
// file, and the next [OpenDir] deletes them.
func (d *Dir) forgetMarks(name spec.Digest) { _ = os.Remove(d.marksFile(name)) }

// dropMarks deletes the marks of blobs that are gone.
func (d *Dir) dropMarks() error {
	files, err := os.ReadDir(filepath.Join(d.root, verifiedDir))
	if err != nil {
		return err
	}
	for _, f := range files {
		if _, err := spec.ParseDigest(f.Name()); err != nil {
			continue // not a file of the store
		}
		_, err := os.Stat(filepath.Join(d.root, blobsDir, f.Name()))
		if errors.Is(err, os.ErrNotExist) {
			err = os.Remove(filepath.Join(d.root, verifiedDir, f.Name()))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
