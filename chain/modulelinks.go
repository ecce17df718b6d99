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

// moduleLinks connects the modules of votes with the modules that votes change. These keepers are
// built one after the other and must not import each other, so moduleLinks looks them up in the
// application at each call.
type moduleLinks struct{ *App }

// Clock implements [timelock.Clock].
func (l moduleLinks) Clock(ctx context.Context) (round.Clock, error) { return l.tasks.Clock(ctx) }

// Queued implements [timelock.Modules]: it nominates a model, so that aggregators fetch it
// before the task continues with it.
func (l moduleLinks) Queued(ctx context.Context, proposal uint64, msg sdk.Msg) error {
	if update, ok := msg.(*taskpb.MsgUpdateModel); ok {
		return l.tasks.Nominate(ctx, proposal, update)
	}
	return nil
}

// Dropped implements [timelock.Modules].
func (l moduleLinks) Dropped(ctx context.Context, proposal uint64, msg sdk.Msg) error {
	if update, ok := msg.(*taskpb.MsgUpdateModel); ok {
		return l.tasks.Withdraw(ctx, proposal, update.Task)
	}
	return nil
}

// WithProposal implements [timelock.Modules].
func (l moduleLinks) WithProposal(ctx sdk.Context, proposal uint64) sdk.Context {
	return task.WithProposal(ctx, proposal)
}

// NotQueued implements [timelock.Modules].
func (l moduleLinks) NotQueued(ctx context.Context, proposal uint64) error {
	return l.dao.NotQueued(ctx, proposal)
}

// Holds implements [node.Timelock].
func (l moduleLinks) Holds(ctx context.Context, began int64) (bool, error) {
	return l.timelock.Holds(ctx, began)
}

// Changed implements [node.Stakes].
func (l moduleLinks) Changed(ctx context.Context, owner sdk.AccAddress, before uint64) error {
	return l.dao.Changed(ctx, owner.String(), before)
}

// Longest implements [node.Periods]: voting period, late change, delay and grace together.
func (l moduleLinks) Longest(ctx context.Context) (time.Duration, error) {
	votes, err := l.dao.Params(ctx, &daopb.QueryParams{})
	if err != nil {
		return 0, err
	}
	queue, err := l.timelock.Params(ctx, &timelockpb.QueryParams{})
	if err != nil {
		return 0, err
	}
	return longest(votes.Params, votes.Rules, queue.Params), nil
}

// CheckPeriods implements [timelock.Modules]. The unbonding of stakes must take longer than a
// vote with its timelock; otherwise a node could leave with its stake before a vote against it
// is executed.
func (l moduleLinks) CheckPeriods(ctx context.Context) error {
	most, err := l.Longest(ctx)
	if err != nil {
		return err
	}
	registry, err := l.nodes.Params(ctx, &nodepb.QueryParams{})
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
