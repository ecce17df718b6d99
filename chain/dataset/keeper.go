// Package dataset keeps the registered data sets on the chain: their owners, what their rows
// are, a commitment to the rows, and the nodes that may train on them. Each data set has a
// book in chain/ledger.
//
// The application builds a [Keeper] and wraps it in a [Module]; chain/task asks [Keeper.Payer]
// whose data set can pay for a private task. README.md describes state and messages. The
// package stores no rows, and it does not select trainers: that is package round.
package dataset

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/address"
	"cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/codec"

	"github.com/althing-network/althing/pb/datasetpb"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

// Name is the module's name and its store key.
const Name = "dataset"

var (
	_ datasetpb.MsgServer   = Keeper{}
	_ datasetpb.QueryServer = Keeper{}
)

// Nodes is the registry of participants.
type Nodes interface {
	// Get returns a node, or an error if it does not exist.
	Get(ctx context.Context, id uint64) (spec.Node, error)
	// IDOf returns the id of an account's node, or an error if the account has none.
	IDOf(ctx context.Context, owner string) (uint64, error)
}

// Ledger is the books of the data sets.
type Ledger interface {
	Open(ctx context.Context, dataset uint64, owner string, limit cost.Limit) error
	Lower(ctx context.Context, dataset uint64, limit cost.Limit) error
	Get(ctx context.Context, dataset uint64) (owner string, b cost.Book, err error)
	// Count returns the number of books.
	Count(ctx context.Context) (int, error)
	// Cost computes the cost of a release for a book with this limit.
	Cost(ctx context.Context, limit cost.Limit, release cost.Release) (cost.Amount, error)
}

// Keeper owns the data sets and serves their messages and queries.
type Keeper struct {
	nodes     Nodes
	ledger    Ledger
	addresses address.Codec

	last        collections.Sequence                                      // id of the newest data set
	datasets    collections.Map[uint64, datasetpb.Dataset]                // by id
	commitments collections.Map[collections.Pair[string, []byte], uint64] // id by owner and commitment
	names       collections.KeySet[collections.Pair[string, uint64]]      // ids by name
	owners      collections.KeySet[collections.Pair[string, uint64]]      // ids by owner
	grants      collections.KeySet[collections.Pair[uint64, uint64]]      // nodes by data set
}

// NewKeeper returns a keeper over a store.
func NewKeeper(cdc codec.BinaryCodec, kv store.KVStoreService, nodes Nodes, ledger Ledger, addresses address.Codec) Keeper {
	sb := collections.NewSchemaBuilder(kv)
	k := Keeper{
		nodes: nodes, ledger: ledger, addresses: addresses,
		last:     collections.NewSequence(sb, collections.NewPrefix(0), "last"),
		datasets: collections.NewMap(sb, collections.NewPrefix(1), "datasets", collections.Uint64Key, codec.CollValue[datasetpb.Dataset](cdc)),
		commitments: collections.NewMap(sb, collections.NewPrefix(2), "commitments",
			collections.PairKeyCodec(collections.StringKey, collections.BytesKey), collections.Uint64Value),
		names:  collections.NewKeySet(sb, collections.NewPrefix(3), "names", collections.PairKeyCodec(collections.StringKey, collections.Uint64Key)),
		grants: collections.NewKeySet(sb, collections.NewPrefix(4), "grants", collections.PairKeyCodec(collections.Uint64Key, collections.Uint64Key)),
		owners: collections.NewKeySet(sb, collections.NewPrefix(5), "owners", collections.PairKeyCodec(collections.StringKey, collections.Uint64Key)),
	}
	if _, err := sb.Build(); err != nil {
		panic(err) // two collections have the same prefix
	}
	return k
}

// Granted reports whether a node may train on a data set.
func (k Keeper) Granted(ctx context.Context, dataset, node uint64) (bool, error) {
	granted, err := k.grants.Has(ctx, collections.Join(dataset, node))
	if err != nil {
		return false, fmt.Errorf("read the grants of data set %d: %w", dataset, err)
	}
	return granted, nil
}

// Payer returns a data set, and whether it can pay for a node's part in a private task: the
// data set exists, the node may train on it, the owner is admitted, and the book can pay for
// this many releases. Price is the cost of a release under a limit.
func (k Keeper) Payer(ctx context.Context, id, node uint64, admits func(owner string) bool, releases uint64, price func(cost.Limit) (cost.Amount, error)) (d spec.Dataset, pays bool, err error) {
	granted, err := k.Granted(ctx, id, node)
	if err != nil || !granted {
		return d, false, err
	}
	stored, err := k.stored(ctx, id)
	if err != nil || !admits(stored.Owner) {
		return d, false, err
	}
	v, err := k.verdict(ctx, stored, releases, price)
	if err != nil || v.Refused != "" {
		return d, false, err
	}
	d, err = stored.ToSpec()
	return d, err == nil, err
}

// stored returns a data set, or [ErrNotFound].
func (k Keeper) stored(ctx context.Context, id uint64) (datasetpb.Dataset, error) {
	d, err := k.datasets.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return d, ErrNotFound.Wrapf("data set %d", id)
	}
	if err != nil {
		return d, fmt.Errorf("read data set %d: %w", id, err)
	}
	return d, nil
}

// insert stores a new data set.
func (k Keeper) insert(ctx context.Context, d datasetpb.Dataset) error {
	return errors.Join(
		k.datasets.Set(ctx, d.Id, d),
		k.commitments.Set(ctx, collections.Join(d.Owner, d.Description.Commitment), d.Id),
		k.names.Set(ctx, collections.Join(d.Description.Name, d.Id)),
		k.owners.Set(ctx, collections.Join(d.Owner, d.Id)),
	)
}
