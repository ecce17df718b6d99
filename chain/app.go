package chain

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/codec/address"
	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/x/auth"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/cosmos/cosmos-sdk/x/bank"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/cosmos/cosmos-sdk/x/consensus"
	consensuskeeper "github.com/cosmos/cosmos-sdk/x/consensus/keeper"
	consensustypes "github.com/cosmos/cosmos-sdk/x/consensus/types"
	"github.com/cosmos/cosmos-sdk/x/distribution"
	distrkeeper "github.com/cosmos/cosmos-sdk/x/distribution/keeper"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	"github.com/cosmos/cosmos-sdk/x/evidence"
	evidencekeeper "github.com/cosmos/cosmos-sdk/x/evidence/keeper"
	evidencetypes "github.com/cosmos/cosmos-sdk/x/evidence/types"
	"github.com/cosmos/cosmos-sdk/x/feegrant"
	feegrantkeeper "github.com/cosmos/cosmos-sdk/x/feegrant/keeper"
	feegrantmodule "github.com/cosmos/cosmos-sdk/x/feegrant/module"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	"github.com/cosmos/cosmos-sdk/x/gov"
	govkeeper "github.com/cosmos/cosmos-sdk/x/gov/keeper"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1beta1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1beta1"
	"github.com/cosmos/cosmos-sdk/x/slashing"
	slashingkeeper "github.com/cosmos/cosmos-sdk/x/slashing/keeper"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	"github.com/cosmos/cosmos-sdk/x/staking"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/althing-network/althing/chain/dao"
	"github.com/althing-network/althing/chain/dataset"
	"github.com/althing-network/althing/chain/fee"
	"github.com/althing-network/althing/chain/ledger"
	"github.com/althing-network/althing/chain/model"
	"github.com/althing-network/althing/chain/node"
	"github.com/althing-network/althing/chain/task"
	"github.com/althing-network/althing/chain/timelock"
	"github.com/althing-network/althing/chain/token"
	"github.com/althing-network/althing/pb/invariantpb"
)

// Name is the application's name.
const Name = "althing"

// App is the application: modules in an order, over one store.
type App struct {
	*baseapp.BaseApp
	Encoding
	modules *module.Manager
	reader  reader // stores for queries
	disk    *disk  // database for blocks
	kept    Keep
	witness witness

	accounts     authkeeper.AccountKeeper
	bank         bankkeeper.BaseKeeper
	staking      *stakingkeeper.Keeper
	slashing     slashingkeeper.Keeper
	evidence     *evidencekeeper.Keeper
	distribution distrkeeper.Keeper
	gov          *govkeeper.Keeper
	grants       feegrantkeeper.Keeper
	consensus    consensuskeeper.Keeper
	token        token.Keeper
	fees         fee.Keeper
	nodes        node.Keeper
	ledger       ledger.Keeper
	datasets     dataset.Keeper
	models       model.Keeper
	tasks        task.Keeper
	timelock     timelock.Keeper
	dao          dao.Keeper
}

// New opens the application over a database, at its newest height. The options are the SDK's,
// for example the chain id.
func New(logger log.Logger, db dbm.DB, keep Keep, options ...func(*baseapp.BaseApp)) (*App, error) {
	return open(logger, db, keep, (*App).setChecks, options...)
}

