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
	"github.com/althing-network/althing/spec"
)

// Violation is an invariant of the state that does not hold.
type Violation struct {
	Invariant string `json:"invariant"` // the invariant in words
	Says      string `json:"says"`      // what the state has instead
}

// String joins invariant and finding.
func (v Violation) String() string { return v.Invariant + ": " + v.Says }

// The invariants.
const (
	Supply   = "the supply is the sum of all balances"
	Capped   = "there is nothing but uthing, and no more than the cap"
	Stakes   = "the registry's account holds the stakes"
	Escrow   = "the account of tasks holds what they have not paid"
	Deposits = "the account of proposals holds the deposits"
	Nodes    = "records of nodes are consistent"
	Tasks    = "records of tasks are consistent"
	Datasets = "records of data sets are consistent"
	Models   = "records of models are consistent"
	Lines    = "each task publishes into one line of models"
	Votes    = "records of votes are consistent"
)

// Invariants returns the invariants that do not hold; a sound chain has none. It reads the whole
// state. A genesis must have no violations. No block depends on them: a chain that halts at a
// violation would let whoever finds a bug halt it.
func (a *App) Invariants(ctx sdk.Context) (found []Violation, err error) {
	for _, i := range []struct {
		name  string
		check func(sdk.Context) ([]string, error)
	}{
		{Supply, a.checkSupply},
		{Capped, a.checkCapped},
		{Stakes, func(ctx sdk.Context) ([]string, error) { return a.checkHeld(ctx, node.Name, a.nodes.Held) }},
		{Escrow, func(ctx sdk.Context) ([]string, error) { return a.checkHeld(ctx, task.Name, a.tasks.Held) }},
		{Deposits, a.checkDeposits},
		{Nodes, func(ctx sdk.Context) ([]string, error) { return a.nodes.Inconsistencies(ctx, a.tasks.PartsOf) }},
		{Tasks, func(ctx sdk.Context) ([]string, error) { return a.tasks.Inconsistencies(ctx) }},
		{Datasets, func(ctx sdk.Context) ([]string, error) { return a.datasets.Inconsistencies(ctx) }},
		{Models, func(ctx sdk.Context) ([]string, error) { return a.models.Inconsistencies(ctx) }},
		{Lines, a.checkLines},
		{Votes, func(ctx sdk.Context) ([]string, error) { return a.dao.Inconsistencies(ctx) }},
	} {
		says, err := i.check(ctx)
		if err != nil {
			return found, fmt.Errorf("check that %s: %w", i.name, err)
		}
		for _, s := range says {
			found = append(found, Violation{i.name, s})
		}
	}
	return found, nil
}

func (a *App) checkSupply(ctx sdk.Context) (says []string, err error) {
	sum := math.ZeroInt()
	a.bank.IterateAllBalances(ctx, func(_ sdk.AccAddress, c sdk.Coin) bool {
		if c.Denom == Denom {
			sum = sum.Add(c.Amount)
		}
		return false
	})
	if supply := a.bank.GetSupply(ctx, Denom).Amount; !supply.Equal(sum) {
		says = append(says, fmt.Sprintf("balances are %s, the supply is %s", spec.MoneyOf(sum.String()), spec.MoneyOf(supply.String())))
	}
	return says, nil
}

func (a *App) checkCapped(ctx sdk.Context) (says []string, err error) {
	a.bank.IterateTotalSupply(ctx, func(c sdk.Coin) bool {
		if c.Denom != Denom || c.Amount.GT(math.NewIntFromUint64(Cap)) {
			says = append(says, c.String())
		}
		return false
	})
	return says, nil
}

// checkHeld compares the balance of a module's account with the sum in the module's records.
func (a *App) checkHeld(ctx sdk.Context, module string, held func(context.Context) (uint64, error)) (says []string, err error) {
	should, err := held(ctx)
	if err != nil {
		return nil, err
	}
	if has := a.bank.GetBalance(ctx, authtypes.NewModuleAddress(module), Denom); !has.Amount.Equal(math.NewIntFromUint64(should)) {
		says = append(says, fmt.Sprintf("it holds %s, want %s", spec.MoneyOf(has.Amount.String()), spec.Money(should)))
	}
	return says, nil
}

func (a *App) checkDeposits(ctx sdk.Context) (says []string, err error) {
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

// checkLines compares the tasks with the entries of the lines of models.
func (a *App) checkLines(ctx sdk.Context) (says []string, err error) {
	tasks := uint64(0)
	err = a.tasks.Each(ctx, func(id uint64) error {
		tasks++
		_, err := a.models.LineOf(ctx, id)
		if errors.Is(err, model.ErrNotFound) {
			says = append(says, fmt.Sprintf("task %d has no line", id))
			return nil
		}
		return err
	})
	if err != nil {
		return says, err
	}
	entered, err := a.models.CountEntries(ctx)
	if err == nil && entered != tasks {
		says = append(says, fmt.Sprintf("%d tasks have a line, want %d", entered, tasks))
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
