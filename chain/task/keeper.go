// Package task keeps tasks and their rounds on the chain: it holds the escrow, gives messages
// to the state machine of package round and carries out its effects.
//
// The application builds a [Keeper] and wraps it in a [Module]; chain/fee asks [Keeper.Free]
// which messages are free. README.md describes state and messages.
//
// The package decides nothing about a round, which is package round. It holds no model and no
// update, only their digests.
package task

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Name is the module's name, its store key and its escrow account.
const Name = "task"

var (
	_ taskpb.MsgServer   = Keeper{}
	_ taskpb.QueryServer = Keeper{}
)

// Bank moves the escrow.
type Bank interface {
	SendCoinsFromAccountToModule(ctx context.Context, from sdk.AccAddress, module string, amount sdk.Coins) error
	SendCoinsFromModuleToAccount(ctx context.Context, module string, to sdk.AccAddress, amount sdk.Coins) error
	SendCoinsFromModuleToModule(ctx context.Context, from, to string, amount sdk.Coins) error
}

// Registry knows the nodes.
type Registry interface {
	// IDOf returns the node of an account, OwnerOf the account of a node.
	IDOf(ctx context.Context, owner string) (uint64, error)
	OwnerOf(ctx context.Context, id uint64) (string, error)
	// Roster returns the nodes that may be selected. Only the end of a block calls it.
	Roster(ctx context.Context) (*round.Roster, error)
	// TrackWrites starts to record which nodes are written to. The caller calls undone if it has
	// rolled these writes back.
	TrackWrites() (undone func())
	// Walk visits the active nodes by id until visit says stop.
	Walk(ctx context.Context, visit func(spec.Node) (stop bool, err error)) error
	// Engage adds delta to the number of parts that a node has in running tasks.
	Engage(ctx context.Context, id uint64, delta int) error
	// CheckBond refuses a bond that no task may require. Hold reserves it, or the free stake
	// where that is less, and Unlock frees it.
	CheckBond(ctx context.Context, required uint64) error
	Hold(ctx context.Context, id, required uint64) (held uint64, err error)
	Unlock(ctx context.Context, id, held uint64) error
	Slash(ctx context.Context, id, task, base uint64, part spec.PPM, fault string, jail bool) (burned uint64, err error)
	// These do nothing for a node that has exited: a task may end long after its trainers
	// have left.
	Merit(ctx context.Context, id uint64, c spec.Change) error
	Demerit(ctx context.Context, id uint64, c spec.Change) error
	Excuse(ctx context.Context, id uint64, c spec.Change) error
	Measure(ctx context.Context, id uint64, kind string, accuracy spec.PPM) error
}

// Datasets knows the registered data sets.
type Datasets interface {
	// Payer returns a data set if a node may train on it, its owner is admitted, and its book
	// can pay for this many releases. Price is the cost of a release under a limit.
	Payer(ctx context.Context, dataset, node uint64, admits func(owner string) bool, releases uint64, price func(cost.Limit) (cost.Amount, error)) (d spec.Dataset, pays bool, err error)
}

// Ledger is the books of the data sets.
type Ledger interface {
	// Appraise computes and stores the cost of one release of a task. Appraised returns it
	// for a book with this limit.
	Appraise(ctx context.Context, task uint64, reason string, release cost.Release) error
	Appraised(ctx context.Context, task uint64, reason string, limit cost.Limit) (cost.Amount, error)
	Reserve(ctx context.Context, dataset, task uint64, reason string, release cost.Release, releases uint64) error
	Charge(ctx context.Context, dataset, task uint64, reason string, round uint64) error
	Release(ctx context.Context, dataset, task uint64, reason string) error
}

// Models is the registry of lines of models.
type Models interface {
	// Enter adds a new task to the line of its owner with this name; empty: to a line of its
	// own.
	Enter(ctx context.Context, task uint64, owner, line string, architecture spec.Model) error
	// Publish adds a version to the line of its task and sets its number and height.
	Publish(ctx context.Context, v spec.Version) error
	// SetScore sets the score of the version of a round.
	SetScore(ctx context.Context, task, round uint64, score spec.PPM) error
	// Published reports whether a model is a version of a task's line.
	Published(ctx context.Context, task uint64, model spec.Digest) (bool, error)
}

