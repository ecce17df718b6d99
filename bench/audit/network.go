package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/privacy/audit"
	"github.com/althing-network/althing/privacy/audit/audittest"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// network is a simulated network whose trainers hold canaries. The first node is the
// aggregator, the second the evaluator, the others are trainers.
type network struct {
	*sim.Network
	setting setting
	seed    uint64
}

const others = 2 // nodes that are not trainers

// open makes a network whose trainers draw noise with samplers. The trainers' own checks of
// their noise are off, because the audit looks from outside and needs several runs.
func (s setting) open(c card, samplers *audittest.Samplers, seed uint64) (network, error) {
	n := network{sim.New(sim.Config{Seed: seed}), s, seed}
	members := []sim.Member{{Roles: spec.Aggregator}, {Roles: spec.Evaluator, Rows: audittest.Row(s.columns(), 0, true)}}
	for range s.trainers {
		members = append(members, sim.Member{Roles: spec.Trainer, Rows: audittest.Row(s.columns(), 0, true), Policy: spec.Policy{SoleAggregator: true}})
	}
	limit := cost.Limit{Unit: c.release.Unit, Adjacency: cost.ZeroOut, Epsilon: 100 * cost.OneEpsilon, Delta: cost.OneDelta / 100_000}
	for _, m := range members {
		node, err := n.Join(m)
		if err != nil {
			return n, err
		}
		if m.Roles != spec.Trainer {
			continue
		}
		node.Tools.Samplers, node.Tools.Alarm = samplers, nil
		id, err := n.RegisterDataset(node.Owner, spec.PublicKeyOf(node.OwnerKey), limit)
		if err == nil {
			err = errors.Join(n.Grant(id, node.ID), n.Hold(node.ID, "digits", id))
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// run draws the coins of a run and runs a task of one round. It returns what the auditor
// sees. If only the noise of single trainers has a known law, own are the residuals of it.
func (n network) run(ctx context.Context, c card, number int) (seen audittest.Seen, own []int64, err error) {
	seen.In = audit.Coins(rand.NewPCG(n.seed, uint64(number)), n.setting.canaries)
	shares := n.deal(seen.In)
	id, err := n.Open("auditor", n.setting.task())
	if err != nil {
		return seen, nil, err
	}
	task, err := n.Finish(ctx, id)
	if err := errors.Join(err, n.Errs()); err != nil {
		return seen, nil, err
	}
	if task.Accepted != 1 {
		return seen, nil, fmt.Errorf("task %d is %s (%s)", id, task.State, task.Reason)
	}
	weights := 2 * n.setting.canaries
	seen.Released = make([]int64, weights)
	for i, node := range n.Nodes[others:] {
		update, err := n.sent(ctx, node.Tools.Slot(task, 1))
		if err != nil {
			return seen, nil, err
		}
		if n.setting.separate() {
			at := i % n.setting.columns()
			seen.Released[i], seen.Released[n.setting.canaries+i] = update[at], update[n.setting.columns()+at]
			continue
		}
		for j := range seen.Released {
			seen.Released[j] += update[j]
		}
		if c.whole == nil {
			residuals, err := audittest.Seen{In: shares[i], Released: update}.Residuals(c.gradients)
			if err != nil {
				return seen, nil, err
			}
			own = append(own, residuals...)
		}
	}
	if n.setting.separate() {
		return seen, nil, nil
	}
	return seen, own, n.published(ctx, task, seen.Released)
}

// deal gives the included canaries to the trainers, one or several each, and returns which
// canaries each trainer has.
func (n network) deal(in []bool) (shares [][]bool) {
	s := n.setting
	for i, node := range n.Nodes[others:] {
		if s.unit == spec.UnitClient {
			node.Table = audittest.Row(s.columns(), i%s.columns(), in[i])
			share := make([]bool, s.canaries)
			share[i] = in[i]
			shares = append(shares, share)
			continue
		}
		share := make([]bool, s.canaries)
		for at := i; at < s.canaries; at += s.trainers {
			share[at] = in[at]
		}
		node.Table = audittest.Rows(share)
		if node.Table.Rows() == 0 {
			node.Table = data.Table{Features: s.columns(), Classes: 2}
		}
		shares = append(shares, share)
	}
	return shares
}

// sent are the negated values of the update that a trainer sent to the aggregator.
func (n network) sent(ctx context.Context, slot spec.Slot) ([]int64, error) {
	store := n.Nodes[0].Tools.Store
	e, err := store.Lookup(ctx, blob.Ref{Kind: blob.Update, Slot: slot})
	if err != nil {
		return nil, err
	}
	b, err := role.ReadBlob(ctx, store, e.Digest)
	if err != nil {
		return nil, err
	}
	h, err := model.ReadUpdateHeader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	values, released := make([]int32, h.Count), make([]int64, h.Count)
	if _, err := binary.Decode(b[len(b)-4*len(values):], binary.LittleEndian, values); err != nil {
		return nil, err
	}
	for i, v := range values {
		released[i] = -int64(v)
	}
	return released, nil
}

// published checks that the public model changed exactly by the audited values.
func (n network) published(ctx context.Context, task spec.Task, released []int64) error {
	next, err := n.Nodes[0].Tools.Model(ctx, task, task.Model)
	if err != nil {
		return err
	}
	quanta := float64(uint64(1) << task.Spec.Aggregation.ScaleBits)
	for i, v := range released {
		if got := -float64(next.Weights[i]) * quanta; got != float64(v) {
			return fmt.Errorf("weight %d of the model has changed by %g quanta: want %d, the sum of the updates", i, got, v)
		}
	}
	return nil
}
