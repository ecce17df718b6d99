package roundtest_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"cosmossdk.io/core/store"
	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"

	"github.com/cosmos/gogoproto/proto"

	"github.com/cosmos/cosmos-sdk/codec/address"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/chain/dataset"
	"github.com/althing-network/althing/chain/ledger"
	"github.com/althing-network/althing/chain/node"
	"github.com/althing-network/althing/chain/task"
	"github.com/althing-network/althing/pb/datasetpb"
	"github.com/althing-network/althing/pb/ledgerpb"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/round/roundtest"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// TestChainAndSimulatorConform: the chain's modules and the simulator's chain carry out the decisions
// of package round in the same way.
func TestChainAndSimulatorConform(t *testing.T) {
	encoding, err := chain.NewEncoding()
	if err != nil {
		t.Fatal(err)
	}
	roundtest.Run(t,
		func(name string) string { return sdk.AccAddress(fmt.Sprintf("%-20s", name)).String() },
		func() roundtest.World { return newStored(encoding) },
		func() roundtest.World { return newMemory() })
}

// Validators implements [roundtest.World].
func (m *memory) Validators() uint64 { return m.Balance(sim.Validators) }

// firstBlock is the block time of the first block, in milliseconds since 1970.
const firstBlock = 1_000_000

// memory is the simulator's chain as a world.
type memory struct {
	*sim.Chain
	time int64 // block time
}

func newMemory() *memory {
	m := &memory{Chain: sim.NewChain(roundtest.Chain), time: firstBlock}
	m.Rules = roundtest.Rules()
	m.BeginBlock(m.time)
	return m
}

func (m *memory) EndBlock(later spec.Duration) error {
	err := errors.Join(m.Chain.EndBlock(), m.CheckInvariants())
	m.time += int64(later)
	m.BeginBlock(m.time)
	return err
}

func (m *memory) Say(task uint64, in round.Input) error {
	err := m.Chain.Say(task, in)
	must(m.CheckInvariants())
	return err
}

func (m *memory) Decide(task uint64, in round.Input) error {
	err := m.Say(task, in)
	if _, withdrawn := in.(round.Withdraw); withdrawn && moot(err) {
		return nil
	}
	return err
}

// moot reports whether a withdrawal is refused because there is nothing to withdraw.
func moot(err error) bool {
	return errors.Is(err, round.ErrTaskNotFound) || errors.Is(err, round.ErrClosed) || errors.Is(err, round.ErrUngoverned) || errors.Is(err, round.ErrNotNominated)
}

func (m *memory) Duties(node uint64) (duties []roundtest.Duty) {
	for _, s := range m.Chain.Duties(node) {
		duties = append(duties, roundtest.Duty{Task: s.Task, Rounds: s.OpenRounds()})
	}
	return duties
}

func (m *memory) GrantDataset(dataset, node uint64) error {
	return errors.Join(m.Grant(dataset, node), m.Hold(node, "digits", dataset))
}

func (m *memory) LedgerRows(dataset uint64) []cost.Row {
	_, rows, err := m.Book(dataset)
	must(err)
	return rows
}

func (m *memory) Effects() []string { return m.EffectLog }

func (m *memory) Owed(task uint64, in round.Input) bool { return m.Check(task, in) == nil }

// stored is the chain's modules and the SDK's bank with their stores, as the application has them,
// without consensus, signatures and fees, as a world. It panics at errors that only a broken
// store could cause.
type stored struct {
	ctx     sdk.Context
	bank    bankkeeper.BaseKeeper
	nodes   node.Keeper
	tasks   task.Keeper
	books   ledger.Keeper
	owned   dataset.Keeper
	effects []string // announced so far

	minted uint64 // uthing
}

// minter is a module account that may mint coins.
const minter = "minter"

