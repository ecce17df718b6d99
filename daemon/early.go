package daemon

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role/aggregator"
)

// punctual is the policy of an aggregator whose chain node may be a block behind that
// of a trainer. An upload that comes too early is judged again at each new height, and
// refused only when none has allowed it in a while; so is the request for a model that
// is for members, of which the trainer is one since that block. So no trainer has to
// guess when to try again.
//
// Who waits costs a connection. A stranger, and whoever asks for the slot of another
// node, is refused before that; a node waits once at a time, and maxEarly nodes at
// most. All others are refused at once, as they would be without this.
type punctual struct {
	aggregator.Policy // reads records
	records           *recent

	mu      sync.Mutex
	waiting map[uint64]bool // nodes whose request came too early
}

const (
	uploadPatience = 5 * time.Second // longer than a chain node that keeps up is behind
	modelPatience  = time.Second     // less than a node in haste waits for the one it asks: it turns to another
	maxEarly       = 48              // nodes that wait at a time: half of a blob.Door's connections
)

// MayPut implements [blob.Policy].
func (p *punctual) MayPut(ctx context.Context, c blob.Caller, r blob.Ref, e blob.Entry) error {
	return p.wait(ctx, c.Node, uploadPatience, func() error { return p.Policy.MayPut(ctx, c, r, e) })
}

// MayGetModel implements [blob.Policy].
func (p *punctual) MayGetModel(ctx context.Context, c blob.Caller, r blob.Ref) error {
	return p.wait(ctx, c.Node, modelPatience, func() error { return p.Policy.MayGetModel(ctx, c, r) })
}

// wait judges what a node asks for, again at each new height as long as it is too early.
func (p *punctual) wait(ctx context.Context, node uint64, most time.Duration, judge func() error) error {
	next := p.records.next() // before the state is read, so that no height falls in between
	refusal := judge()
	if !errors.Is(refusal, aggregator.ErrEarly) || !p.enter(node) {
		return refusal
	}
	defer p.leave(node)
	patience := time.NewTimer(most)
	defer patience.Stop()
	for errors.Is(refusal, aggregator.ErrEarly) {
		select {
		case <-next:
		case <-patience.C:
			return refusal
		case <-ctx.Done():
			return ctx.Err()
		}
		next = p.records.next()
		refusal = judge()
	}
	return refusal
}

// enter reports whether a node may wait.
func (p *punctual) enter(node uint64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting[node] || len(p.waiting) >= maxEarly {
		return false
	}
	if p.waiting == nil {
		p.waiting = map[uint64]bool{}
	}
	p.waiting[node] = true
	return true
}

func (p *punctual) leave(node uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.waiting, node)
}
