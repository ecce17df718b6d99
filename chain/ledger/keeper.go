// Package ledger keeps the books of privacy on the chain: for each data set how much privacy
// may be lost, how much is reserved and spent, and a row for each change. A row is never
// edited. No money is in it.
//
// The application builds a [Keeper] and wraps it in a [Module]; chain/dataset opens books and
// lowers limits, chain/task reserves and charges. README.md describes the state. The package
// does no arithmetic: a book is a value of package privacy/cost. Nor does it check who may
// change a book: its callers do.
package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/ledgerpb"
	"github.com/althing-network/althing/privacy/cost"
)

// Name is the module's name and its store key.
const Name = "ledger"

var _ ledgerpb.QueryServer = Keeper{}

// Keeper owns the books and serves their queries.
type Keeper struct {
	books    collections.Map[uint64, ledgerpb.Book]                              // by data set; with the reservations that have releases left
	ended    collections.Map[collections.Triple[uint64, uint64, string], uint64] // newest charged round of other reservations, by data set, task and reason
	rows     collections.Map[collections.Pair[uint64, uint64], ledgerpb.Row]     // by data set and number
	costings collections.Map[collections.Pair[uint64, string], ledgerpb.Costing] // by task and reason
}

// NewKeeper returns a keeper over a store.
func NewKeeper(cdc codec.BinaryCodec, kv store.KVStoreService) Keeper {
	sb := collections.NewSchemaBuilder(kv)
	k := Keeper{
		books: collections.NewMap(sb, collections.NewPrefix(0), "books", collections.Uint64Key, codec.CollValue[ledgerpb.Book](cdc)),
		ended: collections.NewMap(sb, collections.NewPrefix(1), "ended",
			collections.TripleKeyCodec(collections.Uint64Key, collections.Uint64Key, collections.StringKey), collections.Uint64Value),
		rows: collections.NewMap(sb, collections.NewPrefix(2), "rows",
			collections.PairKeyCodec(collections.Uint64Key, collections.Uint64Key), codec.CollValue[ledgerpb.Row](cdc)),
		costings: collections.NewMap(sb, collections.NewPrefix(3), "costings",
			collections.PairKeyCodec(collections.Uint64Key, collections.StringKey), codec.CollValue[ledgerpb.Costing](cdc)),
	}
	if _, err := sb.Build(); err != nil {
		panic(err) // two collections have the same prefix
	}
	return k
}

// Open opens the book of a data set, once.
func (k Keeper) Open(ctx context.Context, dataset uint64, owner string, limit cost.Limit) error {
	known, err := k.books.Has(ctx, dataset)
	if err != nil {
		return fmt.Errorf("read the book of data set %d: %w", dataset, err)
	}
	if known {
		return withDataset(dataset, owner, ledgerpb.ErrBookOpen)
	}
	b, rows, err := cost.Open(limit)
	if err != nil {
		return withCode(err)
	}
	return k.write(ctx, dataset, owner, b, rows)
}

// Lower sets a lower limit, see [cost.Book.Lower].
func (k Keeper) Lower(ctx context.Context, dataset uint64, limit cost.Limit) error {
	return k.change(ctx, dataset, 0, "", func(b cost.Book) (cost.Book, []cost.Row, error) { return b.Lower(limit) })
}

// Reserve keeps a number of releases for a task and a reason, see [cost.Book.Reserve]. All
// releases of a task for one reason are of the same kind.
func (k Keeper) Reserve(ctx context.Context, dataset, task uint64, reason string, release cost.Release, releases uint64) error {
	var costing ledgerpb.Costing
	err := k.change(ctx, dataset, task, reason, func(b cost.Book) (_ cost.Book, _ []cost.Row, err error) {
		if costing, err = k.costing(ctx, task, reason, release, b.Limit); err != nil {
			return b, nil, err
		}
		each, _, err := costing.Under(b.Limit.Adjacency)
		if err != nil {
			return b, nil, err
		}
		return b.Reserve(task, reason, each, releases)
	})
	if err != nil {
		return err
	}
	return k.costings.Set(ctx, collections.Join(task, reason), costing)
}

// Charge spends one release of what its task has reserved, see [cost.Book.Charge].
func (k Keeper) Charge(ctx context.Context, dataset, task uint64, reason string, round uint64) error {
	return k.change(ctx, dataset, task, reason, func(b cost.Book) (cost.Book, []cost.Row, error) {
		return b.Charge(task, reason, round)
	})
}

