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

// council connects the modules of votes with the modules that votes change. These keepers are
// built one after the other and must not import each other, so council looks them up in the
// application at each call.
type council struct{ *App }

// Clock implements [timelock.Clock].
func (c council) Clock(ctx context.Context) (round.Clock, error) { return c.tasks.Clock(ctx) }

// Queued implements [timelock.Modules]: it nominates a model, so that aggregators fetch it
// before the task continues with it.
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
	return task.WithProposal(ctx, proposal)
}

// Unqueued implements [timelock.Modules].
func (c council) Unqueued(ctx context.Context, proposal uint64) error {
	return c.dao.NotQueued(ctx, proposal)
}

// Holds implements [node.Timelock].
func (c council) Holds(ctx context.Context, began int64) (bool, error) {
	return c.timelock.Holds(ctx, began)
}

// Changed implements [node.Stakes].
func (c council) Changed(ctx context.Context, owner sdk.AccAddress, before uint64) error {
	return c.dao.Changed(ctx, owner.String(), before)
}

// Longest implements [node.Periods]: voting period, late change, delay and grace together.
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

// CheckPeriods implements [timelock.Modules]. The unbonding of stakes must take longer than a
// vote with its timelock; otherwise a node could leave with its stake before a vote against it
// is executed.
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

// longest returns the longest time from the start of a vote until its proposal is executed or
// has expired. All parameters must be valid.
func longest(votes daopb.Params, rules daopb.Rules, queue timelockpb.Params) time.Duration {
	return seconds(rules.VotingSeconds) + seconds(votes.LateSeconds) + queue.Longest()
}

func outlasts(registry nodepb.Params, longest time.Duration) error {
	if unbonding := seconds(registry.UnbondingSeconds); unbonding <= longest {
		return fmt.Errorf("unbonding takes %s: want more than %s, the longest time of a vote with its timelock", unbonding, longest)
	}
	return nil
}

func seconds(n uint64) time.Duration { return time.Duration(n) * time.Second } //nolint:gosec // parameters are bounded