func open(logger log.Logger, db dbm.DB, keep Keep, guard func(*App), options ...func(*baseapp.BaseApp)) (*App, error) {
	encoding, err := NewEncoding()
	if err != nil {
		return nil, fmt.Errorf("open the chain: %w", err)
	}
	keys := storetypes.NewKVStoreKeys(
		authtypes.StoreKey, banktypes.StoreKey, stakingtypes.StoreKey, slashingtypes.StoreKey,
		evidencetypes.StoreKey, distrtypes.StoreKey, govtypes.StoreKey, feegrant.StoreKey,
		consensustypes.StoreKey, fee.StoreKey, node.Name, ledger.Name, dataset.Name, model.Name, task.Name,
		timelock.Name, dao.Name,
	)
	options = slices.Concat([]func(*baseapp.BaseApp){baseapp.SetQueryGasLimit(MaxQueryGas)}, keep.options(len(keys)), options)
	watched := &disk{DB: db}
	a := &App{
		BaseApp:  baseapp.NewBaseApp(Name, logger, watched, bounded(encoding.Tx.TxDecoder()), options...),
		Encoding: encoding,
		disk:     watched,
		kept:     keep,
		witness:  witness{decode: bounded(encoding.Tx.TxDecoder())},
	}
	a.SetInterfaceRegistry(a.Registry)
	a.SetTxEncoder(a.Tx.TxEncoder())
	a.MountKVStores(keys)
	a.reader = newReader(a.CommitMultiStore(), db, keys, keep.nodes(len(keys)))
	a.SetQueryMultiStore(a.reader)
	a.keep(keys, logger)
	if err := a.setModules(); err != nil {
		return nil, fmt.Errorf("open the chain: %w", err)
	}
	guard(a)
	if err := a.LoadLatestVersion(); err != nil {
		return nil, fmt.Errorf("open the chain: load its newest height: %w", err)
	}
	return a, nil
}

// keep builds the keepers, each from the ones before it.
func (a *App) keep(keys map[string]*storetypes.KVStoreKey, logger log.Logger) {
	var (
		accountCodec   = address.NewBech32Codec(Prefix)
		validatorCodec = address.NewBech32Codec(validatorPrefix)
		consensusCodec = address.NewBech32Codec(consensusPrefix)
		authority      = authtypes.NewModuleAddress(govtypes.ModuleName).String()
	)
	a.consensus = consensuskeeper.NewKeeper(
		a.Codec, runtime.NewKVStoreService(keys[consensustypes.StoreKey]), authority, runtime.EventService{})
	a.SetParamStore(a.consensus.ParamsStore)

	a.accounts = authkeeper.NewAccountKeeper(
		a.Codec, runtime.NewKVStoreService(keys[authtypes.StoreKey]), authtypes.ProtoBaseAccount,
		moduleAccounts(), accountCodec, Prefix, authority, authkeeper.WithUnorderedTransactions(true))
	bank := bankkeeper.NewBaseKeeper(
		a.Codec, runtime.NewKVStoreService(keys[banktypes.StoreKey]), a.accounts, closedAccounts(), authority, logger)
	a.bank = bank.WithMintCoinsRestriction(token.Capped(bank)) // every module gets this restricted bank
	a.token = token.NewKeeper(a.bank, accountCodec, authority, moduleAddresses())
	a.grants = feegrantkeeper.NewKeeper(
		a.Codec, runtime.NewKVStoreService(keys[feegrant.StoreKey]), a.accounts)

	a.staking = stakingkeeper.NewKeeper(
		a.Codec, runtime.NewKVStoreService(keys[stakingtypes.StoreKey]), a.accounts, a.bank, authority,
		validatorCodec, consensusCodec)
	a.distribution = distrkeeper.NewKeeper(
		a.Codec, runtime.NewKVStoreService(keys[distrtypes.StoreKey]), a.accounts, a.bank, a.staking,
		authtypes.FeeCollectorName, authority)
	a.slashing = slashingkeeper.NewKeeper(
		a.Codec, a.Amino, runtime.NewKVStoreService(keys[slashingtypes.StoreKey]), a.staking, authority)
	a.dao = dao.NewKeeper(
		a.Codec, runtime.NewKVStoreService(keys[dao.Name]), a.staking, a.MsgServiceRouter(), accountCodec, authority)
	a.staking.SetHooks(stakingtypes.NewMultiStakingHooks(a.distribution.Hooks(), a.slashing.Hooks(), a.dao.StakingHooks()))
	a.evidence = evidencekeeper.NewKeeper(
		a.Codec, runtime.NewKVStoreService(keys[evidencetypes.StoreKey]), a.staking, a.slashing,
		accountCodec, runtime.ProvideCometInfoService())
	a.evidence.SetRouter(evidencetypes.NewRouter())

	a.gov = govkeeper.NewKeeper(
		a.Codec, runtime.NewKVStoreService(keys[govtypes.StoreKey]), a.accounts, a.bank, a.distribution,
		a.dao.Router(), govtypes.DefaultConfig(), authority, a.dao.Tally)
	a.gov.SetLegacyRouter(govv1beta1.NewRouter()) // without routes
	a.gov.SetHooks(a.dao.Hooks())

	a.fees = fee.NewKeeper(a.Codec, runtime.NewKVStoreService(keys[fee.StoreKey]), authority)
	a.nodes = node.NewKeeper(
		a.Codec, runtime.NewKVStoreService(keys[node.Name]), a.bank, accountCodec, Denom)
	a.ledger = ledger.NewKeeper(a.Codec, runtime.NewKVStoreService(keys[ledger.Name]))
	a.datasets = dataset.NewKeeper(
		a.Codec, runtime.NewKVStoreService(keys[dataset.Name]), a.nodes, a.ledger, accountCodec)
	a.models = model.NewKeeper(a.Codec, runtime.NewKVStoreService(keys[model.Name]), accountCodec)
	a.tasks = task.NewKeeper(
		a.Codec, runtime.NewKVStoreService(keys[task.Name]), a.bank, a.nodes, a.datasets, a.ledger, a.models,
		signed{a.Encoding, a.accounts}, Denom, authority)

	links := moduleLinks{a}
	a.timelock = timelock.NewKeeper(
		a.Codec, runtime.NewKVStoreService(keys[timelock.Name]), a.MsgServiceRouter(), links, links, accountCodec, authority)
	a.dao.Attach(dao.Parts{Gov: a.gov, Nodes: a.nodes, Timelock: a.timelock, Periods: links.CheckPeriods, Trying: task.WithDryRun})
	a.nodes.Govern(node.Governance{Authority: authority, Mint: a.token, Stakes: links, Timelock: links, Periods: links})
}