func newStored(e chain.Encoding) *stored {
	keys := storetypes.NewKVStoreKeys(authtypes.StoreKey, banktypes.StoreKey, node.Name, ledger.Name, dataset.Name, task.Name)
	kv := func(name string) store.KVStoreService { return runtime.NewKVStoreService(keys[name]) }
	addresses := address.NewBech32Codec(chain.Prefix)
	authority := moduleAddress(minter).String()
	accounts := authkeeper.NewAccountKeeper(e.Codec, kv(authtypes.StoreKey), authtypes.ProtoBaseAccount,
		map[string][]string{authtypes.FeeCollectorName: nil, node.Name: {authtypes.Burner}, task.Name: nil, minter: {authtypes.Minter}}, addresses, chain.Prefix, authority)
	s := &stored{ctx: testutil.DefaultContextWithKeys(keys, nil, nil).WithChainID(roundtest.Chain).WithBlockHeight(1).WithBlockTime(time.UnixMilli(firstBlock))}
	s.ctx = s.ctx.WithMultiStore(s.ctx.MultiStore().CacheMultiStore())
	s.bank = bankkeeper.NewBaseKeeper(e.Codec, kv(banktypes.StoreKey), accounts, nil, authority, log.NewNopLogger())
	s.nodes = node.NewKeeper(e.Codec, kv(node.Name), s.bank, addresses, chain.Denom)
	s.books = ledger.NewKeeper(e.Codec, kv(ledger.Name))
	s.owned = dataset.NewKeeper(e.Codec, kv(dataset.Name), s.nodes, s.books, addresses)
	s.tasks = task.NewKeeper(e.Codec, kv(task.Name), s.bank, s.nodes, s.owned, s.books, everyVersion{}, unsigned{}, chain.Denom, authority)
	accounts.InitGenesis(s.ctx, *authtypes.DefaultGenesisState())
	s.bank.InitGenesis(s.ctx, banktypes.DefaultGenesisState())
	params := node.DefaultParams()
	params.SetRules(roundtest.Rules())
	node.Module{Keeper: s.nodes}.InitGenesis(s.ctx, e.Codec, e.Codec.MustMarshalJSON(&nodepb.Genesis{Params: params}))
	task.Module{Keeper: s.tasks}.InitGenesis(s.ctx, e.Codec, task.Module{}.DefaultGenesis(e.Codec))
	must(errors.Join(s.nodes.BeginBlock(s.ctx), s.tasks.BeginBlock(s.ctx)))
	return s
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// deliver does something as a transaction: if it fails, it is undone.
func (s *stored) deliver(act func(ctx sdk.Context) error) error {
	cached, write := s.ctx.CacheContext()
	err := act(cached)
	if err == nil {
		write()
	}
	s.recordEffects()
	return err
}

// recordEffects records the effects that were announced since the last call.
func (s *stored) recordEffects() {
	for _, event := range s.ctx.EventManager().Events() {
		if event.Type != task.EventType {
			continue
		}
		said := map[string]string{}
		for _, a := range event.Attributes {
			said[a.Key] = a.Value
		}
		s.effects = append(s.effects, fmt.Sprintf("%d: task %s round %s: %s", s.Height(), said["task"], said["round"], said["effect"]))
	}
	s.ctx = s.ctx.WithEventManager(sdk.NewEventManager())
}

func (s *stored) Fund(account string, uthing uint64) {
	to, err := sdk.AccAddressFromBech32(account)
	must(err)
	coins := sdk.NewCoins(sdk.NewCoin(chain.Denom, math.NewIntFromUint64(uthing)))
	must(s.bank.MintCoins(s.ctx, minter, coins))
	s.minted += uthing
	must(s.bank.SendCoinsFromModuleToAccount(s.ctx, minter, to, coins))
}

func (s *stored) Register(owner string, profile spec.Profile, stake uint64) (id uint64, err error) {
	err = s.deliver(func(ctx sdk.Context) error {
		res, err := s.nodes.Register(ctx, &nodepb.MsgRegister{Owner: owner, Profile: nodepb.ProfileFromSpec(profile), Stake: stake})
		if err == nil {
			id = res.Id
		}
		return err
	})
	return id, err
}

// asOwner sends a message of a node's owner.
func (s *stored) asOwner(id uint64, send func(ctx sdk.Context, owner string) error) error {
	return s.deliver(func(ctx sdk.Context) error {
		owner, err := s.nodes.OwnerOf(ctx, id)
		if err != nil {
			return err
		}
		return send(ctx, owner)
	})
}

func (s *stored) SetActive(id uint64, active bool) error {
	return s.asOwner(id, func(ctx sdk.Context, owner string) (err error) {
		if active {
			_, err = s.nodes.Activate(ctx, &nodepb.MsgActivate{Owner: owner})
		} else {
			_, err = s.nodes.Deactivate(ctx, &nodepb.MsgDeactivate{Owner: owner})
		}
		return err
	})
}

func (s *stored) AddStake(id, uthing uint64) error {
	return s.asOwner(id, func(ctx sdk.Context, owner string) error {
		_, err := s.nodes.Bond(ctx, &nodepb.MsgBond{Owner: owner, Amount: uthing})
		return err
	})
}

func (s *stored) Unbond(id, uthing uint64) error {
	return s.asOwner(id, func(ctx sdk.Context, owner string) error {
		_, err := s.nodes.Unbond(ctx, &nodepb.MsgUnbond{Owner: owner, Amount: uthing})
		return err
	})
}

func (s *stored) CancelUnbond(id, number uint64) error {
	return s.asOwner(id, func(ctx sdk.Context, owner string) error {
		_, err := s.nodes.CancelUnbond(ctx, &nodepb.MsgCancelUnbond{Owner: owner, Number: number})
		return err
	})
}

func (s *stored) Exit(id uint64) error {
	return s.asOwner(id, func(ctx sdk.Context, owner string) error {
		_, err := s.nodes.Exit(ctx, &nodepb.MsgExit{Owner: owner})
		return err
	})
}

func (s *stored) Unjail(id uint64) error {
	return s.asOwner(id, func(ctx sdk.Context, owner string) error {
		_, err := s.nodes.Unjail(ctx, &nodepb.MsgUnjail{Owner: owner})
		return err
	})
}

func (s *stored) Slash(id, slashed uint64, part spec.PPM, jail bool) (burned uint64, err error) {
	err = s.deliver(func(ctx sdk.Context) error {
		t, err := s.Task(id)
		if err == nil {
			burned, err = s.tasks.Slash(ctx, t, slashed, part, "slashed by hand", jail)
		}
		return err
	})
	return burned, err
}

func (s *stored) Burned() uint64 {
	return s.minted - s.bank.GetSupply(s.ctx, chain.Denom).Amount.Uint64()
}

func (s *stored) RegisterDataset(owner string, key spec.PublicKey, limit cost.Limit) (id uint64, err error) {
	err = s.deliver(func(ctx sdk.Context) error {
		rows := spec.DigestOf(fmt.Append(nil, s.ctx.GasMeter().GasConsumed(), owner))
		res, err := s.owned.Register(ctx, &datasetpb.MsgRegister{
			Owner:       owner,
			Description: datasetpb.DescriptionFromSpec(spec.Description{Name: "digits", Commitment: rows, Features: 64, Classes: 10, Key: key}),
			Limit:       ledgerpb.LimitFromCost(limit),
		})
		if err == nil {
			id = res.Id
		}
		return err
	})
	return id, err
}

func (s *stored) ReplaceKey(id uint64, key spec.PublicKey) error {
	return s.deliver(func(ctx sdk.Context) error {
		d, err := s.owned.Dataset(ctx, &datasetpb.QueryDataset{Id: id})
		if err == nil {
			_, err = s.owned.Key(ctx, &datasetpb.MsgKey{Owner: d.Dataset.Owner, Dataset: id, Key: key[:]})
		}
		return err
	})
}

func (s *stored) GrantDataset(id, lent uint64) error {
	return s.deliver(func(ctx sdk.Context) error {
		d, err := s.owned.Dataset(ctx, &datasetpb.QueryDataset{Id: id})
		if err == nil {
			_, err = s.owned.Grant(ctx, &datasetpb.MsgGrant{Owner: d.Dataset.Owner, Dataset: id, Node: lent})
		}
		if err != nil {
			return err
		}
		n, err := s.nodes.Get(ctx, lent)
		if err == nil {
			n.Profile.Holdings[0].Dataset = id
			_, err = s.nodes.Update(ctx, &nodepb.MsgUpdate{Owner: n.Owner, Profile: nodepb.ProfileFromSpec(n.Profile)})
		}
		return err
	})
}

func (s *stored) LedgerRows(id uint64) (rows []cost.Row) {
	res, err := s.books.Rows(s.ctx, &ledgerpb.QueryRows{Dataset: id})
	must(err)
	for i := range res.Rows {
		r, err := res.Rows[i].ToCost()
		must(err)
		rows = append(rows, r)
	}
	return rows
}

func (s *stored) Create(owner string, asked spec.TaskSpec) (id uint64, err error) {
	err = s.deliver(func(ctx sdk.Context) error {
		res, err := s.tasks.Create(ctx, &taskpb.MsgCreate{Owner: owner, Spec: taskpb.TaskSpecFromSpec(asked)})
		if err == nil {
			id = res.Id
		}
		return err
	})
	return id, err
}

func (s *stored) Say(id uint64, in round.Input) error {
	return s.deliver(func(ctx sdk.Context) error { return s.handle(ctx, s.message(id, in)) })
}

func (s *stored) Decide(id uint64, in round.Input) error {
	return s.deliver(func(ctx sdk.Context) (err error) {
		m := &taskpb.MsgUpdateModel{Authority: moduleAddress(minter).String(), Task: id, Base: make([]byte, len(spec.Digest{}))}
		switch in := in.(type) {
		case round.Nominate:
			m.Model, m.Holder, m.Updates = in.Model[:], in.Holder, in.Updates
			return s.tasks.Nominate(ctx, in.Proposal, m)
		case round.Withdraw:
			return s.tasks.Withdraw(ctx, in.Proposal, id)
		case round.Amend:
			m.Base[0], m.Updates, m.Settings = 1, in.Updates, taskpb.SettingsFromSpec(in.Settings)
			if !in.Model.IsZero() {
				m.Model = in.Model[:]
			}
			_, err = s.tasks.UpdateModel(task.WithProposal(ctx, in.Proposal), m)
		}
		return err
	})
}

// everyVersion is a model registry in which every model is published.
type everyVersion struct{}

func (everyVersion) Enter(context.Context, uint64, string, string, spec.Model) error { return nil }

func (everyVersion) Publish(context.Context, spec.Version) error { return nil }

func (everyVersion) SetScore(context.Context, uint64, uint64, spec.PPM) error { return nil }

func (everyVersion) Published(context.Context, uint64, spec.Digest) (bool, error) { return true, nil }

func (s *stored) Owed(id uint64, in round.Input) bool { return s.tasks.Owed(s.ctx, s.message(id, in)) }

// unsigned decodes transactions that hold only a message, as an Any, and treats it as signed.
type unsigned struct{}

func (unsigned) SignedMessage(_ context.Context, raw []byte) (sdk.Msg, error) {
	var holds codectypes.Any
	must(holds.Unmarshal(raw))
	m := reflect.New(proto.MessageType(strings.TrimPrefix(holds.TypeUrl, "/")).Elem()).Interface().(sdk.Msg)
	return m, proto.Unmarshal(holds.Value, m)
}

// transaction encodes an answer as a transaction for [unsigned].
func (s *stored) transaction(id uint64, in round.Input) []byte {
	holds, err := codectypes.NewAnyWithValue(s.message(id, in))
	must(err)
	raw, err := holds.Marshal()
	must(err)
	return raw
}

// message returns the message of an input, from the account that sends it.
func (s *stored) message(id uint64, in round.Input) taskpb.Message {
	var owner string
	if two, ok := in.(round.TwoAnswers); ok { // may come from any account
		return &taskpb.MsgAccuseAnswers{Owner: moduleAddress(minter).String(), Task: id, First: s.transaction(id, two.First), Second: s.transaction(id, two.Second)}
	}
	switch in := in.(type) {
	case round.Cancel:
		owner = in.Owner
	case round.TwoReceipts: // may come from any account
		owner = moduleAddress(minter).String()
	default:
		n, ok := s.Node(roundtest.NodeOf(in))
		if !ok {
			panic(fmt.Sprintf("no account can send %#v", in))
		}
		owner = n.Owner
	}
	m, err := taskpb.MessageOf(owner, id, in)
	must(err)
	return m
}

// handle calls the message server's method for a message.
func (s *stored) handle(ctx context.Context, m taskpb.Message) error {
	handler := reflect.ValueOf(s.tasks).MethodByName(strings.TrimPrefix(sdk.MsgTypeURL(m), "/althing.task.v1.Msg"))
	if !handler.IsValid() {
		panic(fmt.Sprintf("no handler for %T", m))
	}
	answer := handler.Call([]reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(m)})
	err, _ := reflect.TypeAssert[error](answer[1])
	return err
}

