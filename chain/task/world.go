package task

import (
	"context"
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/privacy/terms"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// world implements [round.World] on the chain, for one transaction or the end of one block.
type world struct {
	Keeper
	ctx context.Context
}

var _ round.World = world{}

// apply applies an input to a task at the given moment, and carries out the effects.
func (k Keeper) apply(ctx context.Context, at round.Moment, s round.State, in round.Input) error {
	return withCode(round.Apply(world{Keeper: k, ctx: ctx}, at, s, in))
}

// Save implements [round.World].
func (w world) Save(before, after round.State) error { return w.save(w.ctx, before, after) }

// Roster implements [round.World].
func (w world) Roster() (*round.Roster, error) { return w.nodes.Roster(w.ctx) }

// Walk implements [round.World].
func (w world) Walk(visit func(spec.Node) (bool, error)) error { return w.nodes.Walk(w.ctx, visit) }

// Payer implements [round.World].
func (w world) Payer(t spec.Task, node spec.Node, releases uint64) (round.Payer, error) {
	h, _ := node.Profile.Holding(t.Spec.Data.Name)
	if h.Dataset == 0 {
		return round.Payer{}, nil
	}
	d, pays, err := w.datasets.Payer(w.ctx, h.Dataset, node.ID, t.Spec.Selection.Admits, releases, func(limit cost.Limit) (cost.Amount, error) {
		return w.ledger.Appraised(w.ctx, t.ID, terms.Update, limit)
	})
	if err != nil || !pays {
		return round.Payer{}, err
	}
	return round.Payer{Dataset: d.ID, Owner: d.Owner, Key: d.Key}, nil
}

// checkBudgets refuses a private task if too few owners can pay for all its rounds. It computes the
// cost of a release, once; the creator of the task pays the gas for that, so that rounds need
// not compute it.
func (w world) checkBudgets(t spec.Task) error {
	if !t.Spec.Private() {
		return nil
	}
	release, err := terms.Release(t.Spec)
	if err != nil {
		return fmt.Errorf("%w: %w", round.ErrSpec, err)
	}
	if err := w.ledger.Appraise(w.ctx, t.ID, terms.Update, release); err != nil {
		return err
	}
	return round.Affordable(w, t)
}

// Reserve implements [round.World].
func (w world) Reserve(t spec.Task, dataset uint64) error {
	release, err := terms.Release(t.Spec)
	if err != nil {
		return err
	}
	return w.ledger.Reserve(w.ctx, dataset, t.ID, terms.Update, release, 1)
}

// Charge implements [round.World].
func (w world) Charge(t spec.Task, dataset, round uint64) error {
	return w.ledger.Charge(w.ctx, dataset, t.ID, terms.Update, round)
}

// GiveBack implements [round.World].
func (w world) GiveBack(t spec.Task, dataset uint64) error {
	return w.ledger.Release(w.ctx, dataset, t.ID, terms.Update)
}

// Pay implements [round.World].
func (w world) Pay(node, uthing uint64) error {
	owner, err := w.nodes.OwnerOf(w.ctx, node)
	if err != nil {
		return err
	}
	return w.Refund(owner, uthing)
}

// Refund implements [round.World].
func (w world) Refund(owner string, uthing uint64) error {
	if uthing == 0 {
		return nil
	}
	to, err := sdk.AccAddressFromBech32(owner)
	if err != nil {
		return err
	}
	return w.bank.SendCoinsFromModuleToAccount(w.ctx, Name, to, w.coins(uthing))
}

// PayValidators implements [round.World]: the SDK's distribution divides the amount among the
// validators, together with transaction fees.
func (w world) PayValidators(uthing uint64) error {
	return w.bank.SendCoinsFromModuleToModule(w.ctx, Name, authtypes.FeeCollectorName, w.coins(uthing))
}

// Excuse implements [round.World].
func (w world) Excuse(node uint64, c spec.Change) error {
	return w.nodes.Excuse(w.ctx, node, c)
}

// Praise implements [round.World].
func (w world) Praise(node uint64, c spec.Change) error {
	return w.nodes.Merit(w.ctx, node, c)
}

// Blame implements [round.World].
func (w world) Blame(node uint64, c spec.Change) error {
	return w.nodes.Demerit(w.ctx, node, c)
}

// Measure implements [round.World].
func (w world) Measure(node uint64, kind string, accuracy spec.PPM) error {
	return w.nodes.Measure(w.ctx, node, kind, accuracy)
}
