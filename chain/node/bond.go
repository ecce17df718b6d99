package node

import (
	"context"
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// CheckBond refuses what a task may not require of its nodes.
func (k Keeper) CheckBond(ctx context.Context, required uint64) error {
	rules, err := k.rules(ctx)
	if err != nil {
		return err
	}
	if required > rules.MaxBond {
		return ErrStake.Wrapf("%d%s is required of each node: want at most %d", required, k.denom, rules.MaxBond)
	}
	return nil
}

// Hold lets a task hold what it requires of a node's stake, and says how much that is.
func (k Keeper) Hold(ctx context.Context, id, required uint64) (held uint64, err error) {
	if required == 0 {
		return 0, nil
	}
	before, err := k.deposit(ctx, id)
	if err != nil {
		return 0, err
	}
	after, held := round.Bond(before, required)
	return held, k.redeposit(ctx, id, before, after)
}

// Unlock gives back what a task held of a node's stake.
func (k Keeper) Unlock(ctx context.Context, id, held uint64) error {
	if held == 0 {
		return nil
	}
	before, err := k.deposit(ctx, id)
	if err != nil {
		return err
	}
	after, err := round.Unlock(before, held)
	if err != nil {
		return fmt.Errorf("node %d: %w", id, err)
	}
	return k.redeposit(ctx, id, before, after)
}

// Slash burns a part of what a task may slash of a node, jails the node if it is to be
// jailed, and says how much was burned. It passes over a node that has exited.
func (k Keeper) Slash(ctx context.Context, id, task, base uint64, part spec.PPM, fault string, jail bool) (burned uint64, err error) {
	r, err := k.registration(ctx, id)
	if err != nil {
		return 0, err
	}
	before, err := k.deposit(ctx, id)
	if err != nil || before.State == spec.NodeExited {
		return 0, err
	}
	rules, err := k.rules(ctx)
	if err != nil {
		return 0, err
	}
	rules = rules.ForRoles(spec.Role(r.Profile.Roles))
	after, burned := round.Slashed(before, blockTime(ctx), base, part, rules)
	if jail {
		after = round.Jail(after, blockTime(ctx), rules)
	}
	if err := k.redeposit(ctx, id, before, after); err != nil {
		return 0, err
	}
	if burned > 0 {
		if err := k.bank.BurnCoins(ctx, Name, k.coins(burned)); err != nil {
			return 0, fmt.Errorf("burn what node %d loses: %w", id, err)
		}
	}
	if err := emit(ctx, &nodepb.EventSlashed{Node: id, Task: task, Fault: fault, Burned: burned}); err != nil || !jail {
		return burned, err
	}
	return burned, emit(ctx, &nodepb.EventJailed{Node: id, Fault: fault, Until: after.JailedUntil})
}

func moduleAddress() sdk.AccAddress { return authtypes.NewModuleAddress(Name) }