func (s *stored) EndBlock(later spec.Duration) error {
	err := errors.Join(s.tasks.EndBlock(s.ctx), s.nodes.EndBlock(s.ctx))
	must(s.nodes.Check(s.ctx))
	s.recordEffects()
	s.ctx = s.ctx.WithBlockHeight(s.Height() + 1).WithBlockTime(s.ctx.BlockTime().Add(time.Duration(later) * time.Millisecond))
	must(errors.Join(s.nodes.BeginBlock(s.ctx), s.tasks.BeginBlock(s.ctx)))
	return err
}

func (s *stored) Time() spec.Time {
	res, err := s.tasks.Time(s.ctx, &taskpb.QueryTime{})
	must(err)
	return spec.Time(res.Time)
}

func (s *stored) Height() int64 { return s.ctx.BlockHeight() }

func (s *stored) Task(id uint64) (spec.Task, error) {
	res, err := s.tasks.Task(s.ctx, &taskpb.QueryTask{Id: id})
	if err != nil {
		return spec.Task{}, err
	}
	return res.Task.ToSpec()
}

func (s *stored) Round(id, number uint64) (spec.Round, error) {
	res, err := s.tasks.Round(s.ctx, &taskpb.QueryRound{Task: id, Number: number})
	if err != nil {
		return spec.Round{}, err
	}
	return res.Round.ToSpec()
}

