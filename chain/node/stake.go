package node

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Bank moves stakes into and out of the module's account, and burns what is slashed.
type Bank interface {
	GetBalance(ctx context.Context, of sdk.AccAddress, denom string) sdk.Coin
	SendCoinsFromAccountToModule(ctx context.Context, from sdk.AccAddress, module string, amount sdk.Coins) error
	SendCoinsFromModuleToAccount(ctx context.Context, module string, to sdk.AccAddress, amount sdk.Coins) error
	BurnCoins(ctx context.Context, module string, amount sdk.Coins) error
}

// Bond implements [nodepb.MsgServer].
func (k Keeper) Bond(ctx context.Context, msg *nodepb.MsgBond) (*nodepb.MsgBondResponse, error) {
	account, err := k.account(msg.Owner)
	if err != nil {
		return nil, err
	}
	id, after, err := k.changeDeposit(ctx, msg.Owner, func(d spec.Deposit, rules spec.StakeRules) (spec.Deposit, error) {
		return round.AddStake(d, msg.Amount, rules)
	})
	if err != nil {
		return nil, err
	}
	if err := k.lockStake(ctx, account, msg.Amount); err != nil {
		return nil, err
	}
	return &nodepb.MsgBondResponse{}, emit(ctx, &nodepb.EventBonded{Node: id, Amount: msg.Amount, Stake: after.Stake})
}

// Unbond implements [nodepb.MsgServer]. A node that unbonds its whole stake is selected no
// more.
func (k Keeper) Unbond(ctx context.Context, msg *nodepb.MsgUnbond) (*nodepb.MsgUnbondResponse, error) {
	id, after, err := k.changeDeposit(ctx, msg.Owner, func(d spec.Deposit, rules spec.StakeRules) (spec.Deposit, error) {
		return round.Unbond(d, msg.Amount, blockTime(ctx), rules)
	})
	if err != nil {
		return nil, err
	}
	u := nodepb.UnbondingFromSpec(after.Unbonding[len(after.Unbonding)-1])
	return &nodepb.MsgUnbondResponse{Unbonding: u}, emit(ctx, &nodepb.EventUnbondingStarted{Node: id, Unbonding: u})
}

// Exit implements [nodepb.MsgServer] for a node that serves no task: the owner's own stake
// starts to unbond, granted stake is burned. A node without stake has exited at once. Its id
// is never used again.
func (k Keeper) Exit(ctx context.Context, msg *nodepb.MsgExit) (*nodepb.MsgExitResponse, error) {
	id, err := k.IDOf(ctx, msg.Owner)
	if err != nil {
		return nil, err
	}
	standing, err := k.standing(ctx, id)
	if err != nil {
		return nil, err
	}
	if standing.Busy > 0 {
		return nil, ErrBusy.Wrapf("node %d serves tasks: %d now, want none", id, standing.Busy)
	}
	rules, err := k.rules(ctx)
	if err != nil {
		return nil, err
	}
	before, err := k.deposit(ctx, id)
	if err != nil {
		return nil, err
	}
	after, burned, err := round.Exit(before, blockTime(ctx), rules)
	if err != nil {
		return nil, withCode(err)
	}
	res := new(nodepb.MsgExitResponse)
	if before.OwnStake() > 0 {
		res.Unbonding = nodepb.UnbondingFromSpec(after.Unbonding[len(after.Unbonding)-1])
	}
	return res, k.startExit(ctx, id, before, after, burned)
}

// startExit stores the deposit of a node that leaves and burns its granted stake. A node that
// has nothing left exits.
func (k Keeper) startExit(ctx context.Context, id uint64, before, after spec.Deposit, burned uint64) error {
	if err := k.setDeposit(ctx, id, before, after); err != nil {
		return err
	}
	if burned > 0 {
		if err := k.bank.BurnCoins(ctx, Name, k.coins(burned)); err != nil {
			return fmt.Errorf("burn the granted stake of node %d: %w", id, err)
		}
	}
	if before.OwnStake() > 0 {
		u := nodepb.UnbondingFromSpec(after.Unbonding[len(after.Unbonding)-1])
		if err := emit(ctx, &nodepb.EventUnbondingStarted{Node: id, Unbonding: u}); err != nil {
			return err
		}
	}
	return k.exitIfEmpty(ctx, id)
}

// CancelUnbond implements [nodepb.MsgServer].
func (k Keeper) CancelUnbond(ctx context.Context, msg *nodepb.MsgCancelUnbond) (*nodepb.MsgCancelUnbondResponse, error) {
	id, _, err := k.changeDeposit(ctx, msg.Owner, func(d spec.Deposit, rules spec.StakeRules) (spec.Deposit, error) {
		return round.CancelUnbond(d, msg.Number, rules)
	})
	if err != nil {
		return nil, err
	}
	return &nodepb.MsgCancelUnbondResponse{}, emit(ctx, &nodepb.EventUnbondingCancelled{Node: id, Number: msg.Number})
}

// Unjail implements [nodepb.MsgServer].
func (k Keeper) Unjail(ctx context.Context, msg *nodepb.MsgUnjail) (*nodepb.MsgUnjailResponse, error) {
	id, _, err := k.changeDeposit(ctx, msg.Owner, func(d spec.Deposit, rules spec.StakeRules) (spec.Deposit, error) {
		return round.Unjail(d, blockTime(ctx), rules)
	})
	if err != nil {
		return nil, err
	}
	return &nodepb.MsgUnjailResponse{}, emit(ctx, &nodepb.EventUnjailed{Node: id})
}

