package dao_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"

	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/address"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/testutil/integration"
	sdk "github.com/cosmos/cosmos-sdk/types"
	moduletestutil "github.com/cosmos/cosmos-sdk/types/module/testutil"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
	"github.com/cosmos/cosmos-sdk/x/auth"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/cosmos/cosmos-sdk/x/bank"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/cosmos/cosmos-sdk/x/gov"
	govkeeper "github.com/cosmos/cosmos-sdk/x/gov/keeper"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
	"github.com/cosmos/cosmos-sdk/x/staking"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/althing-network/althing/chain/dao"
	"github.com/althing-network/althing/chain/token"
	"github.com/althing-network/althing/pb/daopb"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/tokenpb"
	"github.com/althing-network/althing/spec"
)

const (
	second = time.Second
	hour   = time.Hour
	day    = 24 * time.Hour
)

// without says which defences a world lacks. The zero value has all of them.
type without struct {
	records   bool // nothing is recorded: stake weighs what it is when it votes
	warmup    bool // stake weighs as soon as voting starts
	late      bool // an outcome that changes late waits no longer
	hooks     bool // x/gov takes every proposal and every vote, tallied as the SDK does
	allowList bool // x/gov runs every message, at once
	deposit   bool // proposals need none with their submission
	quorum    bool // a proposal passes however few take part
	delay     bool // what has passed is executed at once
	cap       bool // coins are made without end
}

// world is the SDK's accounts, bank, staking and proposals with our votes, and stand-ins
// for the registry and the timelock. Its block time and height go on, block by block.
type world struct {
	testing.TB
	dao.Keeper
	ctx       sdk.Context
	keys      map[string]*storetypes.KVStoreKey
	codec     codec.Codec
	accounts  authkeeper.AccountKeeper
	bank      bankkeeper.BaseKeeper
	staking   *stakingkeeper.Keeper
	gov       *govkeeper.Keeper
	router    *baseapp.MsgServiceRouter
	nodes     *registry
	queue     *queue
	off       without
	proposals govv1.MsgServer
	bonds     stakingtypes.MsgServer
}

// account returns an address that begins with a name.
func account(name string) sdk.AccAddress { return []byte(name + strings.Repeat("-", 20-len(name))) }

func authority() sdk.AccAddress { return authtypes.NewModuleAddress(govtypes.ModuleName) }

func coins(n uint64) sdk.Coins { return sdk.NewCoins(coin(n)) }
func coin(n uint64) sdk.Coin   { return sdk.NewCoin(spec.Denom, math.NewIntFromUint64(n)) }

