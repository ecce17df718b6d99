package daemon

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role/aggregator"
)

// waitingPolicy is the policy of an aggregator whose chain node may be a block behind the
// trainer's. Then an upload may come too early, or a trainer that has just become a member may
// ask too early for a private model. The policy decides again at each new height, and refuses
// only after a timeout. So trainers need not guess when to retry.
//
// A waiting request holds a connection. Strangers, and nodes that ask for another node's
// slot, are refused before they wait. Each node waits with one request at a time, and at
// most maxWaitingNodes wait. Further requests are refused at once.
type waitingPolicy struct {
	aggregator.Policy // reads records
	records           *heightCache

	mu      sync.Mutex
	waiting map[uint64]bool // nodes whose request came too early
}

const (
	uploadWait      = 5 * time.Second // longer than the delay of a chain node that keeps up
	modelWait       = time.Second     // shorter than the first chunk timeout of blob.Network, after which a node asks another peer
	maxWaitingNodes = 48              // half of the connections of a blob.Door
)

// MayPut implements [blob.Policy].
func (p *waitingPolicy) MayPut(ctx context.Context, c blob.Caller, r blob.Ref, e blob.Entry) error {
	return p.wait(ctx, c.Node, uploadWait, func() error { return p.Policy.MayPut(ctx, c, r, e) })
}

// MayGetModel implements [blob.Policy].
func (p *waitingPolicy) MayGetModel(ctx context.Context, c blob.Caller, r blob.Ref) error {
	return p.wait(ctx, c.Node, modelWait, func() error { return p.Policy.MayGetModel(ctx, c, r) })
}

// wait calls judge, and again at each new height while it returns [aggregator.ErrEarly].
func (p *waitingPolicy) wait(ctx context.Context, node uint64, timeout time.Duration, judge func() error) error {
	next := p.records.nextHeight() // before the state is read, so that no height falls in between
	refusal := judge()
	if !errors.Is(refusal, aggregator.ErrEarly) || !p.startWaiting(node) {
		return refusal
	}
	defer p.stopWaiting(node)
	patience := time.NewTimer(timeout)
	defer patience.Stop()
	for errors.Is(refusal, aggregator.ErrEarly) {
		select {
		case <-next:
		case <-patience.C:
			return refusal
		case <-ctx.Done():
			return ctx.Err()
		}
		next = p.records.nextHeight()
		refusal = judge()
	}
	return refusal
}

// startWaiting reports whether a node may wait.
func (p *waitingPolicy) startWaiting(node uint64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting[node] || len(p.waiting) >= maxWaitingNodes {
		return false
	}
	if p.waiting == nil {
		p.waiting = map[uint64]bool{}
	}
	p.waiting[node] = true
	return true
}

func (p *waitingPolicy) stopWaiting(node uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.waiting, node)
}
