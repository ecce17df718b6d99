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

// Governance is what votes have to do with the registry. The zero value is a network in
// which nobody votes about it.
type Governance struct {
	Authority string // the account in whose name passed proposals act; empty: none do
	Mint      Minter // of what is granted
	Stakes    Stakes
	Waiting   Waiting
	Periods   Periods
}

// Minter makes coins within the cap.
type Minter interface {
	MintTo(ctx context.Context, module string, amount uint64) error
}

// Stakes is told of a stake that has a vote before it changes: what it is until then, in
// uthing.
type Stakes interface {
	Changed(ctx context.Context, owner sdk.AccAddress, before uint64) error
}

// Waiting knows what has passed and is not carried out yet: while something waits whose
// vote started before an unbonding began, that unbonding does not mature. It began at a
// block time, in milliseconds since 1970.
type Waiting interface {
	Holds(ctx context.Context, began int64) (bool, error)
}

// Periods says how long a vote and what follows of it can take at most.
type Periods interface {
	Longest(ctx context.Context) (time.Duration, error)
}

// Govern says what votes have to do with the registry. It is called once, while the chain
// is put together: the modules that count votes are built on the registry.
func (k Keeper) Govern(by Governance) { *k.votes = by }

// AddParticipant implements [nodepb.MsgServer]: a node that applies gets what it lacks, and
// may be selected.
func (k Keeper) AddParticipant(ctx context.Context, msg *nodepb.MsgAddParticipant) (*nodepb.MsgAddParticipantResponse, error) {
	before, rules, err := k.votedOn(ctx, msg.Authority, msg.Node)
	if err != nil {
		return nil, err
	}
	after, err := round.Grant(before, msg.Grant, rules)
	if err != nil {
		return nil, refused(err)
	}
	if k.votes.Mint == nil {
		return nil, fmt.Errorf("grant node %d %d%s: nobody makes coins", msg.Node, msg.Grant, k.denom)
	}
	if err := k.votes.Mint.MintTo(ctx, Name, msg.Grant); err != nil {
		return nil, err
	}
	if err := k.redeposit(ctx, msg.Node, before, after); err != nil {
		return nil, err
	}
	return &nodepb.MsgAddParticipantResponse{}, emit(ctx, &nodepb.EventGranted{Node: msg.Node, Amount: msg.Grant})
}

// RemoveParticipant implements [nodepb.MsgServer]: the node is selected no more. Its own
// stake is on its way to its owner, and can be slashed on the way for what it does in the
// tasks that it serves until they are over; what was granted is burned.
func (k Keeper) RemoveParticipant(ctx context.Context, msg *nodepb.MsgRemoveParticipant) (*nodepb.MsgRemoveParticipantResponse, error) {
	before, rules, err := k.votedOn(ctx, msg.Authority, msg.Node)
	if err != nil {
		return nil, err
	}
	if err := spec.CheckReason(msg.Reason); err != nil {
		return nil, ErrReason.Wrap(err.Error())
	}
	after, burned, err := round.Remove(before, blockTime(ctx), rules)
	if err != nil {
		return nil, refused(err)
	}
	if err := k.depart(ctx, msg.Node, before, after, burned); err != nil {
		return nil, err
	}
	return &nodepb.MsgRemoveParticipantResponse{}, emit(ctx, &nodepb.EventRemoved{Node: msg.Node, Reason: msg.Reason, Burned: burned})
}

// UpdateParams implements [nodepb.MsgServer]. What is staked, on its way out or jailed
// already stays as it is: the new rules are for what comes.
func (k Keeper) UpdateParams(ctx context.Context, msg *nodepb.MsgUpdateParams) (*nodepb.MsgUpdateParamsResponse, error) {
	if err := k.voted(msg.Authority); err != nil {
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
		return nil, ErrParams.Wrapf("local is %t: it is said at genesis, for ever", before.Local)
	}
	if k.votes.Periods != nil {
		longest, err := k.votes.Periods.Longest(ctx)
		if err != nil {
			return nil, err
		}
		rules := msg.Params.Rules()
		if unbonding := time.Duration(rules.Unbonding/spec.Second) * time.Second; unbonding <= longest {
			return nil, ErrParams.Wrapf("unbonding_seconds is %d: want more than the %s that a vote and what follows of it can take", msg.Params.UnbondingSeconds, longest)
		}
	}
	return &nodepb.MsgUpdateParamsResponse{}, k.params.Set(ctx, msg.Params)
}

// voted refuses whoever is not the account in whose name passed proposals act.
func (k Keeper) voted(authority string) error {
	if k.votes.Authority == "" || authority != k.votes.Authority {
		return ErrAuthority.Wrapf("%q is not %q", authority, k.votes.Authority)
	}
	return nil
}

// votedOn is what a passed proposal wants to change of a node.
func (k Keeper) votedOn(ctx context.Context, authority string, id uint64) (d spec.Deposit, rules spec.StakeRules, err error) {
	if err := k.voted(authority); err != nil {
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

// Votable is all stake that has a vote, in uthing: what nodes have staked that have not
// exited, without what was granted and what is on its way out.
func (k Keeper) Votable(ctx context.Context) (uint64, error) {
	sum, err := k.votable.Get(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the stake that has a vote: %w", err)
	}
	return sum, nil
}

// VotableOf is what of that is an account's.
func (k Keeper) VotableOf(ctx context.Context, owner string) (uint64, error) {
	id, err := k.IDOf(ctx, owner)
	if ErrNotFound.Is(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	d, err := k.deposit(ctx, id)
	return d.Own(), err
}

// revote keeps the sum of all stake that has a vote, and tells who counts votes before a
// node's part of it changes.
func (k Keeper) revote(ctx context.Context, id, before, after uint64) error {
	if before == after {
		return nil
	}
	if k.votes.Stakes != nil {
		owner, err := k.OwnerOf(ctx, id)
		if err != nil {
			return err
		}
		account, err := k.account(owner)
		if err != nil {
			return err
		}
		if err := k.votes.Stakes.Changed(ctx, account, before); err != nil {
			return fmt.Errorf("tell of the stake of node %d: %w", id, err)
		}
	}
	sum, err := k.Votable(ctx)
	if err != nil {
		return err
	}
	return k.votable.Set(ctx, sum-before+after)
}
