package node

import (
	"context"
	"fmt"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Governance connects the registry with votes. The zero value is a network without votes.
type Governance struct {
	Authority string // account of passed proposals; empty: there are none
	Mint      Minter // makes the coins of a grant
	Stakes    Stakes
	Timelock  Timelock
	Periods   Periods
}

// Minter makes coins, within the cap of all coins.
type Minter interface {
	MintTo(ctx context.Context, module string, amount uint64) error
}

// Stakes records the stakes that have a vote.
type Stakes interface {
	// Changed is called before the stake of an owner's node changes, with the present stake in
	// uthing.
	Changed(ctx context.Context, owner sdk.AccAddress, before uint64) error
}

// Timelock knows the passed proposals that are not executed yet.
type Timelock interface {
	// Holds reports whether a proposal waits whose vote started before an unbonding began. Such
	// an unbonding is not paid out yet. Began is a block time in milliseconds since 1970.
	Holds(ctx context.Context, began int64) (bool, error)
}

// Periods knows the periods of votes.
type Periods interface {
	// Longest is the longest time from the start of a vote until its result is executed or
	// has expired.
	Longest(ctx context.Context) (time.Duration, error)
}

// Govern connects the registry with votes. The application calls it once, when all keepers
// exist: the modules that count votes are built on the registry.
func (k Keeper) Govern(by Governance) { *k.governance = by }

// AddParticipant implements [nodepb.MsgServer]: a pending node gets the stake that it lacks
// and becomes active.
func (k Keeper) AddParticipant(ctx context.Context, msg *nodepb.MsgAddParticipant) (*nodepb.MsgAddParticipantResponse, error) {
	before, rules, err := k.governedDeposit(ctx, msg.Authority, msg.Node)
	if err != nil {
		return nil, err
	}
	after, err := round.Grant(before, msg.Grant, rules)
	if err != nil {
		return nil, withCode(err)
	}
	if k.governance.Mint == nil {
		return nil, fmt.Errorf("cannot grant %s to node %d: this network mints no coins", spec.Money(msg.Grant), msg.Node)
	}
	if err := k.governance.Mint.MintTo(ctx, Name, msg.Grant); err != nil {
		return nil, err
	}
	if err := k.setDeposit(ctx, msg.Node, before, after); err != nil {
		return nil, err
	}
	return &nodepb.MsgAddParticipantResponse{}, emit(ctx, &nodepb.EventGranted{Node: msg.Node, Amount: msg.Grant})
}

// RemoveParticipant implements [nodepb.MsgServer]: the node is selected no more. Its own
// stake starts to unbond. While it unbonds it can be slashed for what the node does in its
// running tasks. Granted stake is burned.
func (k Keeper) RemoveParticipant(ctx context.Context, msg *nodepb.MsgRemoveParticipant) (*nodepb.MsgRemoveParticipantResponse, error) {
	before, rules, err := k.governedDeposit(ctx, msg.Authority, msg.Node)
	if err != nil {
		return nil, err
	}
	if err := spec.CheckReason(msg.Reason); err != nil {
		return nil, ErrReason.Wrap(err.Error())
	}
	after, burned, err := round.Remove(before, blockTime(ctx), rules)
	if err != nil {
		return nil, withCode(err)
	}
	if err := k.startExit(ctx, msg.Node, before, after, burned); err != nil {
		return nil, err
	}
	return &nodepb.MsgRemoveParticipantResponse{}, emit(ctx, &nodepb.EventRemoved{Node: msg.Node, Reason: msg.Reason, Burned: burned})
}

// UpdateParams implements [nodepb.MsgServer]. The new rules are for later messages: present
// stakes, unbondings and jail times stay.
func (k Keeper) UpdateParams(ctx context.Context, msg *nodepb.MsgUpdateParams) (*nodepb.MsgUpdateParamsResponse, error) {
	if err := k.checkAuthority(msg.Authority); err != nil {
		return nil, err
	}
	before, err := k.params.Get(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the parameters of the registry: %w", err)
	}
	if err := msg.Params.Validate(); err != nil {
		return nil, ErrParams.Wrap(err.Error())
	}
	if msg.Params.Local != before.Local {
		return nil, ErrParams.Wrapf("local: want %t, which was set at genesis and cannot change", before.Local)
	}
	if k.governance.Periods != nil {
		longest, err := k.governance.Periods.Longest(ctx)
		if err != nil {
			return nil, err
		}
		rules := msg.Params.Rules()
		if unbonding := time.Duration(rules.Unbonding/spec.Second) * time.Second; unbonding <= longest {
			return nil, ErrParams.Wrapf("unbonding_seconds is %d: want more than %d, the longest time of a vote with its timelock", msg.Params.UnbondingSeconds, longest/time.Second)
		}
	}
	return &nodepb.MsgUpdateParamsResponse{}, k.params.Set(ctx, msg.Params)
}

// checkAuthority refuses every account but the one of passed proposals.
func (k Keeper) checkAuthority(authority string) error {
	if k.governance.Authority == "" || authority != k.governance.Authority {
		return ErrAuthority.Wrapf("authority %q: want %q", authority, k.governance.Authority)
	}
	return nil
}

// governedDeposit returns the deposit that a passed proposal changes, with the rules for the roles
// of its node.
func (k Keeper) governedDeposit(ctx context.Context, authority string, id uint64) (d spec.Deposit, rules spec.StakeRules, err error) {
	if err := k.checkAuthority(authority); err != nil {
		return d, rules, err
	}
	r, err := k.registration(ctx, id)
	if err != nil {
		return d, rules, err
	}
	all, err := k.rules(ctx)
	if err != nil {
		return d, rules, err
	}
	d, err = k.deposit(ctx, id)
	return d, all.ForRoles(spec.Role(r.Profile.Roles)), err
}

// Votable is the sum of all stake that has a vote, in uthing: the owners' own stake, without
// grants and unbondings.
func (k Keeper) Votable(ctx context.Context) (uint64, error) {
	sum, err := k.votable.Get(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the sum of stake with a vote: %w", err)
	}
	return sum, nil
}

// VotableOf is the stake of an account's node that has a vote, in uthing; 0 without a node.
func (k Keeper) VotableOf(ctx context.Context, owner string) (uint64, error) {
	id, err := k.IDOf(ctx, owner)
	if ErrNotFound.Is(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	d, err := k.deposit(ctx, id)
	return d.OwnStake(), err
}

// updateVotable updates the sum of all stake that has a vote. Before that it tells the module that
// counts votes.
func (k Keeper) updateVotable(ctx context.Context, id, before, after uint64) error {
	if before == after {
		return nil
	}
	if k.governance.Stakes != nil {
		owner, err := k.OwnerOf(ctx, id)
		if err != nil {
			return err
		}
		account, err := k.account(owner)
		if err != nil {
			return err
		}
		if err := k.governance.Stakes.Changed(ctx, account, before); err != nil {
			return fmt.Errorf("record the stake of node %d for votes: %w", id, err)
		}
	}
	sum, err := k.Votable(ctx)
	if err != nil {
		return err
	}
	return k.votable.Set(ctx, sum-before+after)
}