// assemble returns a world without state, except for the parameters of staking.
func assemble(t testing.TB, off without) *world {
	t.Helper()
	w := &world{TB: t, off: off}
	w.keys = storetypes.NewKVStoreKeys(authtypes.StoreKey, banktypes.StoreKey, stakingtypes.StoreKey, govtypes.StoreKey, dao.Name, "registry", "queue")
	logger := log.NewNopLogger()
	w.ctx = sdk.NewContext(integration.CreateMultiStore(w.keys, logger), cmtproto.Header{Time: time.Unix(1_700_000_000, 0).UTC(), Height: 0}, false, logger)
	encoding := moduletestutil.MakeTestEncodingConfig(auth.AppModuleBasic{}, bank.AppModuleBasic{}, staking.AppModuleBasic{}, gov.AppModuleBasic{}, dao.Module{}, token.Module{})
	msgservice.RegisterMsgServiceDesc(encoding.InterfaceRegistry, &nodepb.Msg_serviceDesc)
	w.codec = encoding.Codec
	prefix := sdk.GetConfig().GetBech32AccountAddrPrefix()
	accountCodec := address.NewBech32Codec(prefix)
	permissions := map[string][]string{
		govtypes.ModuleName: {authtypes.Burner}, token.Name: {authtypes.Minter},
		stakingtypes.BondedPoolName: {authtypes.Burner, authtypes.Staking}, stakingtypes.NotBondedPoolName: {authtypes.Burner, authtypes.Staking},
		stakingtypes.KeyRotationFeePoolName: {authtypes.Burner},
	}
	w.accounts = authkeeper.NewAccountKeeper(w.codec, runtime.NewKVStoreService(w.keys[authtypes.StoreKey]), authtypes.ProtoBaseAccount, permissions, accountCodec, prefix, authority().String())
	w.bank = bankkeeper.NewBaseKeeper(w.codec, runtime.NewKVStoreService(w.keys[banktypes.StoreKey]), w.accounts, map[string]bool{}, authority().String(), logger)
	if !off.cap {
		w.bank = w.bank.WithMintCoinsRestriction(token.Capped(w.bank))
	}
	w.staking = stakingkeeper.NewKeeper(w.codec, runtime.NewKVStoreService(w.keys[stakingtypes.StoreKey]), w.accounts, w.bank, authority().String(),
		address.NewBech32Codec(sdk.GetConfig().GetBech32ValidatorAddrPrefix()), address.NewBech32Codec(sdk.GetConfig().GetBech32ConsensusAddrPrefix()))
	w.router = baseapp.NewMsgServiceRouter()
	w.router.SetInterfaceRegistry(encoding.InterfaceRegistry)
	w.nodes = &registry{world: w}
	w.queue = &queue{w, 100}
	w.Keeper = dao.NewKeeper(w.codec, runtime.NewKVStoreService(w.keys[dao.Name]), w.staking, w.router, accountCodec, authority().String())
	if !off.records {
		w.staking.SetHooks(w.StakingHooks())
	}
	tally, router := govkeeper.CalculateVoteResultsAndVotingPowerFn(w.Tally), baseapp.MessageRouter(w.Router())
	if off.hooks {
		tally = govkeeper.NewDefaultCalculateVoteResultsAndVotingPower(w.staking)
	}
	if off.allowList {
		router = w.router
	}
	w.gov = govkeeper.NewKeeper(w.codec, runtime.NewKVStoreService(w.keys[govtypes.StoreKey]), w.accounts, w.bank, nil, router, govtypes.DefaultConfig(), authority().String(), tally)
	w.Attach(dao.Parts{Gov: w.gov, Nodes: w.nodes, Timelock: w.queue, Periods: func(context.Context) error { return nil }, Trying: func(ctx sdk.Context) sdk.Context { return ctx }})
	w.proposals = govkeeper.NewMsgServerImpl(w.gov)
	if !off.hooks {
		w.gov.SetHooks(w.Hooks())
		w.proposals = w.Server()
	}
	w.bonds = stakingkeeper.NewMsgServerImpl(w.staking)
	banktypes.RegisterMsgServer(w.router, bankkeeper.NewMsgServerImpl(w.bank))
	daopb.RegisterMsgServer(w.router, w.Keeper)
	tokenpb.RegisterMsgServer(w.router, token.NewKeeper(w.bank, accountCodec, authority().String(), nil))
	nodepb.RegisterMsgServer(w.router, w.nodes)
	w.check(w.bank.SetParams(w.ctx, banktypes.DefaultParams()))
	bonds := stakingtypes.DefaultParams()
	bonds.BondDenom, bonds.KeyRotationFee.Denom = spec.Denom, spec.Denom
	w.check(w.staking.SetParams(w.ctx, bonds))
	return w
}

