package aggregator

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"sync"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// ErrCopy is wrapped by the refusal of an update whose values are those of another
// trainer's that committed before.
var ErrCopy = errors.New("values are those of another update")

// maxPayloads is of how many rounds [Payloads] remembers what arrived; what it has
// forgotten it reads again.
const maxPayloads = 64

// Payloads knows which updates of a round hold the same values. Their bytes differ all the
// same, because the trainer stands in them. One with a store is ready; its methods may be
// called from many goroutines at once.
type Payloads struct {
	Store blob.Store // where the updates are that arrived before a restart

	mu     sync.Mutex
	rounds []arrived // the newest last
}

// tellingBits is how many bits the values of an update have in all, so that two trainers do
// not find the same by chance. Where a model fits their rows already, or the learning rate
// has become small, values are 0 and a few others: these say nothing of who found them.
const tellingBits = 64

// arrived is the digests of the values that trainers of a round have sent; zero where they
// have too few bits to tell a copy by.
type arrived struct {
	place
	values map[uint64]spec.Digest // by trainer
}

// take takes note of the values of an update, and refuses them where another trainer has
// sent the same and committed before. Where the other one sends them later both stay: the
// node has given its receipt for the first.
func (p *Payloads) take(ctx context.Context, task spec.Task, r spec.Round, node uint64, values spec.Digest) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	a, err := p.of(ctx, task, r)
	if err != nil {
		return err
	}
	own := r.Trainers[r.Trainer(node)]
	for _, other := range r.Trainers {
		before := other.Height < own.Height || other.Height == own.Height && other.Bit < own.Bit
		if other.Height > 0 && before && !values.IsZero() && a.values[other.Node] == values {
			return fmt.Errorf("%w: node %d committed to them before node %d", ErrCopy, other.Node, node)
		}
	}
	a.values[node] = values
	return nil
}

// of is what has arrived of a round; where that is not known, the store is read.
func (p *Payloads) of(ctx context.Context, task spec.Task, r spec.Round) (arrived, error) {
	at := place{task.ID, r.Number}
	for _, a := range p.rounds {
		if a.place == at {
			return a, nil
		}
	}
	a := arrived{at, map[uint64]spec.Digest{}}
	labels, err := p.Store.UpdatesOf(ctx, blob.Ref{Kind: blob.Update, Slot: task.Slot(r.Number, 0)})
	if err != nil {
		return a, err
	}
	for _, l := range labels { // after a restart
		if a.values[l.Slot.Node], err = p.read(ctx, task, r, l); err != nil {
			return a, err
		}
	}
	p.rounds = append(p.rounds[max(0, len(p.rounds)-maxPayloads+1):], a)
	return a, nil
}

// read is the digest of the values of an update in the store.
func (p *Payloads) read(ctx context.Context, task spec.Task, r spec.Round, l blob.Label) (spec.Digest, error) {
	want, err := header(task, r, l.Ref)
	if err != nil {
		return spec.Digest{}, err
	}
	f, _, err := p.Store.Open(ctx, l.Digest)
	if err != nil {
		return spec.Digest{}, err
	}
	defer f.Close()
	return values(f, want, func(all io.Reader) error {
		_, err := io.Copy(io.Discard, all)
		return err
	})
}

// values is the digest of what stands behind the header of an update, while all of the
// update is read; zero where that has too few bits to tell a copy by.
func values(body io.Reader, h model.UpdateHeader, read func(io.Reader) error) (spec.Digest, error) {
	hash, told := sha256.New(), &bitCounter{}
	front := &io.LimitedReader{R: body, N: model.UpdateSize(h) - 4*int64(h.Count)}
	err := read(io.MultiReader(front, io.TeeReader(body, io.MultiWriter(hash, told))))
	if told.bits < tellingBits {
		return spec.Digest{}, err
	}
	return spec.Digest(hash.Sum(nil)), err
}

// bitCounter adds up the bits of the values that are written to it, without their signs. It
// has counted enough when it has [tellingBits].
type bitCounter struct {
	bits int
	part []byte // of a value that came in pieces
}

// Write implements [io.Writer].
func (c *bitCounter) Write(b []byte) (int, error) {
	n := len(b)
	for len(b) > 0 && c.bits < tellingBits {
		took := min(4-len(c.part), len(b))
		c.part, b = append(c.part, b[:took]...), b[took:]
		if len(c.part) == 4 {
			v := int64(int32(binary.LittleEndian.Uint32(c.part)))
			c.bits, c.part = c.bits+bits.Len64(uint64(max(v, -v))), c.part[:0]
		}
	}
	return n, nil
}
