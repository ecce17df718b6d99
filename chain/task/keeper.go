// Package task keeps tasks and their rounds on the chain: it holds the escrow,
// feeds messages to the machine of package round and carries its effects out.
//
// It decides nothing about a round: that is package round. It holds no model
// and no update, only their digests.
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
	// IDOf is the node of an account, OwnerOf the account of a node.
	IDOf(ctx context.Context, owner string) (uint64, error)
	OwnerOf(ctx context.Context, id uint64) (string, error)
	// Roster is the nodes that may be selected, for the end of a block.
	Roster(ctx context.Context) (*round.Roster, error)
	// Watch begins to look at which nodes are written to; undone says that all of that
	// has been taken back, so that the next roster does not show it.
	Watch() (undone func())
	// Walk visits the active nodes in the order of their ids, until one stops it.
	Walk(ctx context.Context, visit func(spec.Node) (stop bool, err error)) error
	Engage(ctx context.Context, id uint64, delta int) error
	// CheckBond refuses what a task may not require. Hold takes it of a node's stake, or
	// what is free of it, and Unlock gives it back.
	CheckBond(ctx context.Context, required uint64) error
	Hold(ctx context.Context, id, required uint64) (held uint64, err error)
	Unlock(ctx context.Context, id, held uint64) error
	Slash(ctx context.Context, id, task, base uint64, part spec.PPM, fault string, jail bool) (burned uint64, err error)
	// These pass over a node that has exited: a task may end long after its last
	// round, when the trainers of that round are free to go.
	Merit(ctx context.Context, id uint64, c spec.Change) error
	Demerit(ctx context.Context, id uint64, c spec.Change) error
	Excuse(ctx context.Context, id uint64, c spec.Change) error
	Measure(ctx context.Context, id uint64, kind string, accuracy spec.PPM) error
}

// Datasets knows who owns rows.
type Datasets interface {
	// Payer is a data set that a node may train on, of an owner who is admitted, and whose
	// book could pay so many releases, each of the price that its limit has; false where
	// there is none.
	Payer(ctx context.Context, dataset, node uint64, admits func(owner string) bool, releases uint64, price func(cost.Limit) (cost.Amount, error)) (d spec.Dataset, pays bool, err error)
}

// Ledger is the books of the data sets.
type Ledger interface {
	// Appraise computes what one release of a task costs and stores it; Appraised looks
	// that up for a book with some limit.
	Appraise(ctx context.Context, task uint64, reason string, release cost.Release) error
	Appraised(ctx context.Context, task uint64, reason string, limit cost.Limit) (cost.Amount, error)
	Reserve(ctx context.Context, dataset, task uint64, reason string, release cost.Release, releases uint64) error
	Charge(ctx context.Context, dataset, task uint64, reason string, round uint64) error
	Release(ctx context.Context, dataset, task uint64, reason string) error
}

// Models is the registry of lines of models.
type Models interface {
	// Enter says into which line of its owner a new task publishes, by the line's name;
	// empty: into one of its own.
	Enter(ctx context.Context, task uint64, owner, line string, architecture spec.Model) error
	// Publish adds a version to the line of its task, whose number and height it gives.
	Publish(ctx context.Context, v spec.Version) error
	// Scored gives the version of a round its score.
	Scored(ctx context.Context, task, round uint64, score spec.PPM) error
	// Published reports whether a model is a version of a task's line.
	Published(ctx context.Context, task uint64, model spec.Digest) (bool, error)
}

// Keeper owns the state of tasks and serves their messages and queries.
type Keeper struct {
	bank     Bank
	nodes    Registry
	datasets Datasets
	ledger   Ledger
	models   Models // nil: nobody keeps versions, so no vote changes a task
	signed   Transactions
	denom    string
	// authority is the account in whose name passed proposals act.
	authority string

	next       collections.Sequence
	tasks      collections.Map[uint64, taskpb.Task] // without their task files and committees
	committees collections.Map[uint64, taskpb.Task] // of a task its aggregators and evaluators, and nothing else
	files      collections.Map[uint64, taskpb.TaskSpec]
	rounds     collections.Map[collections.Pair[uint64, uint64], taskpb.Round] // task, number; without the parts of participants
	trainers   collections.Map[partKey, taskpb.Contribution]                   // by node
	aggregates collections.Map[partKey, taskpb.Aggregate]                      // by place; without what they hold
	holds      collections.Map[partKey, []byte]                                // by place of the aggregator
	bitmaps    collections.Map[collections.Pair[uint64, uint64], []byte]       // task, number: who has committed
	scores     collections.Map[partKey, taskpb.Evaluation]                     // by place; without their counts
	counts     collections.Map[partKey, taskpb.Evaluation]                     // by place of the evaluator: its counts, and nothing else
	committed  collections.Map[collections.Pair[uint64, []byte], uint64]       // task, commitment: the trainer that said it, while its round trains
	free       collections.Map[partKey, uint64]                                // task, round, node: its free messages in the phase that have not been carried out
	due        collections.KeySet[dueKey]
	clock      collections.Item[taskpb.Clock]
	tariff     collections.Item[taskpb.Tariff]
	byState    collections.KeySet[collections.Pair[uint32, uint64]]           // state, task
	byOwner    collections.KeySet[collections.Pair[string, uint64]]           // owner, task
	parts      collections.Map[collections.Pair[uint64, uint64], taskpb.Held] // node, task: what the task has of the node
}

// NewKeeper returns a keeper over the given store; amounts are in denom, and only the
// authority carries out what votes decide.
func NewKeeper(cdc codec.BinaryCodec, kv store.KVStoreService, bank Bank, nodes Registry, datasets Datasets, ledger Ledger, models Models, signed Transactions, denom, authority string) Keeper {
	sb := collections.NewSchemaBuilder(checked{kv})
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
		panic(err) // two collections share a prefix: a mistake in the lines above
	}
	return k
}
