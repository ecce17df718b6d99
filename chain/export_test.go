package chain

import (
	"context"
	"fmt"
	"slices"

	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/collections"
	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/runtime"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/auth/ante"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	govkeeper "github.com/cosmos/cosmos-sdk/x/gov/keeper"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
	govv1beta1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1beta1"

	"github.com/althing-network/althing/chain/node"
	"github.com/althing-network/althing/chain/task"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/spec"
)

// Open is [New] with a guard that switches a defence off; nil: none is off.
func Open(logger log.Logger, db dbm.DB, keep Keep, guard func(*App), options ...func(*baseapp.BaseApp)) (*App, error) {
	if guard == nil {
		guard = (*App).setChecks
	}
	return open(logger, db, keep, guard, options...)
}

// FeesFirst is a guard that computes the fee of a transaction before its signature is verified, as
// the SDK does.
func FeesFirst(a *App) {
	a.setChecks()
	order := a.decorators(a.tasks)
	at := slices.IndexFunc(order, func(d sdk.AnteDecorator) bool { _, fee := d.(ante.DeductFeeDecorator); return fee })
	fee := order[at]
	order = slices.Delete(order, at, at+1)
	a.admit(slices.Insert(order, 1, fee))
}

// uncounted makes a message free as often as it is owed.
type uncounted struct{ task.Keeper }

func (u uncounted) Free(ctx context.Context, msg sdk.Msg) bool { return u.Owed(ctx, msg) }

// Uncounted is a guard that does not count free messages.
func Uncounted(a *App) {
	a.setChecks()
	a.admit(a.decorators(uncounted{a.tasks}))
}

// Unshared is a guard that lets free messages take a whole block.
func Unshared(a *App) {
	a.setChecks()
	all := baseapp.NewDefaultProposalHandler(nil, a.BaseApp)
	a.SetPrepareProposal(all.PrepareProposalHandler())
	a.SetProcessProposal(all.ProcessProposalHandler())
}

// Unwatched is a guard under which the chain continues when its database has failed.
func Unwatched(a *App) {
	a.setChecks()
	a.disk = new(disk)
}

// Contents returns all keys of all stores at the newest height, with their values.
func (a *App) Contents() (map[string]string, error) {
	contents := make(map[string]string)
	for _, s := range a.reader.stores {
		tree, err := s.tree.GetImmutable(a.LastBlockHeight())
		if err != nil {
			return nil, err
		}
		if _, err := tree.Iterate(func(key, value []byte) bool {
			contents[fmt.Sprintf("%s %x", s.key.Name(), key)] = fmt.Sprintf("%x", value)
			return false
		}); err != nil {
			return nil, err
		}
	}
	return contents, nil
}

// SpentName names the part of a genesis with the unordered transactions that were executed.
const SpentName = spentName

// Spoiled returns, for each invariant, a change of the state that breaks it.
func Spoiled(a *App) map[string]func(sdk.Context) error {
	ann := sdk.AccAddress("ann-----------------")
	send := func(ctx sdk.Context, from string, uthing int64) error {
		return a.bank.SendCoins(ctx, authtypes.NewModuleAddress(from), ann, sdk.NewCoins(sdk.NewInt64Coin(Denom, uthing)))
	}
	return map[string]func(sdk.Context) error{
		Supply: func(ctx sdk.Context) error {
			return a.bank.Balances.Set(ctx, collections.Join(ann, Denom), math.NewInt(1))
		},
		Capped: func(ctx sdk.Context) error {
			return a.bank.Supply.Set(ctx, Denom, math.NewIntFromUint64(Cap+1))
		},
		Stakes: func(ctx sdk.Context) error { return send(ctx, node.Name, 1) },
		Escrow: func(ctx sdk.Context) error { return send(ctx, task.Name, 1) },
		Deposits: func(ctx sdk.Context) error {
			return a.gov.SetDeposit(ctx, govv1.NewDeposit(1, ann, sdk.NewCoins(sdk.NewInt64Coin(Denom, 1))))
		},
		Nodes: func(ctx sdk.Context) error { return a.nodes.Engage(ctx, 1, 1) },
		Lines: func(ctx sdk.Context) error {
			return a.models.Enter(ctx, 7, ann.String(), "", spec.Model{Kind: spec.ModelSoftmax, Inputs: 64, Classes: 10})
		},
	}
}

// Unshowable is a guard that accepts transactions which cannot be used as evidence.
func Unshowable(a *App) {
	a.setChecks()
	a.admit(slices.DeleteFunc(a.decorators(a.tasks), func(d sdk.AnteDecorator) bool { _, shows := d.(showable); return shows }))
}

// Sequence returns the sequence number of an account's next ordered transaction.
func (a *App) Sequence(ctx sdk.Context, of sdk.AccAddress) uint64 {
	return a.accounts.GetAccount(ctx, of).GetSequence()
}

// Accuse executes a message with two contradicting answers.
func (a *App) Accuse(ctx sdk.Context, m *taskpb.MsgAccuseAnswers) error {
	_, err := a.tasks.AccuseAnswers(ctx, m)
	return err
}

// AtOnce is a guard under which x/gov executes the messages of a passed proposal itself, of any
// kind, in the block in which the vote ends.
func AtOnce(a *App) {
	a.setChecks()
	at := slices.IndexFunc(a.reader.stores, func(s readStore) bool { return s.key.Name() == govtypes.StoreKey })
	*a.gov = *govkeeper.NewKeeper(
		a.Codec, runtime.NewKVStoreService(a.reader.stores[at].key), a.accounts, a.bank, a.distribution,
		a.MsgServiceRouter(), govtypes.DefaultConfig(), a.gov.GetAuthority(), a.dao.Tally)
	a.gov.SetLegacyRouter(govv1beta1.NewRouter())
	a.gov.SetHooks(a.dao.Hooks())
}

// Unrecorded is a guard under which a node's stake weighs in a vote what it is at that moment.
func Unrecorded(a *App) {
	a.setChecks()
	links := moduleLinks{a}
	a.nodes.Govern(node.Governance{Authority: a.gov.GetAuthority(), Mint: a.token, Timelock: links, Periods: links})
}

// Unheld is a guard under which stake can leave although a proposal about it waits for execution.
func Unheld(a *App) {
	a.setChecks()
	links := moduleLinks{a}
	a.nodes.Govern(node.Governance{Authority: a.gov.GetAuthority(), Mint: a.token, Stakes: links, Periods: links})
}
