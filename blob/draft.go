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

// Draft is a blob on its way into a store: nobody sees it before [Draft.Commit].
// One goroutine uses it, and closes it.
type Draft struct {
	want   spec.Digest // zero: any
	limit  int64
	sum    *chunker
	page   page
	closed bool
}

// page is where a store keeps the bytes of a draft.
type page interface {
	io.Writer // appends
	io.ReaderAt
	Len() (int64, error)
	Truncate(size int64) error

	// keep makes the bytes the blob d and adds its labels, all or nothing.
	keep(d spec.Digest, labels []Label) error
	// leave lets go of the page; the bytes stay for the next draft when again is set.
	leave(again bool) error
}

// newDraft goes on with what is on the page.
func newDraft(want spec.Digest, limit int64, p page) (*Draft, error) {
	d := &Draft{want: want, limit: limit, page: p}
	if err := d.reload(); err != nil {
		return nil, errors.Join(err, p.leave(false))
	}
	return d, nil
}

// Size is how many bytes the draft holds.
func (d *Draft) Size() int64 { return d.sum.size }

// Digest is the SHA-256 of the bytes the draft holds.
func (d *Draft) Digest() spec.Digest { return d.sum.digest() }

// Reader reads the bytes the draft holds from the beginning.
func (d *Draft) Reader() io.Reader { return io.NewSectionReader(d.page, 0, d.sum.size) }

// Write appends: [ErrTooLarge], and nothing is written, when the blob would
// grow beyond its limit.
func (d *Draft) Write(b []byte) (int, error) {
	if err := d.fits(b); err != nil {
		return 0, err
	}
	var hashing sync.WaitGroup
	hash := func() { _, _ = d.sum.Write(b) } // it never fails
	if len(b) >= ChunkSize {
		hashing.Go(hash) // while the page is written
	} else {
		hash()
	}
	n, err := d.page.Write(b)
	hashing.Wait()
	if n < len(b) {
		err = errors.Join(err, d.reload())
	}
	return n, err
}

// append is Write of the next whole chunk, or the last one of a blob, of which c is
// the digest: it is not hashed again.
func (d *Draft) append(chunk []byte, c spec.Digest) error {
	if err := d.fits(chunk); err != nil {
		return err
	}
	if _, err := d.page.Write(chunk); err != nil {
		return errors.Join(err, d.reload())
	}
	d.sum.add(chunk, c)
	return nil
}

// fits reports whether the draft may take some bytes more.
func (d *Draft) fits(b []byte) error {
	if int64(len(b)) > d.limit-d.sum.size {
		return fmt.Errorf("%w: more than %d bytes", ErrTooLarge, d.limit)
	}
	return nil
}

// Rewind drops all but the first size bytes.
func (d *Draft) Rewind(size int64) error {
	if size >= d.sum.size {
		return nil
	}
	if err := d.page.Truncate(size); err != nil {
		return err
	}
	return d.reload()
}

// Commit makes the blob visible, with its labels, all or nothing, and closes
// the draft. Bytes of another digest than the draft was begun for, or than a
// label says, are [ErrMismatch]: the draft is empty then and still open. A label
// that leads elsewhere already is [ErrConflict].
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
	if err := d.page.keep(got, labels); err != nil {
		return err
	}
	d.closed = true
	return d.page.leave(false)
}

// Close lets go of a draft. When it was begun for a digest the next draft of it
// goes on with these bytes, else they are dropped. Closing twice is fine.
func (d *Draft) Close() error {
	if d.closed {
		return nil
	}
	d.closed = true
	return d.page.leave(!d.want.IsZero() && d.sum.size > 0)
}

// fill copies r to its end.
func (d *Draft) fill(ctx context.Context, r io.Reader) error {
	_, err := io.CopyBuffer(struct{ io.Writer }{d}, patient{ctx, r}, make([]byte, ChunkSize))
	return err
}

// reload hashes what is on the page, chunk by chunk too where a download goes on.
func (d *Draft) reload() error {
	size, err := d.page.Len()
	if err != nil {
		return err
	}
	if size > d.limit {
		size = 0
		if err := d.page.Truncate(0); err != nil {
			return err
		}
	}
	d.sum = &chunker{whole: sha256.New()}
	if !d.want.IsZero() {
		d.sum.chunk = sha256.New()
	}
	_, err = io.Copy(d.sum, io.NewSectionReader(d.page, 0, size))
	return err
}

// patient is a reader that ends with its context.
type patient struct {
	ctx context.Context
	io.Reader
}

func (p patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.Reader.Read(b)
}

// claims lets one draft at a time have a digest.
type claims struct {
	mu   sync.Mutex
	held map[spec.Digest]chan struct{}
}

// take waits until nobody has d; release gives it back.
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