// setModules registers the modules and sets the order in which they act in a block.
func (a *App) setModules() error {
	a.modules = module.NewManager(
		auth.NewAppModule(a.Codec, a.accounts, nil),
		bank.NewAppModule(a.Codec, a.bank, a.accounts),
		staking.NewAppModule(a.Codec, a.staking, a.accounts, a.bank),
		slashing.NewAppModule(a.Codec, a.slashing, a.accounts, a.bank, a.staking, a.Registry),
		evidence.NewAppModule(*a.evidence),
		distribution.NewAppModule(a.Codec, a.distribution, a.accounts, a.bank, a.staking),
		proposals{gov.NewAppModule(a.Codec, a.gov, a.accounts, a.bank), a.gov, a.dao},
		feegrantmodule.NewAppModule(a.Codec, a.accounts, a.bank, a.grants, a.Registry),
		consensus.NewAppModule(a.Codec, a.consensus),
		genutil.NewAppModule(a.accounts, a.staking, a, a.Tx),
		token.Module{Keeper: a.token},
		fee.Module{Keeper: a.fees},
		node.Module{Keeper: a.nodes},
		ledger.Module{Keeper: a.ledger},
		dataset.Module{Keeper: a.datasets},
		model.Module{Keeper: a.models},
		task.Module{Keeper: a.tasks},
		timelock.Module{Keeper: a.timelock},
		dao.Module{Keeper: a.dao},
	)
	a.modules.SetOrderPreBlockers(authtypes.ModuleName)
	a.modules.SetOrderBeginBlockers(
		dao.Name, distrtypes.ModuleName, slashingtypes.ModuleName, evidencetypes.ModuleName, stakingtypes.ModuleName, node.Name, task.Name)
	a.modules.SetOrderEndBlockers(
		banktypes.ModuleName, govtypes.ModuleName, stakingtypes.ModuleName, feegrant.ModuleName, task.Name, timelock.Name, dao.Name,
		node.Name) // last: proposals that pass in this block are in the timelock by then
	order := []string{
		authtypes.ModuleName, banktypes.ModuleName, distrtypes.ModuleName, stakingtypes.ModuleName,
		slashingtypes.ModuleName, govtypes.ModuleName, evidencetypes.ModuleName, feegrant.ModuleName,
		consensustypes.ModuleName, fee.Name, node.Name, ledger.Name, dataset.Name, model.Name, task.Name,
		timelock.Name, dao.Name,
		genutiltypes.ModuleName, // last: it delivers transactions
	}
	a.modules.SetOrderInitGenesis(order...)
	a.modules.SetOrderExportGenesis(order...)
	a.SetInitChainer(a.initialise)
	a.SetPreBlocker(func(ctx sdk.Context, _ *abci.RequestFinalizeBlock) (*sdk.ResponsePreBlock, error) {
		return a.modules.PreBlock(ctx)
	})
	a.SetBeginBlocker(a.modules.BeginBlock)
	a.SetEndBlocker(a.modules.EndBlock)
	queries := metered{a.GRPCQueryRouter()}
	invariantpb.RegisterQueryServer(queries, a)
	return a.modules.RegisterServices(module.NewConfigurator(a.Codec, a.MsgServiceRouter(), queries))
}

