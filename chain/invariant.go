package chain

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/althing-network/althing/chain/model"
	"github.com/althing-network/althing/chain/node"
	"github.com/althing-network/althing/chain/task"
	"github.com/althing-network/althing/pb/invariantpb"
)

// Violation is something that must hold of the state after every block and does not.
type Violation struct {
	Invariant string `json:"invariant"` // what must hold
	Says      string `json:"says"`      // what is so instead
}

// String says both.
func (v Violation) String() string { return v.Invariant + ": " + v.Says }

// What must hold.
const (
	Supply   = "the supply is the sum of all balances"
	Capped   = "there is nothing but uthing, and no more than the cap"
	Stakes   = "the registry's account holds the stakes"
	Escrow   = "the account of tasks holds what they have not paid"
	Deposits = "the account of proposals holds the deposits"
	Nodes    = "what is stored of nodes agrees"
	Tasks    = "what is stored of tasks agrees"
	Datasets = "what is stored of data sets agrees"
	Models   = "what is stored of models agrees"
	Lines    = "every task has entered a line, and nothing else has"
	Votes    = "what is stored of votes agrees"
)

// Invariants are those that do not hold of a state: none, on a sound chain. It reads the
// whole state. Nothing on the chain acts on it, for a chain that stops at a mistake gives
// whoever finds one the means to stop it; a genesis must have none.
func (a *App) Invariants(ctx sdk.Context) (found []Violation, err error) {
	for _, i := range []struct {
		name  string
		broke func(sdk.Context) ([]string, error)
	}{
		{Supply, a.supplyOff},
		{Capped, a.cappedOff},
		{Stakes, func(ctx sdk.Context) ([]string, error) { return a.heldOff(ctx, node.Name, a.nodes.Held) }},
		{Escrow, func(ctx sdk.Context) ([]string, error) { return a.heldOff(ctx, task.Name, a.tasks.Held) }},
		{Deposits, a.depositsOff},
		{Nodes, func(ctx sdk.Context) ([]string, error) { return a.nodes.Contradictions(ctx, a.tasks.PartsOf) }},
		{Tasks, func(ctx sdk.Context) ([]string, error) { return a.tasks.Contradictions(ctx) }},
		{Datasets, func(ctx sdk.Context) ([]string, error) { return a.datasets.Contradictions(ctx) }},
		{Models, func(ctx sdk.Context) ([]string, error) { return a.models.Contradictions(ctx) }},
		{Lines, a.linesOff},
		{Votes, func(ctx sdk.Context) ([]string, error) { return a.dao.Contradictions(ctx) }},
	} {
		says, err := i.broke(ctx)
		if err != nil {
			return found, fmt.Errorf("find out whether %s: %w", i.name, err)
		}
		for _, s := range says {
			found = append(found, Violation{i.name, s})
		}
	}
	return found, nil
}

func (a *App) supplyOff(ctx sdk.Context) (says []string, err error) {
	sum := math.ZeroInt()
	a.bank.IterateAllBalances(ctx, func(_ sdk.AccAddress, c sdk.Coin) bool {
		if c.Denom == Denom {
			sum = sum.Add(c.Amount)
		}
		return false
	})
	if supply := a.bank.GetSupply(ctx, Denom).Amount; !supply.Equal(sum) {
		says = append(says, fmt.Sprintf("%s of %s%s", sum, supply, Denom))
	}
	return says, nil
}

func (a *App) cappedOff(ctx sdk.Context) (says []string, err error) {
	a.bank.IterateTotalSupply(ctx, func(c sdk.Coin) bool {
		if c.Denom != Denom || c.Amount.GT(math.NewIntFromUint64(Cap)) {
			says = append(says, c.String())
		}
		return false
	})
	return says, nil
}

// heldOff compares what a module's account holds with what the module says it has.
func (a *App) heldOff(ctx sdk.Context, module string, held func(context.Context) (uint64, error)) (says []string, err error) {
	should, err := held(ctx)
	if err != nil {
		return nil, err
	}
	if has := a.bank.GetBalance(ctx, authtypes.NewModuleAddress(module), Denom); !has.Amount.Equal(math.NewIntFromUint64(should)) {
		says = append(says, fmt.Sprintf("it holds %s, want %d", has, should))
	}
	return says, nil
}

func (a *App) depositsOff(ctx sdk.Context) (says []string, err error) {
	var deposits sdk.Coins
	err = a.gov.Deposits.Walk(ctx, nil, func(_ collections.Pair[uint64, sdk.AccAddress], d govv1.Deposit) (bool, error) {
		deposits = deposits.Add(d.Amount...)
		return false, nil
	})
	if has := a.bank.GetAllBalances(ctx, authtypes.NewModuleAddress(govtypes.ModuleName)); !has.Equal(deposits) {
		says = append(says, fmt.Sprintf("it holds %s, want %s", has, deposits))
	}
	return says, err
}

// linesOff compares the tasks with those that have entered lines.
func (a *App) linesOff(ctx sdk.Context) (says []string, err error) {
	tasks := uint64(0)
	err = a.tasks.Each(ctx, func(id uint64) error {
		tasks++
		_, err := a.models.Of(ctx, id)
		if errors.Is(err, model.ErrNotFound) {
			says = append(says, fmt.Sprintf("task %d has entered none", id))
			return nil
		}
		return err
	})
	if err != nil {
		return says, err
	}
	entered, err := a.models.Entered(ctx)
	if err == nil && entered != tasks {
		says = append(says, fmt.Sprintf("%d have entered lines, and there are %d tasks", entered, tasks))
	}
	return says, err
}

// Violations implements [invariantpb.QueryServer].
func (a *App) Violations(ctx context.Context, _ *invariantpb.QueryViolations) (*invariantpb.QueryViolationsResponse, error) {
	at := sdk.UnwrapSDKContext(ctx)
	found, err := a.Invariants(at)
	answer := &invariantpb.QueryViolationsResponse{Height: at.BlockHeight()}
	for _, v := range found {
		answer.Violations = append(answer.Violations, invariantpb.Violation{Invariant: v.Invariant, Says: v.Says})
	}
	return answer, err
}