// Release gives back the releases that a task has reserved and not charged, see
// [cost.Book.Release].
func (k Keeper) Release(ctx context.Context, dataset, task uint64, reason string) error {
	return k.change(ctx, dataset, task, reason, func(b cost.Book) (cost.Book, []cost.Row, error) {
		return b.Release(task, reason)
	})
}

// change applies a verb to the book of a data set and stores the result. An error changes
// nothing.
func (k Keeper) change(ctx context.Context, dataset, task uint64, reason string, verb func(cost.Book) (cost.Book, []cost.Row, error)) error {
	owner, b, err := k.read(ctx, dataset, task, reason)
	if err != nil {
		return err
	}
	next, rows, err := verb(b)
	if err != nil {
		return withDataset(dataset, owner, err)
	}
	if len(rows) == 0 {
		return nil
	}
	if err := k.ended.Remove(ctx, collections.Join3(dataset, task, reason)); err != nil { // write sets it again if no release is left
		return err
	}
	return k.write(ctx, dataset, owner, next, rows)
}

// Get returns the book of a data set with its owner, without reservations that have no
// releases left, or [ledgerpb.ErrNoBook].
func (k Keeper) Get(ctx context.Context, dataset uint64) (owner string, b cost.Book, err error) {
	return k.read(ctx, dataset, 0, "")
}

// Count returns the number of books. It reads all of them, so only a genesis and the check of
// invariants use it.
func (k Keeper) Count(ctx context.Context) (n int, err error) {
	err = k.books.Walk(ctx, nil, func(uint64, ledgerpb.Book) (bool, error) {
		n++
		return false, nil
	})
	if err != nil {
		return 0, fmt.Errorf("count books: %w", err)
	}
	return n, nil
}

// read returns a book for a verb about a task and a reason. Of the reservations without
// releases left it includes only that one.
func (k Keeper) read(ctx context.Context, dataset, task uint64, reason string) (owner string, b cost.Book, err error) {
	stored, err := k.stored(ctx, dataset)
	if err != nil {
		return "", b, err
	}
	if b, err = stored.ToCost(); err != nil {
		return "", b, fmt.Errorf("read the book of data set %d: %w", dataset, err)
	}
	last, err := k.ended.Get(ctx, collections.Join3(dataset, task, reason))
	switch {
	case errors.Is(err, collections.ErrNotFound):
		return stored.Owner, b, nil
	case err != nil:
		return "", b, fmt.Errorf("read the book of data set %d: %w", dataset, err)
	}
	b.Reservations = append(b.Reservations, cost.Reservation{Task: task, Reason: reason, Last: last})
	slices.SortFunc(b.Reservations, cost.Reservation.Compare)
	return stored.Owner, b, nil
}

func (k Keeper) stored(ctx context.Context, dataset uint64) (ledgerpb.Book, error) {
	stored, err := k.books.Get(ctx, dataset)
	if errors.Is(err, collections.ErrNotFound) {
		return stored, withCode(fmt.Errorf("data set %d: %w", dataset, ledgerpb.ErrNoBook))
	}
	if err != nil {
		return stored, fmt.Errorf("read the book of data set %d: %w", dataset, err)
	}
	return stored, nil
}

// write stores a book and its new rows.
func (k Keeper) write(ctx context.Context, dataset uint64, owner string, b cost.Book, rows []cost.Row) error {
	for _, r := range b.Reservations {
		if r.Left == 0 {
			if err := k.ended.Set(ctx, collections.Join3(dataset, r.Task, r.Reason), r.Last); err != nil {
				return err
			}
		}
	}
	for _, r := range rows {
		if err := k.rows.Set(ctx, collections.Join(dataset, r.Number), ledgerpb.RowFromCost(r)); err != nil {
			return err
		}
	}
	return k.books.Set(ctx, dataset, ledgerpb.BookFromCost(owner, b))
}

// withDataset adds the data set and its owner to an error.
func withDataset(dataset uint64, owner string, err error) error {
	return withCode(fmt.Errorf("data set %d of %s: %w", dataset, owner, err))
}

// consumeGas takes gas for computing a cost: no read pays for that time.
func consumeGas(ctx context.Context, gas uint64) {
	sdk.UnwrapSDKContext(ctx).GasMeter().ConsumeGas(gas, "cost of a release")
}