func (a *App) initialise(ctx sdk.Context, req *abci.RequestInitChain) (res *abci.ResponseInitChain, err error) {
	defer func() { // modules panic on an invalid genesis
		if r := recover(); r != nil {
			err = fmt.Errorf("read the genesis: %v", r)
		}
	}()
	var state map[string]json.RawMessage
	if err := json.Unmarshal(req.AppStateBytes, &state); err != nil {
		return nil, fmt.Errorf("read the genesis: %w", err)
	}
	resp, err := a.modules.InitGenesis(ctx, a.Codec, state)
	if err != nil {
		return nil, err
	}
	if err := a.checkProposals(ctx); err != nil {
		return nil, fmt.Errorf("read the genesis: %w", err)
	}
	if err := (moduleLinks{a}).CheckPeriods(ctx); err != nil {
		return nil, fmt.Errorf("read the genesis: %w", err)
	}
	if err := a.restoreSpent(ctx, state[spentName]); err != nil {
		return nil, fmt.Errorf("read the genesis: %w", err)
	}
	if err := a.token.Check(ctx); err != nil {
		return nil, fmt.Errorf("read the genesis: %w", err)
	}
	broken, err := a.Invariants(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the genesis: %w", err)
	}
	if len(broken) > 0 {
		return nil, fmt.Errorf("read the genesis: %s", broken[0])
	}
	return resp, nil
}

// moduleAccounts lists the accounts without keys, with what they may do beside holding coins.
func moduleAccounts() map[string][]string {
	return map[string][]string{
		authtypes.FeeCollectorName:          nil,
		distrtypes.ModuleName:               nil,
		stakingtypes.BondedPoolName:         {authtypes.Burner, authtypes.Staking},
		stakingtypes.NotBondedPoolName:      {authtypes.Burner, authtypes.Staking},
		stakingtypes.KeyRotationFeePoolName: {authtypes.Burner},
		govtypes.ModuleName:                 {authtypes.Burner},
		token.Name:                          {authtypes.Minter}, // nobody else
		node.Name:                           {authtypes.Burner}, // of slashed and granted stake
		task.Name:                           nil,
	}
}

// moduleAddresses are the addresses of the module accounts, in the order of their names.
func moduleAddresses() (list []sdk.AccAddress) {
	for _, name := range slices.Sorted(maps.Keys(moduleAccounts())) {
		list = append(list, authtypes.NewModuleAddress(name))
	}
	return list
}

// closedAccounts are the module accounts, to which nobody may send coins: so they hold exactly
// what their modules have taken.
func closedAccounts() map[string]bool {
	closed := make(map[string]bool)
	for _, name := range slices.Sorted(maps.Keys(moduleAccounts())) {
		closed[authtypes.NewModuleAddress(name).String()] = true
	}
	return closed
}