func (s *stored) Node(id uint64) (spec.Node, bool) {
	n, err := s.nodes.Get(s.ctx, id)
	if errors.Is(err, node.ErrNotFound) {
		return spec.Node{}, false
	}
	must(err)
	return n, true
}

func (s *stored) Duties(id uint64) (duties []roundtest.Duty) {
	res, err := s.tasks.Duties(s.ctx, &taskpb.QueryDuties{Node: id})
	must(err)
	for _, d := range res.Duties {
		var duty roundtest.Duty
		duty.Task, err = d.Task.ToSpec()
		must(err)
		for _, r := range d.Rounds {
			played, err := r.ToSpec()
			must(err)
			duty.Rounds = append(duty.Rounds, played)
		}
		duties = append(duties, duty)
	}
	return duties
}

func (s *stored) Committed(id uint64, commitment spec.Digest) (uint64, error) {
	res, err := s.tasks.Committed(s.ctx, &taskpb.QueryCommitted{Task: id, Commitment: commitment[:]})
	if err != nil {
		return 0, err
	}
	return res.Node, nil
}

func (s *stored) Balance(account string) uint64 {
	of, err := sdk.AccAddressFromBech32(account)
	must(err)
	return s.bank.GetBalance(s.ctx, of, chain.Denom).Amount.Uint64()
}

func (s *stored) Escrow() uint64 {
	return s.bank.GetBalance(s.ctx, moduleAddress(task.Name), chain.Denom).Amount.Uint64()
}

func (s *stored) Validators() uint64 {
	return s.bank.GetBalance(s.ctx, moduleAddress(authtypes.FeeCollectorName), chain.Denom).Amount.Uint64()
}

func (s *stored) Effects() []string { return s.effects }

// moduleAddress is the address of a module's account.
func moduleAddress(name string) sdk.AccAddress { return authtypes.NewModuleAddress(name) }