// Keeper owns the state of tasks and serves their messages and queries.
type Keeper struct {
	bank     Bank
	nodes    Registry
	datasets Datasets
	ledger   Ledger
	models   Models // nil: no versions are kept, so no vote can change a task
	signed   Transactions
	denom    string
	// authority is the account of passed proposals.
	authority string

	next       collections.Sequence
	tasks      collections.Map[uint64, taskpb.Task] // without their task files and committees
	committees collections.Map[uint64, taskpb.Task] // only the aggregators and evaluators of the task
	files      collections.Map[uint64, taskpb.TaskSpec]
	rounds     collections.Map[collections.Pair[uint64, uint64], taskpb.Round] // task, number; without the parts of participants
	trainers   collections.Map[partKey, taskpb.Contribution]                   // by node
	aggregates collections.Map[partKey, taskpb.Aggregate]                      // by place in the list; without bitmaps
	holds      collections.Map[partKey, []byte]                                // bitmaps of aggregators, by their place
	bitmaps    collections.Map[collections.Pair[uint64, uint64], []byte]       // task, number: which trainers have committed
	scores     collections.Map[partKey, taskpb.Evaluation]                     // by place in the list; without counts
	counts     collections.Map[partKey, taskpb.Evaluation]                     // only the counts, by place of the evaluator
	committed  collections.Map[collections.Pair[uint64, []byte], uint64]       // task, commitment: its trainer, while the round trains
	free       collections.Map[partKey, uint64]                                // task, round, node: free messages in the phase that have not succeeded
	due        collections.KeySet[dueKey]
	clock      collections.Item[taskpb.Clock]
	tariff     collections.Item[taskpb.Tariff]
	byState    collections.KeySet[collections.Pair[uint32, uint64]]           // state, task
	byOwner    collections.KeySet[collections.Pair[string, uint64]]           // owner, task
	parts      collections.Map[collections.Pair[uint64, uint64], taskpb.Held] // node, task: parts and bond
}

// NewKeeper returns a keeper over a store. Amounts are in denom; authority is the account of
// passed proposals.
func NewKeeper(cdc codec.BinaryCodec, kv store.KVStoreService, bank Bank, nodes Registry, datasets Datasets, ledger Ledger, models Models, signed Transactions, denom, authority string) Keeper {
	sb := collections.NewSchemaBuilder(storeService{kv})
	pair := collections.PairKeyCodec(collections.Uint64Key, collections.Uint64Key)
	part := collections.TripleKeyCodec(collections.Uint64Key, collections.Uint64Key, collections.Uint64Key)
	k := Keeper{
		bank: bank, nodes: nodes, datasets: datasets, ledger: ledger, models: models, signed: signed, denom: denom, authority: authority,
		next:    collections.NewSequence(sb, collections.NewPrefix(0), "next"),
		tasks:   collections.NewMap(sb, collections.NewPrefix(1), "tasks", collections.Uint64Key, codec.CollValue[taskpb.Task](cdc)),
		rounds:  collections.NewMap(sb, collections.NewPrefix(2), "rounds", pair, codec.CollValue[taskpb.Round](cdc)),
		due:     collections.NewKeySet(sb, collections.NewPrefix(3), "due", collections.TripleKeyCodec(collections.BoolKey, collections.Int64Key, collections.Uint64Key)),
		byState: collections.NewKeySet(sb, collections.NewPrefix(4), "by_state", collections.PairKeyCodec(collections.Uint32Key, collections.Uint64Key)),
		byOwner: collections.NewKeySet(sb, collections.NewPrefix(5), "by_owner", collections.PairKeyCodec(collections.StringKey, collections.Uint64Key)),
		parts:   collections.NewMap(sb, collections.NewPrefix(6), "parts", pair, codec.CollValue[taskpb.Held](cdc)),

		files:      collections.NewMap(sb, collections.NewPrefix(7), "files", collections.Uint64Key, codec.CollValue[taskpb.TaskSpec](cdc)),
		trainers:   collections.NewMap(sb, collections.NewPrefix(8), "trainers", part, codec.CollValue[taskpb.Contribution](cdc)),
		aggregates: collections.NewMap(sb, collections.NewPrefix(9), "aggregates", part, codec.CollValue[taskpb.Aggregate](cdc)),
		scores:     collections.NewMap(sb, collections.NewPrefix(10), "scores", part, codec.CollValue[taskpb.Evaluation](cdc)),
		committed: collections.NewMap(sb, collections.NewPrefix(11), "committed",
			collections.PairKeyCodec(collections.Uint64Key, collections.BytesKey), collections.Uint64Value),
		committees: collections.NewMap(sb, collections.NewPrefix(18), "committees", collections.Uint64Key, codec.CollValue[taskpb.Task](cdc)),
		counts:     collections.NewMap(sb, collections.NewPrefix(17), "counts", part, codec.CollValue[taskpb.Evaluation](cdc)),
		holds:      collections.NewMap(sb, collections.NewPrefix(12), "holds", part, collections.BytesValue),
		bitmaps:    collections.NewMap(sb, collections.NewPrefix(14), "bitmaps", pair, collections.BytesValue),
		free:       collections.NewMap(sb, collections.NewPrefix(15), "free", part, collections.Uint64Value),
		clock:      collections.NewItem(sb, collections.NewPrefix(13), "clock", codec.CollValue[taskpb.Clock](cdc)),
		tariff:     collections.NewItem(sb, collections.NewPrefix(16), "tariff", codec.CollValue[taskpb.Tariff](cdc)),
	}
	if _, err := sb.Build(); err != nil {
		panic(err) // two collections have the same prefix
	}
	return k
}
