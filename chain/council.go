package chain

import (
	"context"
	"fmt"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/chain/task"
	"github.com/althing-network/althing/pb/daopb"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/pb/timelockpb"
	"github.com/althing-network/althing/round"
)

// council is what modules that govern and modules that are governed ask each other. They
// are built one after the other and import each other as little as all do, so it asks the
// application when it is asked.
type council struct{ *App }

// Clock implements [timelock.Clock].
func (c council) Clock(ctx context.Context) (round.Clock, error) { return c.tasks.Clock(ctx) }

// Queued implements [timelock.Modules]: aggregators fetch a model before a task goes on
// with it.
func (c council) Queued(ctx context.Context, proposal uint64, msg sdk.Msg) error {
	if update, ok := msg.(*taskpb.MsgUpdateModel); ok {
		return c.tasks.Nominate(ctx, proposal, update)
	}
	return nil
}

// Dropped implements [timelock.Modules].
func (c council) Dropped(ctx context.Context, proposal uint64, msg sdk.Msg) error {
	if update, ok := msg.(*taskpb.MsgUpdateModel); ok {
		return c.tasks.Withdraw(ctx, proposal, update.Task)
	}
	return nil
}

// Carrying implements [timelock.Modules].
func (c council) Carrying(ctx sdk.Context, proposal uint64) sdk.Context {
	return task.Carrying(ctx, proposal)
}

// Unqueued implements [timelock.Modules].
func (c council) Unqueued(ctx context.Context, proposal uint64) error {
	return c.dao.NotQueued(ctx, proposal)
}

// Holds implements [node.Waiting].
func (c council) Holds(ctx context.Context, began int64) (bool, error) {
	return c.timelock.Holds(ctx, began)
}

// Changed implements [node.Stakes].
func (c council) Changed(ctx context.Context, owner sdk.AccAddress, before uint64) error {
	return c.dao.Changed(ctx, owner.String(), before)
}

// Longest implements [node.Periods]: a vote, what a late change adds, the delay and the
// grace.
func (c council) Longest(ctx context.Context) (time.Duration, error) {
	votes, err := c.dao.Params(ctx, &daopb.QueryParams{})
	if err != nil {
		return 0, err
	}
	queue, err := c.timelock.Params(ctx, &timelockpb.QueryParams{})
	if err != nil {
		return 0, err
	}
	return longest(votes.Params, votes.Rules, queue.Params), nil
}

// CheckPeriods implements [timelock.Modules]. It wants a stake that leaves to stay away for
// longer than a vote about its node, and what follows of it, can take: or whoever is voted
// against is gone with it.
func (c council) CheckPeriods(ctx context.Context) error {
	most, err := c.Longest(ctx)
	if err != nil {
		return err
	}
	registry, err := c.nodes.Params(ctx, &nodepb.QueryParams{})
	if err != nil {
		return err
	}
	return outlasts(registry.Params, most)
}

// longest is how long it takes at most from the start of a vote until what it decided is
// carried out or expired. All parameters have been validated.
func longest(votes daopb.Params, rules daopb.Rules, queue timelockpb.Params) time.Duration {
	return seconds(rules.VotingSeconds) + seconds(votes.LateSeconds) + queue.Longest()
}

func outlasts(registry nodepb.Params, longest time.Duration) error {
	if unbonding := seconds(registry.UnbondingSeconds); unbonding <= longest {
		return fmt.Errorf("unbonding takes %s: want more than the %s that a vote and what follows of it can take", unbonding, longest)
	}
	return nil
}

func seconds(n uint64) time.Duration { return time.Duration(n) * time.Second } //nolint:gosec // parameters are bounded