// begin returns a world with the validators val-1 and val-2. At the genesis the given accounts have
// bonded the given amounts with val-1, and everybody who is named has a million THING.
func begin(t testing.TB, off without, bonded map[string]uint64) *world {
	t.Helper()
	w := assemble(t, off)
	w.accounts.GetModuleAccount(w.ctx, govtypes.ModuleName)
	w.check(w.gov.ProposalID.Set(w.ctx, 1))
	w.check(w.gov.Constitution.Set(w.ctx, ""))
	w.check(w.gov.Params.Set(w.ctx, w.rules()))
	params := dao.DefaultParams()
	if off.warmup {
		params.WarmupSeconds = 0
	}
	if off.late {
		params.LateSeconds = 0
	}
	dao.Module{Keeper: w.Keeper}.InitGenesis(w.ctx, w.codec, w.codec.MustMarshalJSON(&daopb.Genesis{Params: params}))
	for _, v := range []string{"val-1", "val-2"} {
		w.fund(v, 1_000_000*spec.Thing)
		w.check(w.validate(w.ctx, v, spec.Thing))
	}
	for name, amount := range bonded {
		w.fund(name, 1_000_000*spec.Thing)
		w.check(w.bond(w.ctx, name, "val-1", amount))
	}
	w.block(second) // the first one: validators are bonded
	w.block(10 * day)
	return w
}

func (w *world) rules() govv1.Params {
	p := dao.Ruled(govv1.DefaultParams(), dao.DefaultRules())
	if w.off.deposit {
		p.MinInitialDepositRatio = "0.0"
	}
	if w.off.quorum {
		p.Quorum = "0.0"
	}
	return p
}

