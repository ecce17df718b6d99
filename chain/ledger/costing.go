package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cosmossdk.io/collections"

	"github.com/althing-network/althing/pb/ledgerpb"
	"github.com/althing-network/althing/privacy/cost"
)

// costGas is taken for computing what a sampled release costs under one adjacency: up to
// seven milliseconds, in which messages of about as much gas are carried out.
const costGas = 500_000

// Cost computes what a release costs a book with this limit. It takes gas if the release
// is sampled.
func (k Keeper) Cost(ctx context.Context, limit cost.Limit, release cost.Release) (cost.Amount, error) {
	if release.Sampled() {
		consume(ctx, costGas)
	}
	each, err := limit.Cost(release)
	if err != nil {
		return each, refused(fmt.Errorf("%w: %w", ledgerpb.ErrRelease, err))
	}
	return each, nil
}

// Appraise computes what one release of a task costs for a reason, under each adjacency
// under which it can be counted, and stores it. It takes gas if the release is sampled.
func (k Keeper) Appraise(ctx context.Context, task uint64, reason string, release cost.Release) error {
	if err := release.Validate(); err != nil {
		return refused(fmt.Errorf("%w: %w", ledgerpb.ErrRelease, err))
	}
	costing := ledgerpb.Costing{Release: ledgerpb.ReleaseFromCost(release)}
	for _, a := range cost.Adjacencies() {
		each, err := k.Cost(ctx, cost.Limit{Unit: release.Unit, Adjacency: a}, release)
		if err != nil { // a book under it pays for none
			continue
		}
		enter(&costing, a, each)
	}
	return k.costings.Set(ctx, collections.Join(task, reason), costing)
}

// Appraised is what one release of a task costs a book with this limit, as [Keeper.Appraise]
// has stored it.
func (k Keeper) Appraised(ctx context.Context, task uint64, reason string, limit cost.Limit) (cost.Amount, error) {
	resp, err := k.Costing(ctx, &ledgerpb.QueryCosting{Task: task, Reason: reason})
	if err != nil {
		return cost.Amount{}, err
	}
	release, err := resp.Costing.Release.ToCost()
	if err != nil {
		return cost.Amount{}, err
	}
	if err := limit.Counts(release); err != nil {
		return cost.Amount{}, err
	}
	each, found, err := resp.Costing.Under(limit.Adjacency)
	if err == nil && !found {
		err = refused(fmt.Errorf("task %d, %s, %s: %w", task, reason, limit.Adjacency, ledgerpb.ErrNoCosting))
	}
	return each, err
}

// enter adds a cost to a costing.
func enter(costing *ledgerpb.Costing, a cost.Adjacency, each cost.Amount) {
	costing.Each = append(costing.Each, ledgerpb.Costed{Adjacency: ledgerpb.AdjacencyFromCost(a), Amount: ledgerpb.AmountFromCost(each)})
	slices.SortFunc(costing.Each, func(a, b ledgerpb.Costed) int { return int(a.Adjacency) - int(b.Adjacency) })
}

// costing is what one release of a task costs, with what it costs a book of this limit. It
// is computed once for a task, reason and adjacency, and stored by whoever reserves.
func (k Keeper) costing(ctx context.Context, task uint64, reason string, release cost.Release, limit cost.Limit) (ledgerpb.Costing, error) {
	costing, err := k.costings.Get(ctx, collections.Join(task, reason))
	switch {
	case errors.Is(err, collections.ErrNotFound):
		costing = ledgerpb.Costing{Release: ledgerpb.ReleaseFromCost(release)}
	case err != nil:
		return costing, fmt.Errorf("read the costing of task %d: %w", task, err)
	case costing.Release != ledgerpb.ReleaseFromCost(release):
		return costing, fmt.Errorf("%w: task %d makes its releases for %q in another way", ledgerpb.ErrRelease, task, reason)
	}
	if release.Unit == limit.Unit {
		if _, found, err := costing.Under(limit.Adjacency); found || err != nil {
			return costing, err
		}
	}
	each, err := k.Cost(ctx, limit, release)
	if err != nil {
		return costing, err
	}
	enter(&costing, limit.Adjacency, each)
	return costing, nil
}
