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
// refused only when none has allowed it in a while. So no trainer has to guess when to
// try again.
//
// Who waits costs a connection. A stranger, and whoever asks for the slot of another
// node, is refused before that; a node waits once at a time, and maxEarly nodes at
// most. All others are refused at once, as they would be without this.
type punctual struct {
	aggregator.Policy // reads records
	records           *recent

	mu      sync.Mutex
	waiting map[uint64]bool // nodes whose upload came too early
}

const (
	earlyPatience = 5 * time.Second // longer than a chain node that keeps up is behind
	maxEarly      = 48              // nodes that wait at a time: half of a blob.Door's connections
)

// MayPut implements [blob.Policy].
func (p *punctual) MayPut(ctx context.Context, c blob.Caller, r blob.Ref, e blob.Entry) error {
	next := p.records.next() // before the state is read, so that no height falls in between
	refusal := p.Policy.MayPut(ctx, c, r, e)
	if !errors.Is(refusal, aggregator.ErrEarly) || !p.enter(c.Node) {
		return refusal
	}
	defer p.leave(c.Node)
	patience := time.NewTimer(earlyPatience)
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
		refusal = p.Policy.MayPut(ctx, c, r, e)
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
