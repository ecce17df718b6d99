package task

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// EventType is the type of the event emitted for every effect; its attributes
// are task, round and effect.
const EventType = "althing.task"

// carrier gives the machine inputs and carries its effects out. It reads the
// nodes that may be selected once, and again only when the registry has changed:
// a block in which a thousand tasks look for nodes reads them once.
type carrier struct {
	Keeper
	active []spec.Node
	fresh  bool // active is what the registry holds
}

// step gives the machine one input, saves what it makes of it and carries its
// effects out.
func (c *carrier) step(ctx context.Context, before round.State, in round.Input) error {
	after, effects, err := before.Step(sdk.UnwrapSDKContext(ctx).BlockHeight(), in)
	if err != nil {
		return refusal(err)
	}
	if err := c.save(ctx, before, after); err != nil {
		return err
	}
	for _, effect := range effects {
		if err := c.carryOut(ctx, after, effect); err != nil {
			return err
		}
	}
	return nil
}

// carryOut does on the chain what the machine asked for. The effects that ask
// participants for something are only events: daemons read the round's phase.
func (c *carrier) carryOut(ctx context.Context, s round.State, effect round.Effect) error {
	emit(ctx, s, effect.String())
	switch effect.(type) {
	case round.Engage, round.Release, round.Merit, round.Demerit, round.Measure:
		c.fresh = false
	}
	switch e := effect.(type) {
	case round.AskCommittee:
		return c.schedule(ctx, s, func(nodes []spec.Node) (round.Select, error) { return round.Committee(s.Task.Spec, nodes) })
	case round.AskTrainers:
		return c.schedule(ctx, s, func(nodes []spec.Node) (round.Select, error) { return round.Trainers(s.Task, nodes) })
	case round.Engage:
		return c.engage(ctx, s.Task.ID, e.Nodes, 1)
	case round.Release:
		return c.engage(ctx, s.Task.ID, e.Nodes, -1)
	case round.Pay:
		return c.pay(ctx, e)
	case round.Merit:
		return c.nodes.Merit(ctx, e.Node)
	case round.Demerit:
		return c.nodes.Demerit(ctx, e.Node, spec.Demerit{
			Task: s.Task.ID, Round: s.Round.Number, Height: sdk.UnwrapSDKContext(ctx).BlockHeight(), Reason: e.Why,
		})
	case round.Measure:
		for _, node := range e.Nodes {
			if err := c.nodes.Measure(ctx, node, e.Dataset, e.Accuracy); err != nil {
				return err
			}
		}
	case round.Close:
		return c.send(ctx, s.Task.Owner, e.Refund)
	}
	return nil
}

// schedule selects nodes and tells the machine; where too few are eligible the
// task waits, and the machine asks again.
func (c *carrier) schedule(ctx context.Context, s round.State, choose func([]spec.Node) (round.Select, error)) error {
	if !c.fresh {
		nodes, err := c.nodes.Active(ctx)
		if err != nil {
			return err
		}
		c.active, c.fresh = nodes, true
	}
	chosen, err := choose(c.active)
	if errors.Is(err, round.ErrResources) {
		return nil
	}
	if err != nil {
		return err
	}
	return c.step(ctx, s, chosen)
}

// engage counts the nodes' parts in a task up or down, here and in the registry.
func (k Keeper) engage(ctx context.Context, task uint64, nodes []uint64, delta int) error {
	for _, node := range nodes {
		if err := k.count(ctx, node, task, delta); err != nil {
			return err
		}
		if err := k.nodes.Engage(ctx, node, delta); err != nil {
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
	if delta < 0 && parts < uint64(-delta) {
		return fmt.Errorf("node %d has %d parts in task %d: cannot give %d back", node, parts, task, -delta)
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

func emit(ctx context.Context, s round.State, effect string) {
	sdk.UnwrapSDKContext(ctx).EventManager().EmitEvent(sdk.NewEvent(EventType,
		sdk.NewAttribute("task", strconv.FormatUint(s.Task.ID, 10)),
		sdk.NewAttribute("round", strconv.FormatUint(s.Round.Number, 10)),
		sdk.NewAttribute("effect", effect),
	))
}
