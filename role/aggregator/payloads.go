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

// ErrCopy is wrapped by the refusal of an update with the same values as the update of
// another trainer that committed before.
var ErrCopy = errors.New("values are those of another update")

// maxPayloads is how many rounds [Payloads] remembers. Older rounds are read again from
// the store.
const maxPayloads = 64

// Payloads finds updates of a round with equal values. Comparing blobs would not find
// them, because an update's bytes also name its trainer. A Payloads needs only its Store;
// its methods may be called from many goroutines at once.
type Payloads struct {
	Store blob.Store // has the updates that arrived before a restart

	mu     sync.Mutex
	rounds []roundPayloads // the newest last
}

// minBitsToCompare is how many bits the values of an update must have in total, so that two
// trainers do not find the same values by chance. If a model already fits their rows, or
// the learning rate is small, most values are 0, and equal updates prove no copy.
const minBitsToCompare = 64

// roundPayloads holds the digests of the values that trainers of a round have sent, zero where
// the values have fewer than [minBitsToCompare] bits.
type roundPayloads struct {
	place
	values map[uint64]spec.Digest // by trainer
}

// record records the values of an update. It refuses them if another trainer that committed
// before has sent the same values. If the original arrives after its copy both stay,
// because the node has already given a receipt for the copy.
func (p *Payloads) record(ctx context.Context, task spec.Task, r spec.Round, node uint64, values spec.Digest) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	a, err := p.ofRound(ctx, task, r)
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

// ofRound returns what has arrived in a round, from the store if it is not in memory.
func (p *Payloads) ofRound(ctx context.Context, task spec.Task, r spec.Round) (roundPayloads, error) {
	at := place{task.ID, r.Number}
	for _, a := range p.rounds {
		if a.place == at {
			return a, nil
		}
	}
	a := roundPayloads{at, map[uint64]spec.Digest{}}
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
	return digestValues(f, want, func(all io.Reader) error {
		_, err := io.Copy(io.Discard, all)
		return err
	})
}

// digestValues returns the digest of the values after the header of an update, while read
// consumes the whole update. It is zero if the values have too few bits to compare.
func digestValues(body io.Reader, h model.UpdateHeader, read func(io.Reader) error) (spec.Digest, error) {
	hash, counter := sha256.New(), &bitCounter{}
	front := &io.LimitedReader{R: body, N: model.UpdateSize(h) - 4*int64(h.Count)}
	err := read(io.MultiReader(front, io.TeeReader(body, io.MultiWriter(hash, counter))))
	if counter.bits < minBitsToCompare {
		return spec.Digest{}, err
	}
	return spec.Digest(hash.Sum(nil)), err
}

// bitCounter adds up the bits of the values written to it, without their signs, up to
// [minBitsToCompare].
type bitCounter struct {
	bits    int
	partial []byte // bytes of a value that is not complete yet
}

// Write implements [io.Writer].
func (c *bitCounter) Write(b []byte) (int, error) {
	n := len(b)
	for len(b) > 0 && c.bits < minBitsToCompare {
		took := min(4-len(c.partial), len(b))
		c.partial, b = append(c.partial, b[:took]...), b[took:]
		if len(c.partial) == 4 {
			v := int64(int32(binary.LittleEndian.Uint32(c.partial)))
			c.bits, c.partial = c.bits+bits.Len64(uint64(max(v, -v))), c.partial[:0]
		}
	}
	return n, nil
}
