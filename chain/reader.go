package chain

import (
	"fmt"
	"maps"
	"slices"

	cmtcrypto "github.com/cometbft/cometbft/proto/tendermint/crypto"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/iavl"
	ics23 "github.com/cosmos/ics23/go"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/store/v2/cachekv"
	"github.com/cosmos/cosmos-sdk/store/v2/cachemulti"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/store/v2/wrapper"
)

// reader is the chain's stores for queries: at a committed height, from separate trees over the
// same database. The SDK would use the same cached nodes as the block that is being executed:
// that is a race, and queries of strangers would evict nodes from the cache that blocks need.
type reader struct {
	storetypes.MultiStore // the stores of blocks, which know the newest height
	stores                []readStore
}

type readStore struct {
	key  *storetypes.KVStoreKey
	tree *iavl.MutableTree // only to get the immutable tree of a height
}

// newReader returns a reader that caches the given number of tree nodes per store.
func newReader(chain storetypes.MultiStore, db dbm.DB, keys map[string]*storetypes.KVStoreKey, nodes int) reader {
	r := reader{MultiStore: chain}
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		within := dbm.NewPrefixDB(db, []byte("s/k:"+name+"/")) // where the SDK keeps the store
		// The index of newest values ("fast storage") has only one height, and it changes.
		const withoutNewest = true
		r.stores = append(r.stores, readStore{
			keys[name],
			iavl.NewMutableTree(wrapper.NewDBWrapper(within), nodes, withoutNewest, log.NewNopLogger()),
		})
	}
	return r
}

// CacheMultiStoreWithVersion implements [storetypes.MultiStore].
func (r reader) CacheMultiStoreWithVersion(height int64) (storetypes.CacheMultiStore, error) {
	at := make(map[storetypes.StoreKey]storetypes.CacheWrapper, len(r.stores))
	for _, s := range r.stores {
		tree, err := s.tree.GetImmutable(height)
		if err != nil {
			return nil, fmt.Errorf("store %s at height %d: %w", s.key.Name(), height, err)
		}
		at[s.key] = frozen{tree}
	}
	return cachemulti.NewStore(at), nil
}

// get reads one key of a store at a height, with a proof up to the root of the store if prove
// says so.
func (r reader) get(store string, height int64, key []byte, prove bool) ([]byte, *cmtcrypto.ProofOps, error) {
	at := slices.IndexFunc(r.stores, func(s readStore) bool { return s.key.Name() == store })
	if at < 0 {
		return nil, nil, fmt.Errorf("unknown store %.80q", store)
	}
	tree, err := r.stores[at].tree.GetImmutable(height)
	if err != nil {
		return nil, nil, err
	}
	value, err := tree.Get(key)
	if err != nil || !prove {
		return value, nil, err
	}
	var proof *ics23.CommitmentProof
	if value == nil {
		proof, err = tree.GetNonMembershipProof(key)
	} else {
		proof, err = tree.GetMembershipProof(key)
	}
	if err != nil {
		return nil, nil, err
	}
	step := storetypes.NewIavlCommitmentOp(key, proof).ProofOp()
	return value, &cmtcrypto.ProofOps{Ops: []cmtcrypto.ProofOp{step}}, nil
}

// frozen is a store at one height.
type frozen struct{ tree *iavl.ImmutableTree }

// GetStoreType implements [storetypes.KVStore].
func (f frozen) GetStoreType() storetypes.StoreType { return storetypes.StoreTypeIAVL }

// CacheWrap implements [storetypes.KVStore].
func (f frozen) CacheWrap() storetypes.CacheWrap { return cachekv.NewStore(f) }

// Get implements [storetypes.KVStore].
func (f frozen) Get(key []byte) []byte { return mustRead(f.tree.Get(key)) }

// Has implements [storetypes.KVStore].
func (f frozen) Has(key []byte) bool { return mustRead(f.tree.Has(key)) }

// Iterator implements [storetypes.KVStore].
func (f frozen) Iterator(start, end []byte) storetypes.Iterator {
	return mustRead(f.tree.Iterator(start, end, true))
}

// ReverseIterator implements [storetypes.KVStore].
func (f frozen) ReverseIterator(start, end []byte) storetypes.Iterator {
	return mustRead(f.tree.Iterator(start, end, false))
}

// Set implements [storetypes.KVStore]; it panics.
func (f frozen) Set([]byte, []byte) { panic("write to a committed store") }

// Delete implements [storetypes.KVStore]; it panics.
func (f frozen) Delete([]byte) { panic("write to a committed store") }

// mustRead returns a value that was read. It panics on an error, which ends the query: the
// interface of a store has no errors.
func mustRead[T any](value T, err error) T {
	if err != nil {
		panic(fmt.Errorf("read a store: %w", err))
	}
	return value
}