func (w *world) check(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// tx runs a transaction: if it fails nothing changes.
func (w *world) tx(do func(ctx sdk.Context) error) error {
	ctx, write := w.ctx.CacheContext()
	err := do(ctx)
	if err == nil {
		write()
	}
	return err
}

// end ends a block. An error would halt a chain.
func (w *world) end() error {
	if err := gov.EndBlocker(w.ctx, w.gov); err != nil {
		return err
	}
	if _, err := w.staking.EndBlocker(w.ctx); err != nil {
		return err
	}
	return w.EndBlock(w.ctx)
}

// block ends a block and begins the next one after a pause.
func (w *world) block(later time.Duration) {
	w.Helper()
	w.check(w.end())
	w.ctx = w.ctx.WithBlockHeight(w.ctx.BlockHeight() + 1).WithBlockTime(w.ctx.BlockTime().Add(later))
	w.check(w.BeginBlock(w.ctx))
}

func (w *world) fund(name string, amount uint64) {
	w.Helper()
	w.check(w.bank.MintCoins(w.ctx, token.Name, coins(amount)))
	w.check(w.bank.SendCoinsFromModuleToAccount(w.ctx, token.Name, account(name), coins(amount)))
}

func (w *world) balance(name string) uint64 {
	return w.bank.GetBalance(w.ctx, account(name), spec.Denom).Amount.Uint64()
}

func (w *world) validate(ctx sdk.Context, name string, amount uint64) error {
	msg, err := stakingtypes.NewMsgCreateValidator(sdk.ValAddress(account(name)).String(), ed25519.GenPrivKeyFromSecret([]byte(name)).PubKey(), coin(amount),
		stakingtypes.Description{Moniker: name}, stakingtypes.NewCommissionRates(math.LegacyZeroDec(), math.LegacyZeroDec(), math.LegacyZeroDec()), math.OneInt())
	if err != nil {
		return err
	}
	_, err = w.bonds.CreateValidator(ctx, msg)
	return err
}

func (w *world) bond(ctx sdk.Context, name, validator string, amount uint64) error {
	_, err := w.bonds.Delegate(ctx, stakingtypes.NewMsgDelegate(account(name).String(), sdk.ValAddress(account(validator)).String(), coin(amount)))
	return err
}

func (w *world) unbond(ctx sdk.Context, name, validator string, amount uint64) error {
	_, err := w.bonds.Undelegate(ctx, stakingtypes.NewMsgUndelegate(account(name).String(), sdk.ValAddress(account(validator)).String(), coin(amount)))
	return err
}

func (w *world) move(ctx sdk.Context, name, from, to string, amount uint64) error {
	_, err := w.bonds.BeginRedelegate(ctx, stakingtypes.NewMsgBeginRedelegate(account(name).String(), sdk.ValAddress(account(from)).String(), sdk.ValAddress(account(to)).String(), coin(amount)))
	return err
}

// propose submits a proposal with a deposit; without messages it is a text.
func (w *world) propose(ctx sdk.Context, name string, deposit uint64, messages ...sdk.Msg) (uint64, error) {
	metadata := ""
	if len(messages) == 0 {
		metadata = "ipfs://text"
	}
	msg, err := govv1.NewMsgSubmitProposal(messages, coins(deposit), account(name).String(), metadata, "title", "summary", false)
	if err != nil {
		return 0, err
	}
	// As in a transaction, the messages are decoded from bytes.
	raw := w.codec.MustMarshal(msg)
	read := new(govv1.MsgSubmitProposal)
	if err := w.codec.Unmarshal(raw, read); err != nil {
		return 0, err
	}
	resp, err := w.proposals.SubmitProposal(ctx, read)
	if err != nil {
		return 0, err
	}
	return resp.ProposalId, nil
}

// full returns the deposit with which voting starts.
func full() uint64 { return dao.DefaultRules().MinDeposit }

func (w *world) vote(ctx sdk.Context, name string, id uint64, option govv1.VoteOption) error {
	_, err := w.proposals.Vote(ctx, govv1.NewMsgVote(account(name), id, option, ""))
	return err
}

// proposed submits a proposal whose vote starts at once.
func (w *world) proposed(name string, messages ...sdk.Msg) (id uint64) {
	w.Helper()
	w.check(w.tx(func(ctx sdk.Context) (err error) { id, err = w.propose(ctx, name, full(), messages...); return err }))
	return id
}

func (w *world) votes(name string, id uint64, option govv1.VoteOption) {
	w.Helper()
	w.check(w.tx(func(ctx sdk.Context) error { return w.vote(ctx, name, id, option) }))
}

func (w *world) poll(id uint64) daopb.Poll {
	w.Helper()
	resp, err := w.Poll(w.ctx, &daopb.QueryPoll{Proposal: id})
	w.check(err)
	return resp.Poll
}

// status returns x/gov's status of a proposal.
func (w *world) status(id uint64) govv1.ProposalStatus {
	w.Helper()
	p, err := w.gov.Proposals.Get(w.ctx, id)
	w.check(err)
	return p.Status
}

func (w *world) power(name string, proposal uint64) uint64 {
	w.Helper()
	resp, err := w.Power(w.ctx, &daopb.QueryPower{Account: account(name).String(), Proposal: proposal})
	w.check(err)
	return resp.Power
}

// dump returns the whole state, by store and key.
func (w *world) dump() map[string]string {
	all := make(map[string]string)
	for name, key := range w.keys {
		i := w.ctx.MultiStore().GetKVStore(key).Iterator(nil, nil)
		for ; i.Valid(); i.Next() {
			all[fmt.Sprintf("%s/%x", name, i.Key())] = fmt.Sprintf("%x", i.Value())
		}
		i.Close()
	}
	return all
}

func mint(to string, amount uint64) *tokenpb.MsgMint {
	return &tokenpb.MsgMint{Authority: authority().String(), To: to, Amount: amount}
}

func remove(node uint64) *nodepb.MsgRemoveParticipant {
	return &nodepb.MsgRemoveParticipant{Authority: authority().String(), Node: node}
}

// registry stands in for the registry of nodes: stakes by account in its store, and nodes
// 1 to 9, which may be removed.
type registry struct {
	*world
	nodepb.UnimplementedMsgServer
}

var errNoNode = errors.New("node not found")

func (r *registry) VotableOf(ctx context.Context, owner string) (uint64, error) {
	raw := sdk.UnwrapSDKContext(ctx).KVStore(r.keys["registry"]).Get([]byte(owner))
	return sdk.BigEndianToUint64(raw), nil
}

func (r *registry) Votable(ctx context.Context) (all uint64, err error) {
	i := sdk.UnwrapSDKContext(ctx).KVStore(r.keys["registry"]).Iterator(nil, nil)
	defer i.Close()
	for ; i.Valid(); i.Next() {
		all += sdk.BigEndianToUint64(i.Value())
	}
	return all, nil
}

// stake sets what the node of an account has at stake, with a vote.
func (w *world) stake(ctx sdk.Context, name string, amount uint64) error {
	owner := account(name).String()
	before, _ := w.nodes.VotableOf(ctx, owner)
	if !w.off.records {
		if err := w.Changed(ctx, owner, before); err != nil {
			return err
		}
	}
	ctx.KVStore(w.keys["registry"]).Set([]byte(owner), sdk.Uint64ToBigEndian(amount))
	return nil
}

func (r *registry) RemoveParticipant(_ context.Context, msg *nodepb.MsgRemoveParticipant) (*nodepb.MsgRemoveParticipantResponse, error) {
	switch {
	case msg.Authority != authority().String():
		return nil, errors.New("only a passed proposal removes a node")
	case msg.Node > 9:
		panic("a mistake in a module")
	case msg.Node == 0:
		return nil, errNoNode
	}
	return &nodepb.MsgRemoveParticipantResponse{}, nil
}

// queue stands in for the timelock: what is scheduled waits in its store for two days of
// block time.
type queue struct {
	*world
	most int // entries
}

var errFull = errors.New("the queue is full")

type entry struct {
	Proposal   uint64
	Since, Eta int64
	Message    []byte
}

func (q *queue) Schedule(ctx context.Context, proposal uint64, since int64, extra uint64, msg sdk.Msg) error {
	packed, err := codectypes.NewAnyWithValue(msg)
	if err != nil {
		return err
	}
	e := entry{Proposal: proposal, Since: since, Eta: sdk.UnwrapSDKContext(ctx).BlockTime().Add(2 * day).UnixMilli(), Message: q.codec.MustMarshal(packed)}
	if q.off.delay {
		e.Eta = sdk.UnwrapSDKContext(ctx).BlockTime().UnixMilli()
	}
	e.Eta += int64(extra) * 1000
	raw, err := json.Marshal(e)
	if err != nil {
		return err
	}
	kv := sdk.UnwrapSDKContext(ctx).KVStore(q.keys["queue"])
	n := len(q.entries(ctx))
	if n >= q.most {
		return errFull
	}
	kv.Set(sdk.Uint64ToBigEndian(uint64(n)), raw)
	return nil
}

func (q *queue) entries(ctx context.Context) (list []entry) {
	i := sdk.UnwrapSDKContext(ctx).KVStore(q.keys["queue"]).Iterator(nil, nil)
	defer i.Close()
	for ; i.Valid(); i.Next() {
		var e entry
		if err := json.Unmarshal(i.Value(), &e); err != nil {
			q.Fatal(err)
		}
		list = append(list, e)
	}
	return list
}

var errEarly = errors.New("its time has not come")

// execute executes all messages of a proposal.
func (w *world) execute(id uint64) error {
	return w.tx(func(ctx sdk.Context) error {
		found := false
		for _, e := range w.queue.entries(ctx) {
			if e.Proposal != id {
				continue
			}
			found = true
			if ctx.BlockTime().UnixMilli() < e.Eta {
				return errEarly
			}
			var packed codectypes.Any
			w.codec.MustUnmarshal(e.Message, &packed)
			var msg sdk.Msg
			if err := w.codec.UnpackAny(&packed, &msg); err != nil {
				return err
			}
			if _, err := w.router.Handler(msg)(ctx, msg); err != nil {
				return err
			}
		}
		if !found {
			return w.NotQueued(ctx, id)
		}
		return nil
	})
}

// differing returns the keys whose values differ.
func differing(a, b map[string]string) (keys []string) {
	for _, k := range slices.Sorted(maps.Keys(a)) {
		if v, ok := b[k]; !ok || v != a[k] {
			keys = append(keys, k)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(b)) {
		if _, ok := a[k]; !ok {
			keys = append(keys, k)
		}
	}
	return keys
}

func half() math.LegacyDec { return math.LegacyNewDecWithPrec(5, 1) }
