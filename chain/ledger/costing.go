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

// costGas is the gas for computing the cost of a sampled release under one adjacency. It takes
// up to 7 ms, in which a block executes messages of about this much gas.
const costGas = 500_000

// Cost computes the cost of a release for a book with this limit. It takes gas if the release
// is sampled.
func (k Keeper) Cost(ctx context.Context, limit cost.Limit, release cost.Release) (cost.Amount, error) {
	if release.Sampled() {
		consumeGas(ctx, costGas)
	}
	each, err := limit.Cost(release)
	if err != nil {
		return each, withCode(fmt.Errorf("%w: %w", ledgerpb.ErrRelease, err))
	}
	return each, nil
}

// Appraise computes and stores the cost of one release of a task for a reason, under each
// adjacency under which it has one. It takes gas if the release is sampled.
func (k Keeper) Appraise(ctx context.Context, task uint64, reason string, release cost.Release) error {
	if err := release.Validate(); err != nil {
		return withCode(fmt.Errorf("%w: %w", ledgerpb.ErrRelease, err))
	}
	costing := ledgerpb.Costing{Release: ledgerpb.ReleaseFromCost(release)}
	for _, a := range cost.Adjacencies() {
		each, err := k.Cost(ctx, cost.Limit{Unit: release.Unit, Adjacency: a}, release)
		if err != nil { // no book with this adjacency can pay for it
			continue
		}
		addCost(&costing, a, each)
	}
	return k.costings.Set(ctx, collections.Join(task, reason), costing)
}

// Appraised returns the cost that [Keeper.Appraise] has stored, for a book with this limit.
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
		err = withCode(fmt.Errorf("task %d, reason %s, adjacency %s: %w", task, reason, limit.Adjacency, ledgerpb.ErrNoCosting))
	}
	return each, err
}

// addCost adds a cost to a costing.
func addCost(costing *ledgerpb.Costing, a cost.Adjacency, each cost.Amount) {
	costing.Each = append(costing.Each, ledgerpb.Costed{Adjacency: ledgerpb.AdjacencyFromCost(a), Amount: ledgerpb.AmountFromCost(each)})
	slices.SortFunc(costing.Each, func(a, b ledgerpb.Costed) int { return int(a.Adjacency) - int(b.Adjacency) })
}

// costing returns the costs of one release of a task, including the cost for a book with this
// limit. It computes a cost once per task, reason and adjacency; the caller stores it.
func (k Keeper) costing(ctx context.Context, task uint64, reason string, release cost.Release, limit cost.Limit) (ledgerpb.Costing, error) {
	costing, err := k.costings.Get(ctx, collections.Join(task, reason))
	switch {
	case errors.Is(err, collections.ErrNotFound):
		costing = ledgerpb.Costing{Release: ledgerpb.ReleaseFromCost(release)}
	case err != nil:
		return costing, fmt.Errorf("read the costing of task %d: %w", task, err)
	case costing.Release != ledgerpb.ReleaseFromCost(release):
		return costing, fmt.Errorf("%w: task %d, reason %q: want the same kind of release as before", ledgerpb.ErrRelease, task, reason)
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
	addCost(&costing, limit.Adjacency, each)
	return costing, nil
}
