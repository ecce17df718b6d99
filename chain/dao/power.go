package dao

import (
	"context"
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

// span says which stake weighs in a vote: stake that existed from mark until now, bonded with a
// validator that was bonded at mark and at start. Block times in milliseconds.
type span struct{ mark, start int64 }

// spanOf returns the span of a vote that starts at a time. Mark is a multiple of the warmup, at
// least one warmup earlier: there are few marks, so few records must be kept.
func spanOf(start, warmup int64) span {
	if warmup == 0 {
		return span{start, start}
	}
	before := max(start-warmup, 0)
	return span{before - before%warmup, start}
}

// presentStake returns a span that counts present stake.
func presentStake(ctx context.Context) span { return span{now(ctx) + 1, now(ctx) + 1} }

// power is the voting power of an account, in uthing: coins that it has bonded with validators,
// and the stake of its node. The two do not overlap.
type power struct{ bonded, staked uint64 }

func (p power) sum() uint64 { return p.bonded + p.staked }

// weigh returns the power of an account in a vote. It reads the account's delegations and their
// records, so the gas grows with the account's own delegations.
func (k Keeper) weigh(ctx context.Context, account sdk.AccAddress, s span) (p power, err error) {
	owner, err := k.addresses.BytesToString(account)
	if err != nil {
		return p, ErrAccount.Wrap(err.Error())
	}
	staked, err := k.parts.Nodes.VotableOf(ctx, owner)
	if err != nil {
		return p, fmt.Errorf("read the stake of a node: %w", err)
	}
	if p.staked, err = k.smallestSince(ctx, nodeKey(owner), s.mark, staked); err != nil {
		return p, err
	}
	var delegations []stakingtypes.DelegationI
	err = k.staking.IterateDelegations(ctx, account, func(_ int64, d stakingtypes.DelegationI) bool {
		delegations = append(delegations, d)
		return false
	})
	if err != nil {
		return p, fmt.Errorf("list delegations: %w", err)
	}
	for _, d := range delegations {
		bonded, err := k.weighBonded(ctx, account, d, s)
		if err != nil {
			return p, err
		}
		p.bonded += bonded
	}
	return p, nil
}

// weighBonded returns the power of a delegation.
func (k Keeper) weighBonded(ctx context.Context, account sdk.AccAddress, d stakingtypes.DelegationI, s span) (uint64, error) {
	validator, err := k.staking.ValidatorAddressCodec().StringToBytes(d.GetValidatorAddr())
	if err != nil {
		return 0, fmt.Errorf("read the address of a validator: %w", err)
	}
	v, err := k.staking.Validator(ctx, validator)
	if err != nil {
		return 0, fmt.Errorf("read validator %s: %w", d.GetValidatorAddr(), err)
	}
	if !v.IsBonded() {
		return 0, nil
	}
	for _, time := range []int64{s.mark, s.start} {
		if was, err := k.valueAt(ctx, validatorKey(validator), time, 1); err != nil || was == 0 {
			return 0, err
		}
	}
	return k.smallestSince(ctx, bondKey(account, validator), s.mark, worth(d, v))
}

// total returns the power of all accounts, in uthing.
func (k Keeper) total(ctx context.Context) (uint64, error) {
	bonded, err := k.staking.TotalValidatorPower(ctx)
	if err != nil {
		return 0, fmt.Errorf("read all bonded coins: %w", err)
	}
	staked, err := k.parts.Nodes.Votable(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the stakes of nodes: %w", err)
	}
	return bonded.Uint64() + staked, nil
}
