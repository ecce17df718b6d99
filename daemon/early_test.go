package daemon_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// late is a chain node that is behind: it knows of no round before it is told of one.
type late struct {
	access string // of the model
	mu     sync.Mutex
	round  spec.Round
	asked  atomic.Int32
}

func (l *late) know(r spec.Round) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.round = r
}

func (l *late) Task(_ context.Context, id uint64) (spec.Task, error) {
	l.asked.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	m := spec.Model{Kind: spec.ModelSoftmax, Inputs: 2, Classes: 2, Access: l.access}
	return spec.Task{ID: id, Owner: "payer", Round: l.round.Number, Spec: spec.TaskSpec{Model: m}}, nil
}

func (l *late) Round(context.Context, uint64, uint64) (spec.Round, error) {
	l.asked.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.round.Number == 0 {
		return l.round, round.ErrRoundNotFound
	}
	return l.round, nil
}

const early = 9 // a trainer

// update is where the update of a trainer belongs, and what opens its commitment.
func update(node uint64) (blob.Ref, blob.Entry) {
	return blob.Ref{Kind: blob.Update, Slot: spec.Slot{Chain: "c", Task: 1, Round: 1, Node: node}},
		blob.Entry{Digest: spec.DigestOf([]byte("update"))}
}

// inPhase is round 1, whose only trainer has committed to its update.
func inPhase(phase spec.Phase) spec.Round {
	r, e := update(early)
	return spec.Round{
		Task: 1, Number: 1, Phase: phase, Aggregates: []spec.Aggregate{{Node: 1}},
		Trainers: []spec.Contribution{{Node: early, Height: 3, Commitment: spec.UpdateCommitment(r.Slot, e.Digest, e.Salt)}},
	}
}

// put asks a policy whether a node may put its own update. What it says is told when
// it says it.
func put(ctx context.Context, p blob.Policy, node uint64) <-chan error {
	said := make(chan error, 1)
	r, e := update(node)
	go func() { said <- p.MayPut(ctx, blob.Caller{Node: node}, r, e) }()
	return said
}

// waits reports whether nothing was said yet.
func waits(said <-chan error) bool {
	synctest.Wait()
	return len(said) == 0
}

// An upload that comes before the block that allows it is taken as soon as the
// aggregator hears of the block, and no sooner; without that the trainer is refused.
func TestEarlyUploadWaitsForItsBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		chain := &late{}
		p, height := daemon.Uploads(chain, 1)
		bare := aggregator.Policy{Chain: chain, Node: 1}
		if err := <-put(t.Context(), bare, early); !errors.Is(err, aggregator.ErrEarly) || !errors.Is(err, blob.ErrForbidden) {
			t.Fatalf("nobody waits: %v", err)
		}
		said := put(t.Context(), p, early)
		for _, known := range []spec.Round{{}, inPhase(spec.PhaseTrain), inPhase(spec.PhaseTrain)} {
			if !waits(said) {
				t.Fatalf("before the block: %v", <-said)
			}
			chain.know(known)
			height()
		}
		for _, phase := range []spec.Phase{spec.PhaseTrain, spec.PhaseAttest} {
			if !waits(said) {
				t.Fatalf("before it hears of the block: %v", <-said)
			}
			chain.know(inPhase(phase))
		}
		height()
		if err := <-said; err != nil {
			t.Error(err)
		}
		chain.know(inPhase(spec.PhaseAggregate))
		height()
		if err := <-put(t.Context(), p, early); !errors.Is(err, blob.ErrForbidden) || errors.Is(err, aggregator.ErrEarly) {
			t.Errorf("after the uploads: %v", err)
		}
	})
}

// A trainer may hear of its selection before the aggregator that it asks for a private
// model does. It waits for the block; who is not in it waits a moment, and a stranger
// not at all.
func TestEarlyMemberWaitsForItsBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		chain := &late{access: spec.AccessMembers}
		p, height := daemon.Uploads(chain, 1)
		r := blob.Ref{Kind: blob.Model, Slot: spec.Slot{Chain: "c", Task: 1}}
		get := func(node uint64) <-chan error {
			said := make(chan error, 1)
			go func() { said <- p.MayGetModel(t.Context(), blob.Caller{Node: node}, r) }()
			return said
		}
		stranger, trainer, other := get(0), get(early), get(early+1)
		if waits(stranger) || !waits(trainer) || !waits(other) {
			t.Fatal("a stranger waits, or a node does not")
		}
		wantForbidden := func(who string, err error) {
			t.Helper()
			if !errors.Is(err, blob.ErrForbidden) {
				t.Errorf("%s: %v", who, err)
			}
		}
		wantForbidden("a stranger", <-stranger)
		chain.know(inPhase(spec.PhaseTrain))
		if !waits(trainer) {
			t.Fatal("before the aggregator hears of the block:", <-trainer)
		}
		height()
		if err := <-trainer; err != nil {
			t.Error(err)
		}
		wantForbidden("a node that was not selected", <-other)
	})
}

// Who waits costs a connection: no stranger does, nobody for ever, no node twice, and
// not more than so many nodes.
func TestEarlyUploadsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		chain := &late{}
		p, height := daemon.Uploads(chain, 1)
		r, e := update(early)
		for _, caller := range []uint64{0, early + 1} {
			if err := p.MayPut(t.Context(), blob.Caller{Node: caller}, r, e); !errors.Is(err, blob.ErrForbidden) || chain.asked.Load() != 0 {
				t.Errorf("node %d: %v, the chain was asked %d times", caller, err, chain.asked.Load())
			}
		}
		said := put(t.Context(), p, early)
		if !waits(said) {
			t.Fatal(<-said)
		}
		if err := <-put(t.Context(), p, early); !errors.Is(err, aggregator.ErrEarly) {
			t.Errorf("twice: %v", err)
		}
		hung, hangUp := context.WithCancel(t.Context())
		gone := put(hung, p, early+1)
		if !waits(gone) {
			t.Fatal(<-gone)
		}
		hangUp()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("who hung up: %v", err)
		}
		others := make([]<-chan error, daemon.MaxEarly)
		for i := range others {
			others[i] = put(t.Context(), p, early+1+uint64(i))
		}
		synctest.Wait()
		refused := 0
		for _, other := range others {
			refused += len(other)
		}
		if refused != 1 {
			t.Errorf("%d of %d are refused at once, want 1: %d wait", refused, len(others), daemon.MaxEarly)
		}
		height() // nothing new
		if err := <-said; !errors.Is(err, aggregator.ErrEarly) {
			t.Errorf("in vain: %v", err)
		}
	})
}
