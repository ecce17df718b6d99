package aggregator

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/althing-network/althing/aggregate"
	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
)

// Prepared is the event that model 0 of a task is in the store.
type Prepared struct {
	Task  uint64
	Model spec.Digest
}

// Event implements [role.Event].
func (Prepared) Event() {}

// Prepare makes model 0 from the task's seed.
type Prepare struct{ Task spec.Task }

// Key implements [role.Action].
func (a Prepare) Key() string { return fmt.Sprintf("prepare-%d", a.Task.ID) }

// Do implements [role.Action].
func (a Prepare) Do(ctx context.Context, t role.Tools) (role.Event, error) {
	weights, err := model.Init(a.Task.Spec.Model)
	if err != nil {
		return nil, err
	}
	d, err := publish(ctx, t, a.Task, 0, weights)
	return Prepared{Task: a.Task.ID, Model: d}, err
}

// Combined is the event that the next model of a round is in the store and can
// be committed to.
type Combined struct {
	Task, Round uint64
	Model       spec.Digest
	Salt        spec.Salt
	Chain       string
}

// Event implements [role.Event].
func (Combined) Event() {}

// commitment is what the node puts on the chain before it reveals the model.
func (c Combined) commitment(node uint64) spec.Digest {
	return spec.AggregateCommitment(spec.Slot{Chain: c.Chain, Task: c.Task, Round: c.Round, Node: node}, c.Model, c.Salt)
}

// Combine makes the next model of a round out of the survivors' updates.
type Combine struct {
	Task  spec.Task
	Round spec.Round
	Wrong bool // publish another model
	// Copied is the node's commitment that another node said first, if one did:
	// then the same model is hidden by a fresh salt.
	Copied spec.Digest
}

// Key implements [role.Action].
func (a Combine) Key() string { return role.Again(a.record(), a.Copied) }

// record is the key under which the result is recorded.
func (a Combine) record() string { return fmt.Sprintf("combine-%d-%d", a.Task.ID, a.Round.Number) }

// Do implements [role.Action]. Updates the node lacks are pulled from the
// aggregators that attested to hold them.
func (a Combine) Do(ctx context.Context, t role.Tools) (role.Event, error) {
	done := Combined{Task: a.Task.ID, Round: a.Round.Number, Chain: t.Chain}
	found, err := t.Journal.Recall(a.record(), &done)
	if err != nil || found && done.commitment(t.Node) != a.Copied {
		return done, err
	}
	if !found {
		if done.Model, err = a.combine(ctx, t); err != nil {
			return nil, err
		}
	}
	if done.Salt, err = role.Salt(); err != nil {
		return nil, err
	}
	return done, t.Journal.Record(a.record(), done)
}

// combine computes the next model and puts it into the store.
func (a Combine) combine(ctx context.Context, t role.Tools) (spec.Digest, error) {
	global, err := t.Model(ctx, a.Task, a.Round.Base)
	if err != nil {
		return spec.Digest{}, err
	}
	weights, err := Next(ctx, t, a.Task, a.Round, global)
	if err != nil {
		return spec.Digest{}, err
	}
	if a.Wrong {
		weights[0]++
	}
	return publish(ctx, t, a.Task, a.Round.Number, weights)
}

// Next computes the weights a round leads to: whoever holds the survivors'
// updates gets the same bits.
func Next(ctx context.Context, t role.Tools, task spec.Task, r spec.Round, global []float32) ([]float32, error) {
	rule, err := aggregate.ByName(task.Spec.Aggregation.Rule)
	if err != nil {
		return nil, err
	}
	var claims []uint32
	var sources []aggregate.Source
	for i, c := range r.Trainers {
		if !c.Survivor {
			continue
		}
		e, err := obtain(ctx, t, task, r, i)
		if err != nil {
			return nil, fmt.Errorf("update of node %d: %w", c.Node, err)
		}
		claims = append(claims, c.Samples)
		sources = append(sources, aggregate.Source{Slot: slot(t, r, i), Open: func() (io.ReadCloser, error) {
			return role.OpenBlob(ctx, t.Store, e.Digest)
		}})
	}
	for i, w := range aggregate.Weights(claims, task.Spec.Aggregation.MaxWeight) {
		sources[i].Weight = w
	}
	return rule.Aggregate(global, task.Spec.Aggregation.ScaleBits, sources)
}

// obtain gets the update of a round's trainer, counted from 0: from the node's
// own store, unless it has rotted there, else from those that attested to hold it.
func obtain(ctx context.Context, t role.Tools, task spec.Task, r spec.Round, trainer int) (blob.Entry, error) {
	ref := blob.Ref{Kind: blob.Update, Slot: slot(t, r, trainer)}
	want, err := header(task, ref)
	if err != nil {
		return blob.Entry{}, err
	}
	if e, err := t.Store.Lookup(ctx, ref); err == nil {
		if err := sound(ctx, t.Store, e.Digest); errors.Is(err, blob.ErrMismatch) {
			if err := t.Store.Forget(ctx, ref); err != nil {
				return blob.Entry{}, err
			}
		} else if err != nil {
			return blob.Entry{}, err
		}
	}
	var e blob.Entry
	err = t.Fetch(func(c blob.Client) (err error) {
		e, err = c.FetchUpdate(ctx, t.Peers(ctx, holders(r, trainer)), ref, r.Trainers[trainer].Commitment, model.UpdateSize(want), t.Store)
		return err
	})
	return e, err
}

// sound reports whether the bytes of a blob are still those of its digest.
func sound(ctx context.Context, s blob.Store, d spec.Digest) error {
	f, err := role.OpenBlob(ctx, s, d)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, f)
	return errors.Join(err, f.Close())
}

// slot is the place of a round's trainer, counted from 0.
func slot(t role.Tools, r spec.Round, trainer int) spec.Slot {
	return spec.Slot{Chain: t.Chain, Task: r.Task, Round: r.Number, Node: r.Trainers[trainer].Node}
}

// holders are the aggregators that attested to hold a trainer's update.
func holders(r spec.Round, trainer int) (nodes []uint64) {
	for _, a := range r.Aggregates {
		if spec.Held(a.Holds, trainer) {
			nodes = append(nodes, a.Node)
		}
	}
	return nodes
}

// publish puts a model into the store, where the blob interface serves it.
func publish(ctx context.Context, t role.Tools, task spec.Task, round uint64, weights []float32) (spec.Digest, error) {
	b, err := model.Encode(task.Spec.Model, weights)
	if err != nil {
		return spec.Digest{}, err
	}
	d := spec.DigestOf(b)
	ref := blob.Ref{Kind: blob.Model, Slot: spec.Slot{Chain: t.Chain, Task: task.ID, Round: round}}
	return d, role.Keep(ctx, t.Store, b, blob.Label{Ref: ref, Entry: blob.Entry{Digest: d, Size: int64(len(b))}})
}