// Activate implements [nodepb.MsgServer]: a pending node may be selected again.
func (k Keeper) Activate(ctx context.Context, msg *nodepb.MsgActivate) (*nodepb.MsgActivateResponse, error) {
	_, _, err := k.changeDeposit(ctx, msg.Owner, round.Return)
	return &nodepb.MsgActivateResponse{}, err
}

// Deactivate implements [nodepb.MsgServer]: the node is selected no more and finishes its
// running tasks.
func (k Keeper) Deactivate(ctx context.Context, msg *nodepb.MsgDeactivate) (*nodepb.MsgDeactivateResponse, error) {
	_, _, err := k.changeDeposit(ctx, msg.Owner, func(d spec.Deposit, _ spec.StakeRules) (spec.Deposit, error) { return round.Leave(d) })
	return &nodepb.MsgDeactivateResponse{}, err
}

// changeDeposit applies a step to the deposit of an account's node.
func (k Keeper) changeDeposit(ctx context.Context, owner string, step func(spec.Deposit, spec.StakeRules) (spec.Deposit, error)) (id uint64, after spec.Deposit, err error) {
	if id, err = k.IDOf(ctx, owner); err != nil {
		return 0, after, err
	}
	r, err := k.registration(ctx, id)
	if err != nil {
		return 0, after, err
	}
	rules, err := k.rules(ctx)
	if err != nil {
		return 0, after, err
	}
	before, err := k.deposit(ctx, id)
	if err != nil {
		return 0, after, err
	}
	if after, err = step(before, rules.ForRoles(spec.Role(r.Profile.Roles))); err != nil {
		return 0, after, withCode(err)
	}
	return id, after, k.setDeposit(ctx, id, before, after)
}

// deposit reads the deposit of a node.
func (k Keeper) deposit(ctx context.Context, id uint64) (spec.Deposit, error) {
	stored, err := k.deposits.Get(ctx, id)
	if err != nil {
		return spec.Deposit{}, fmt.Errorf("read the deposit of node %d: %w", id, err)
	}
	return stored.ToSpec()
}

// setDeposit stores a deposit and updates what depends on it: the sum of stake with a vote,
// the index of active nodes and the index of due times.
func (k Keeper) setDeposit(ctx context.Context, id uint64, before, after spec.Deposit) error {
	if err := k.updateVotable(ctx, id, before.OwnStake(), after.OwnStake()); err != nil {
		return err
	}
	if err := k.deposits.Set(ctx, id, nodepb.DepositFromSpec(after)); err != nil {
		return err
	}
	if is := after.Selectable(); is != before.Selectable() {
		set := k.active.Remove
		if is {
			set = k.active.Set
		}
		if err := set(ctx, id); err != nil {
			return err
		}
	}
	return k.index(ctx, id, before.Unbonding, after.Unbonding)
}

// index updates the index of due times, which has one entry per node and block time.
func (k Keeper) index(ctx context.Context, id uint64, before, after []spec.Unbonding) error {
	among := func(list []spec.Unbonding, due int64) bool {
		return slices.ContainsFunc(list, func(u spec.Unbonding) bool { return u.Due == due })
	}
	for _, u := range before {
		if !among(after, u.Due) {
			if err := k.due.Remove(ctx, dueAt(u.Due, id)); err != nil {
				return err
			}
		}
	}
	for _, u := range after {
		if !among(before, u.Due) {
			if err := k.due.Set(ctx, dueAt(u.Due, id)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Check returns an error if the module account does not hold the sum of all deposits.
func (k Keeper) Check(ctx context.Context) error {
	want, err := k.Held(ctx)
	if err != nil {
		return err
	}
	if got := k.bank.GetBalance(ctx, moduleAddress(), k.denom).Amount; !got.Equal(math.NewIntFromUint64(want)) {
		return fmt.Errorf("account of stakes holds %s: want %s, the sum of all deposits", spec.MoneyOf(got.String()), spec.Money(want))
	}
	return nil
}

// lockStake moves coins from an account into the module.
func (k Keeper) lockStake(ctx context.Context, account sdk.AccAddress, amount uint64) error {
	err := k.bank.SendCoinsFromAccountToModule(ctx, account, Name, k.coins(amount))
	if errors.Is(err, sdkerrors.ErrInsufficientFunds) {
		return ErrFunds.Wrap(err.Error())
	}
	if err != nil {
		return fmt.Errorf("lock the stake: %w", err)
	}
	return nil
}

func (k Keeper) coins(amount uint64) sdk.Coins {
	return sdk.NewCoins(sdk.NewCoin(k.denom, math.NewIntFromUint64(amount)))
}

// rules returns the rules of deposits in the parameters.
func (k Keeper) rules(ctx context.Context) (spec.StakeRules, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return spec.StakeRules{}, fmt.Errorf("read the parameters of the registry: %w", err)
	}
	return params.Rules(), nil
}

// blockTime is the time of the present block, in milliseconds since 1970.
func blockTime(ctx context.Context) int64 { return sdk.UnwrapSDKContext(ctx).BlockTime().UnixMilli() }
