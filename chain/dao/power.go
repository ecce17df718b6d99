package dao

import (
	"context"
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

// span is when stake must have been there to weigh in a vote: from mark on until now, and
// with a validator that was bonded at mark and at start. Block times in milliseconds.
type span struct{ mark, start int64 }

// spanOf is that of a vote which starts at a time. Mark is the last multiple of the warmup
// that is so long before it: marks are few, and so is what must be remembered.
func spanOf(start, warmup int64) span {
	if warmup == 0 {
		return span{start, start}
	}
	before := max(start-warmup, 0)
	return span{before - before%warmup, start}
}

// always is the span in which nothing has changed: stake as it is.
func always(ctx context.Context) span { return span{now(ctx) + 1, now(ctx) + 1} }

// power is what an account weighs, in uthing: coins that it has bonded with validators, and
// the stake of its node. Neither is part of the other.
type power struct{ bonded, staked uint64 }

func (p power) sum() uint64 { return p.bonded + p.staked }

// weigh returns what an account weighs in a vote. It reads the account's delegations and
// what changed of them: the account pays gas for what it has made of them.
func (k Keeper) weigh(ctx context.Context, account sdk.AccAddress, s span) (p power, err error) {
	owner, err := k.addresses.BytesToString(account)
	if err != nil {
		return p, ErrAccount.Wrap(err.Error())
	}
	staked, err := k.parts.Nodes.VotableOf(ctx, owner)
	if err != nil {
		return p, fmt.Errorf("read the stake of a node: %w", err)
	}
	if p.staked, err = k.least(ctx, nodeKey(owner), s.mark, staked); err != nil {
		return p, err
	}
	var delegations []stakingtypes.DelegationI
	err = k.staking.IterateDelegations(ctx, account, func(_ int64, d stakingtypes.DelegationI) bool {
		delegations = append(delegations, d)
		return false
	})
	if err != nil {
		return p, fmt.Errorf("list what an account has bonded: %w", err)
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

// weighBonded returns what a delegation weighs.
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
		if was, err := k.at(ctx, validatorKey(validator), time, 1); err != nil || was == 0 {
			return 0, err
		}
	}
	return k.least(ctx, bondKey(account, validator), s.mark, worth(d, v))
}

// total is the power of all together, in uthing.
func (k Keeper) total(ctx context.Context) (uint64, error) {
	bonded, err := k.staking.TotalValidatorPower(ctx)
	if err != nil {
		return 0, fmt.Errorf("read what is bonded: %w", err)
	}
	staked, err := k.parts.Nodes.Votable(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the stakes of nodes: %w", err)
	}
	return bonded.Uint64() + staked, nil
}
