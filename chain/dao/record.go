package dao

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

// A record says what something was before it changed for the first time in a block, under
// its key and the time of the block. So what it was at a time is in the first record from
// then on, and where there is none it is what it is now; and what a block itself brings was
// not there yet at the time of that block.

// bondKey is the key of what an account has with a validator.
func bondKey(delegator sdk.AccAddress, validator sdk.ValAddress) []byte {
	return slices.Concat([]byte{'b', byte(len(delegator))}, []byte(delegator), []byte(validator))
}

// nodeKey is that of the stake of an account's node.
func nodeKey(owner string) []byte { return append([]byte{'n'}, owner...) }

// validatorKey is that of whether a validator is bonded, 1 or 0.
func validatorKey(validator sdk.ValAddress) []byte { return append([]byte{'v'}, validator...) }

// record notes what was there before, unless something has been noted in this block. What
// a genesis has was always there, so nothing is noted before the first block.
func (k Keeper) record(ctx context.Context, key []byte, before uint64) error {
	begun, err := k.begun.Has(ctx)
	if err != nil || !begun {
		return err
	}
	noted, err := k.records.Has(ctx, collections.Join(key, now(ctx)))
	if err != nil || noted {
		return err
	}
	return k.note(ctx, key, now(ctx), before)
}

func (k Keeper) note(ctx context.Context, key []byte, time int64, before uint64) error {
	return errors.Join(
		k.records.Set(ctx, collections.Join(key, time), before),
		k.times.Set(ctx, collections.Join(time, key)),
	)
}

// at is what was there at a time, where there is current now.
func (k Keeper) at(ctx context.Context, key []byte, time int64, current uint64) (uint64, error) {
	err := k.since(ctx, key, time, func(before uint64) bool { current = before; return true })
	return current, err
}

// least is the least that was there at any time since then, where there is current now.
func (k Keeper) least(ctx context.Context, key []byte, time int64, current uint64) (uint64, error) {
	err := k.since(ctx, key, time, func(before uint64) bool { current = min(current, before); return current == 0 })
	return current, err
}

// since visits records from a time on, until one stops it.
func (k Keeper) since(ctx context.Context, key []byte, time int64, visit func(before uint64) (stop bool)) error {
	from := collections.NewPrefixedPairRange[[]byte, int64](key).StartInclusive(time)
	err := k.records.Walk(ctx, from, func(_ collections.Pair[[]byte, int64], before uint64) (bool, error) {
		return visit(before), nil
	})
	if err != nil {
		return fmt.Errorf("read what was before a change: %w", err)
	}
	return nil
}

// Changed is told by the registry before the stake with a vote of an account's node
// changes.
func (k Keeper) Changed(ctx context.Context, owner string, before uint64) error {
	return k.record(ctx, nodeKey(owner), before)
}

// stakingHooks record what x/staking is about to change; of validators it only says what
// has changed.
type stakingHooks struct {
	stakingtypes.MultiStakingHooks // none: the hooks that are not below do nothing
	Keeper
}

// StakingHooks are to be set in x/staking.
func (k Keeper) StakingHooks() stakingtypes.StakingHooks { return stakingHooks{Keeper: k} }

// BeforeDelegationCreated implements [stakingtypes.StakingHooks].
func (h stakingHooks) BeforeDelegationCreated(ctx context.Context, delegator sdk.AccAddress, validator sdk.ValAddress) error {
	return h.record(ctx, bondKey(delegator, validator), 0)
}

// BeforeDelegationSharesModified implements [stakingtypes.StakingHooks].
func (h stakingHooks) BeforeDelegationSharesModified(ctx context.Context, delegator sdk.AccAddress, validator sdk.ValAddress) error {
	d, err := h.staking.Delegation(ctx, delegator, validator)
	if err != nil {
		return fmt.Errorf("read what is about to change: %w", err)
	}
	v, err := h.staking.Validator(ctx, validator)
	if err != nil {
		return fmt.Errorf("read the validator of what is about to change: %w", err)
	}
	return h.record(ctx, bondKey(delegator, validator), worth(d, v))
}

// AfterValidatorBonded implements [stakingtypes.StakingHooks].
func (h stakingHooks) AfterValidatorBonded(ctx context.Context, _ sdk.ConsAddress, validator sdk.ValAddress) error {
	return h.record(ctx, validatorKey(validator), 0)
}

// AfterValidatorBeginUnbonding implements [stakingtypes.StakingHooks].
func (h stakingHooks) AfterValidatorBeginUnbonding(ctx context.Context, _ sdk.ConsAddress, validator sdk.ValAddress) error {
	return h.record(ctx, validatorKey(validator), 1)
}

// worth is what a delegation is worth, in uthing.
func worth(d stakingtypes.DelegationI, v stakingtypes.ValidatorI) uint64 {
	return v.TokensFromShares(d.GetShares()).TruncateInt().Uint64()
}
