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

// late is a chain node that is behind: it has no round until a test sets one.
type late struct {
	access  string // of the model
	mu      sync.Mutex
	round   spec.Round
	queries atomic.Int32
}

func (l *late) set(r spec.Round) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.round = r
}

func (l *late) Task(_ context.Context, id uint64) (spec.Task, error) {
	l.queries.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	m := spec.Model{Kind: spec.ModelSoftmax, Inputs: 2, Classes: 2, Access: l.access}
	return spec.Task{ID: id, Owner: "payer", Round: l.round.Number, Spec: spec.TaskSpec{Model: m}}, nil
}

func (l *late) Round(context.Context, uint64, uint64) (spec.Round, error) {
	l.queries.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.round.Number == 0 {
		return l.round, round.ErrRoundNotFound
	}
	return l.round, nil
}

const early = 9 // a trainer

// update returns the reference of a trainer's update, and the entry that opens its commitment.
func update(node uint64) (blob.Ref, blob.Entry) {
	return blob.Ref{Kind: blob.Update, Slot: spec.Slot{Chain: "c", Task: 1, Round: 1, Node: node}},
		blob.Entry{Digest: spec.DigestOf([]byte("update"))}
}

// inPhase returns round 1, whose only trainer has committed to its update.
func inPhase(phase spec.Phase) spec.Round {
	r, e := update(early)
	return spec.Round{
		Task: 1, Number: 1, Phase: phase, Aggregates: []spec.Aggregate{{Node: 1}},
		Trainers: []spec.Contribution{{Node: early, Height: 3, Commitment: spec.UpdateCommitment(r.Slot, e.Digest, e.Salt)}},
	}
}

// put asks a policy whether a node may upload its own update. The answer arrives on the
// channel.
func put(ctx context.Context, p blob.Policy, node uint64) <-chan error {
	answer := make(chan error, 1)
	r, e := update(node)
	go func() { answer <- p.MayPut(ctx, blob.Caller{Node: node}, r, e) }()
	return answer
}

// waits reports whether there is no answer yet.
func waits(answer <-chan error) bool {
	synctest.Wait()
	return len(answer) == 0
}

// TestEarlyUploadWaitsForItsBlock: a trainer may see a block before the aggregator does. Its
// upload waits until the aggregator has seen the block that allows it. Without the defence it is
// refused.
func TestEarlyUploadWaitsForItsBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		chain := &late{}
		p, height := daemon.Uploads(chain, 1)
		bare := aggregator.Policy{Chain: chain, Node: 1}
		if err := <-put(t.Context(), bare, early); !errors.Is(err, aggregator.ErrEarly) || !errors.Is(err, blob.ErrForbidden) {
			t.Fatalf("without the defence: got %v, want %v", err, aggregator.ErrEarly)
		}
		said := put(t.Context(), p, early)
		for _, current := range []spec.Round{{}, inPhase(spec.PhaseTrain), inPhase(spec.PhaseTrain)} {
			if !waits(said) {
				t.Fatalf("before the block: got %v, want the upload to wait", <-said)
			}
			chain.set(current)
			height()
		}
		for _, phase := range []spec.Phase{spec.PhaseTrain, spec.PhaseAttest} {
			if !waits(said) {
				t.Fatalf("before the aggregator has seen the block: got %v, want the upload to wait", <-said)
			}
			chain.set(inPhase(phase))
		}
		height()
		if err := <-said; err != nil {
			t.Error(err)
		}
		chain.set(inPhase(spec.PhaseAggregate))
		height()
		if err := <-put(t.Context(), p, early); !errors.Is(err, blob.ErrForbidden) || errors.Is(err, aggregator.ErrEarly) {
			t.Errorf("after the time for uploads: got %v, want %v", err, blob.ErrForbidden)
		}
	})
}

// TestEarlyMemberWaitsForItsBlock: a trainer may see its selection before the aggregator does
// from which it downloads a private model. Its request waits for the block. The request of a
// node that was not selected waits, too, and is then refused; a stranger is refused at once.
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
			t.Fatal("want two nodes to wait, and a stranger to be answered at once")
		}
		wantForbidden := func(who string, err error) {
			t.Helper()
			if !errors.Is(err, blob.ErrForbidden) {
				t.Errorf("%s: %v", who, err)
			}
		}
		wantForbidden("a stranger", <-stranger)
		chain.set(inPhase(spec.PhaseTrain))
		if !waits(trainer) {
			t.Fatal("before the aggregator has seen the block:", <-trainer)
		}
		height()
		if err := <-trainer; err != nil {
			t.Error(err)
		}
		wantForbidden("a node that was not selected", <-other)
	})
}

// TestEarlyUploadsAreBounded: a request that waits occupies a connection. So strangers do not
// wait, each node waits once at a time and not for ever, and at most MaxEarly nodes wait.
func TestEarlyUploadsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		chain := &late{}
		p, height := daemon.Uploads(chain, 1)
		r, e := update(early)
		for _, caller := range []uint64{0, early + 1} {
			if err := p.MayPut(t.Context(), blob.Caller{Node: caller}, r, e); !errors.Is(err, blob.ErrForbidden) || chain.queries.Load() != 0 {
				t.Errorf("node %d: got %v after %d queries, want a refusal without a query", caller, err, chain.queries.Load())
			}
		}
		said := put(t.Context(), p, early)
		if !waits(said) {
			t.Fatal(<-said)
		}
		if err := <-put(t.Context(), p, early); !errors.Is(err, aggregator.ErrEarly) {
			t.Errorf("a second request of the same node: got %v, want %v", err, aggregator.ErrEarly)
		}
		waiting, hangUp := context.WithCancel(t.Context())
		gone := put(waiting, p, early+1)
		if !waits(gone) {
			t.Fatal(<-gone)
		}
		hangUp()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("a node that has hung up: %v", err)
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
		height() // without the round
		if err := <-said; !errors.Is(err, aggregator.ErrEarly) {
			t.Errorf("a height without the round: got %v, want %v", err, aggregator.ErrEarly)
		}
	})
}
