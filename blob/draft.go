package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/althing-network/althing/spec"
)

// Draft is a blob that is being written to a store. It is not visible before
// [Draft.Commit]. One goroutine uses a draft, and closes it.
type Draft struct {
	want    spec.Digest // zero: any
	limit   int64
	sum     *chunker
	storage draftStorage
	closed  bool
}

// draftStorage is where a store keeps the bytes of a draft.
type draftStorage interface {
	io.Writer // appends
	io.ReaderAt
	Len() (int64, error)
	Truncate(size int64) error

	// commit makes the bytes the blob d and adds its labels, all or nothing.
	commit(d spec.Digest, labels []Label) error
	// release ends the draft. With keepPartial its bytes stay for the next draft of the
	// same digest.
	release(keepPartial bool) error
}

// newDraft makes a draft that resumes with the bytes already in its storage.
func newDraft(want spec.Digest, limit int64, p draftStorage) (*Draft, error) {
	d := &Draft{want: want, limit: limit, storage: p}
	if err := d.reload(); err != nil {
		return nil, errors.Join(err, p.release(false))
	}
	return d, nil
}

// Size is how many bytes the draft holds.
func (d *Draft) Size() int64 { return d.sum.size }

// Digest is the SHA-256 of the bytes the draft holds.
func (d *Draft) Digest() spec.Digest { return d.sum.digest() }

// Reader reads the bytes of the draft from the beginning.
func (d *Draft) Reader() io.Reader { return io.NewSectionReader(d.storage, 0, d.sum.size) }

// Write appends. If the blob would exceed its limit, nothing is written and the error is
// [ErrTooLarge].
func (d *Draft) Write(b []byte) (int, error) {
	if err := d.fits(b); err != nil {
		return 0, err
	}
	var hashing sync.WaitGroup
	hash := func() { _, _ = d.sum.Write(b) } // it never fails
	if len(b) >= ChunkSize {
		hashing.Go(hash) // while the bytes are stored
	} else {
		hash()
	}
	n, err := d.storage.Write(b)
	hashing.Wait()
	if n < len(b) {
		err = errors.Join(err, d.reload())
	}
	return n, err
}

// append writes the next whole chunk, or the last one, whose digest c is known: it is not
// hashed again.
func (d *Draft) append(chunk []byte, c spec.Digest) error {
	if err := d.fits(chunk); err != nil {
		return err
	}
	if _, err := d.storage.Write(chunk); err != nil {
		return errors.Join(err, d.reload())
	}
	d.sum.add(chunk, c)
	return nil
}

// fits fails with ErrTooLarge if the bytes would exceed the limit.
func (d *Draft) fits(b []byte) error {
	if int64(len(b)) > d.limit-d.sum.size {
		return fmt.Errorf("%w: more than %d bytes", ErrTooLarge, d.limit)
	}
	return nil
}

// Rewind keeps the first size bytes and drops the rest.
func (d *Draft) Rewind(size int64) error {
	if size >= d.sum.size {
		return nil
	}
	if err := d.storage.Truncate(size); err != nil {
		return err
	}
	return d.reload()
}

// Commit makes the blob visible, with its labels, all or nothing, and closes the draft. If
// the bytes do not have the digest for which the draft was begun, or that a label says, the
// error is [ErrMismatch], and the draft is empty and still open. The error of a ref that
// already leads to another blob is [ErrConflict].
func (d *Draft) Commit(ctx context.Context, labels ...Label) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	got := d.Digest()
	if !d.want.IsZero() && got != d.want {
		return errors.Join(fmt.Errorf("%w: %s, want %s", ErrMismatch, got, d.want), d.Rewind(0))
	}
	for _, l := range labels {
		if err := l.Validate(); err != nil {
			return err
		}
		if l.Digest != got || l.Size != d.Size() {
			err := fmt.Errorf("%w: %s of %d bytes, want %s of %d", ErrMismatch, got, d.Size(), l.Digest, l.Size)
			return errors.Join(err, d.Rewind(0))
		}
	}
	if err := d.storage.commit(got, labels); err != nil {
		return err
	}
	d.closed = true
	return d.storage.release(false)
}

// Close ends a draft without a commit. If it was begun for a digest, the next draft of that
// digest resumes with these bytes; otherwise they are dropped. A draft may be closed twice.
func (d *Draft) Close() error {
	if d.closed {
		return nil
	}
	d.closed = true
	return d.storage.release(!d.want.IsZero() && d.sum.size > 0)
}

// fill appends all of r.
func (d *Draft) fill(ctx context.Context, r io.Reader) error {
	_, err := io.CopyBuffer(struct{ io.Writer }{d}, ctxReader{ctx, r}, make([]byte, ChunkSize))
	return err
}

// reload hashes the stored bytes, and their chunks if a download may resume.
func (d *Draft) reload() error {
	size, err := d.storage.Len()
	if err != nil {
		return err
	}
	if size > d.limit {
		size = 0
		if err := d.storage.Truncate(0); err != nil {
			return err
		}
	}
	d.sum = &chunker{whole: sha256.New()}
	if !d.want.IsZero() {
		d.sum.chunk = sha256.New()
	}
	_, err = io.Copy(d.sum, io.NewSectionReader(d.storage, 0, size))
	return err
}

// ctxReader is a reader that fails once its context has ended.
type ctxReader struct {
	ctx context.Context
	io.Reader
}

func (p ctxReader) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.Reader.Read(b)
}

// claims allows one open draft per digest.
type claims struct {
	mu   sync.Mutex
	held map[spec.Digest]chan struct{}
}

// take waits until no other draft has d. The caller must call release.
func (c *claims) take(ctx context.Context, d spec.Digest) (release func(), err error) {
	for {
		c.mu.Lock()
		other, taken := c.held[d]
		if !taken {
			if c.held == nil {
				c.held = map[spec.Digest]chan struct{}{}
			}
			mine := make(chan struct{})
			c.held[d] = mine
			c.mu.Unlock()
			return func() {
				c.mu.Lock()
				defer c.mu.Unlock()
				delete(c.held, d)
				close(mine)
			}, nil
		}
		c.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
