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

// A record holds the value of a stake before it changed for the first time in a block. Its key
// is the key of the stake with the time of the block. The value at a time T is in the first
// record from T on; without such a record it is the present value. A change within a block does
// not count at the time of that block.

// bondKey is the key of the coins that an account has bonded with a validator.
func bondKey(delegator sdk.AccAddress, validator sdk.ValAddress) []byte {
	return slices.Concat([]byte{'b', byte(len(delegator))}, []byte(delegator), []byte(validator))
}

// nodeKey is the key of the stake of an account's node.
func nodeKey(owner string) []byte { return append([]byte{'n'}, owner...) }

// validatorKey is the key of whether a validator is bonded: 1 or 0.
func validatorKey(validator sdk.ValAddress) []byte { return append([]byte{'v'}, validator...) }

// record stores the value before a change, unless this block has a record already. Stakes of a
// genesis count as old, so nothing is recorded before the first block.
func (k Keeper) record(ctx context.Context, key []byte, before uint64) error {
	recording, err := k.recording.Has(ctx)
	if err != nil || !recording {
		return err
	}
	noted, err := k.records.Has(ctx, collections.Join(key, now(ctx)))
	if err != nil || noted {
		return err
	}
	return k.addRecord(ctx, key, now(ctx), before)
}

func (k Keeper) addRecord(ctx context.Context, key []byte, time int64, before uint64) error {
	return errors.Join(
		k.records.Set(ctx, collections.Join(key, time), before),
		k.times.Set(ctx, collections.Join(time, key)),
	)
}

// valueAt returns the value at a time. Current is the present value.
func (k Keeper) valueAt(ctx context.Context, key []byte, time int64, current uint64) (uint64, error) {
	err := k.walkRecords(ctx, key, time, func(before uint64) bool { current = before; return true })
	return current, err
}

// smallestSince returns the smallest value since a time. Current is the present value.
func (k Keeper) smallestSince(ctx context.Context, key []byte, time int64, current uint64) (uint64, error) {
	err := k.walkRecords(ctx, key, time, func(before uint64) bool { current = min(current, before); return current == 0 })
	return current, err
}

// walkRecords visits records from a time on until visit says stop.
func (k Keeper) walkRecords(ctx context.Context, key []byte, time int64, visit func(before uint64) (stop bool)) error {
	from := collections.NewPrefixedPairRange[[]byte, int64](key).StartInclusive(time)
	err := k.records.Walk(ctx, from, func(_ collections.Pair[[]byte, int64], before uint64) (bool, error) {
		return visit(before), nil
	})
	if err != nil {
		return fmt.Errorf("read the records of a stake: %w", err)
	}
	return nil
}

// Changed records the stake of an account's node. The registry calls it before the stake
// changes.
func (k Keeper) Changed(ctx context.Context, owner string, before uint64) error {
	return k.record(ctx, nodeKey(owner), before)
}

// stakingHooks record delegations before they change. For validators x/staking calls hooks only
// after the change.
type stakingHooks struct {
	stakingtypes.MultiStakingHooks // none: the hooks that are not below do nothing
	Keeper
}

// StakingHooks returns the hooks for x/staking.
func (k Keeper) StakingHooks() stakingtypes.StakingHooks { return stakingHooks{Keeper: k} }

// BeforeDelegationCreated implements [stakingtypes.StakingHooks].
func (h stakingHooks) BeforeDelegationCreated(ctx context.Context, delegator sdk.AccAddress, validator sdk.ValAddress) error {
	return h.record(ctx, bondKey(delegator, validator), 0)
}

// BeforeDelegationSharesModified implements [stakingtypes.StakingHooks].
func (h stakingHooks) BeforeDelegationSharesModified(ctx context.Context, delegator sdk.AccAddress, validator sdk.ValAddress) error {
	d, err := h.staking.Delegation(ctx, delegator, validator)
	if err != nil {
		return fmt.Errorf("read the delegation that is about to change: %w", err)
	}
	v, err := h.staking.Validator(ctx, validator)
	if err != nil {
		return fmt.Errorf("read the validator of the delegation that is about to change: %w", err)
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

// worth returns the value of a delegation, in uthing.
func worth(d stakingtypes.DelegationI, v stakingtypes.ValidatorI) uint64 {
	return v.TokensFromShares(d.GetShares()).TruncateInt().Uint64()
}
