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

// CheckBond refuses a bond that is larger than a task may require of each node.
func (k Keeper) CheckBond(ctx context.Context, required uint64) error {
	rules, err := k.rules(ctx)
	if err != nil {
		return err
	}
	if required > rules.MaxBond {
		return ErrStake.Wrapf("bond of %s per node: want at most %s", spec.Money(required), spec.Money(rules.MaxBond))
	}
	return nil
}

// Hold reserves a part of a node's stake for a task: the required amount, or the free stake
// where that is less. It returns how much is held.
func (k Keeper) Hold(ctx context.Context, id, required uint64) (held uint64, err error) {
	if required == 0 {
		return 0, nil
	}
	before, err := k.deposit(ctx, id)
	if err != nil {
		return 0, err
	}
	after, held := round.Bond(before, required)
	return held, k.setDeposit(ctx, id, before, after)
}

// Unlock frees the part of a node's stake that a task held.
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
	return k.setDeposit(ctx, id, before, after)
}

// Slash burns a part of base, the node's bond in a task, and jails the node if jail says
// so. It returns how much was burned. A node that has exited is left alone.
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
	if err := k.setDeposit(ctx, id, before, after); err != nil {
		return 0, err
	}
	if burned > 0 {
		if err := k.bank.BurnCoins(ctx, Name, k.coins(burned)); err != nil {
			return 0, fmt.Errorf("burn the slashed stake of node %d: %w", id, err)
		}
	}
	if err := emit(ctx, &nodepb.EventSlashed{Node: id, Task: task, Fault: fault, Burned: burned}); err != nil || !jail {
		return burned, err
	}
	return burned, emit(ctx, &nodepb.EventJailed{Node: id, Fault: fault, Until: after.JailedUntil})
}

func moduleAddress() sdk.AccAddress { return authtypes.NewModuleAddress(Name) }
