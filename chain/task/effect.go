package task

import (
	"context"
	"errors"
	"strconv"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// EventType is the type of the event emitted for every effect; its attributes
// are task, round and effect.
const EventType = "althing.task"

// carryOut does on the chain what the machine asked for. The effects that ask
// participants for something are only events: daemons read the round's phase.
func (k Keeper) carryOut(ctx context.Context, s round.State, effect round.Effect) error {
	sdk.UnwrapSDKContext(ctx).EventManager().EmitEvent(sdk.NewEvent(EventType,
		sdk.NewAttribute("task", strconv.FormatUint(s.Task.ID, 10)),
		sdk.NewAttribute("round", strconv.FormatUint(s.Round.Number, 10)),
		sdk.NewAttribute("effect", effect.String()),
	))
	switch e := effect.(type) {
	case round.AskCommittee:
		return k.schedule(ctx, s, func(nodes []spec.Node) (round.Select, error) { return round.Committee(s.Task.Spec, nodes) })
	case round.AskTrainers:
		return k.schedule(ctx, s, func(nodes []spec.Node) (round.Select, error) { return round.Trainers(s.Task, nodes) })
	case round.Engage:
		return k.engage(ctx, s.Task.ID, e.Nodes, 1)
	case round.Release:
		return k.engage(ctx, s.Task.ID, e.Nodes, -1)
	case round.Pay:
		return k.pay(ctx, e)
	case round.Merit:
		return k.nodes.AdjustReputation(ctx, e.Node, true)
	case round.Demerit:
		return k.nodes.AdjustReputation(ctx, e.Node, false)
	case round.Measure:
		for _, node := range e.Nodes {
			if err := k.nodes.Measure(ctx, node, e.Dataset, e.Accuracy); err != nil {
				return err
			}
		}
	case round.Close:
		return k.send(ctx, s.Task.Owner, e.Refund)
	}
	return nil
}

// schedule selects nodes and tells the machine; where too few are eligible the
// task waits, and the machine asks again.
func (k Keeper) schedule(ctx context.Context, s round.State, choose func([]spec.Node) (round.Select, error)) error {
	nodes, err := k.nodes.Active(ctx)
	if err != nil {
		return err
	}
	chosen, err := choose(nodes)
	if errors.Is(err, round.ErrResources) {
		return nil
	}
	if err != nil {
		return err
	}
	return k.step(ctx, s, chosen)
}

// engage counts the nodes' parts in a task up or down, here and in the registry.
func (k Keeper) engage(ctx context.Context, task uint64, nodes []uint64, delta int) error {
	for _, node := range nodes {
		if err := k.count(ctx, node, task, delta); err != nil {
			return err
		}
		if err := k.nodes.SetBusy(ctx, node, delta); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) count(ctx context.Context, node, task uint64, delta int) error {
	key := collections.Join(node, task)
	parts, err := k.parts.Get(ctx, key)
	if err != nil && !errors.Is(err, collections.ErrNotFound) {
		return err
	}
	if parts = uint64(int64(parts) + int64(delta)); parts == 0 {
		return k.parts.Remove(ctx, key)
	}
	return k.parts.Set(ctx, key, parts)
}

func (k Keeper) pay(ctx context.Context, e round.Pay) error {
	node, err := k.nodes.Get(ctx, e.Node)
	if err != nil {
		return err
	}
	return k.send(ctx, node.Owner, e.Amount)
}

// send moves uthing out of the escrow account.
func (k Keeper) send(ctx context.Context, owner string, uthing uint64) error {
	if uthing == 0 {
		return nil
	}
	to, err := sdk.AccAddressFromBech32(owner)
	if err != nil {
		return err
	}
	return k.bank.SendCoinsFromModuleToAccount(ctx, Name, to, k.coins(uthing))
}
