package main

import (
	"context"
	"fmt"
	"syscall"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/chain/fee"
)

const chainID = "bench-1"

// blockTime is so short that no transaction expires during the whole measurement: the block
// in which the chain removes expired transactions would cost more.
const blockTime = 50 * time.Millisecond

// network is the application over a database in memory, without consensus.
type network struct {
	app    *chain.App
	db     *counted
	height int64
	now    time.Time
	pause  time.Duration // between two blocks
	gas    uint64        // gas limit of each transaction
}

// newNetwork starts a chain on which every account has the same balance.
func newNetwork(accounts []account, uthing uint64) (*network, error) {
	g, err := newGenesis(accounts, uthing, chain.Thing)
	if err != nil {
		return nil, err
	}
	return startNetwork(g)
}

// newGenesis is the genesis of a chain on which every account has the same balance. Only the
// first account is a validator, with the given bond in uthing. Blocks have no gas limit, so
// that many messages that are not measured fit into one.
func newGenesis(accounts []account, uthing, bond uint64) (chain.Genesis, error) {
	validator, err := chain.SignValidator(chainID, "validator", accounts[0].key,
		ed25519.GenPrivKeyFromSecret([]byte("consensus")).PubKey(), bond)
	if err != nil {
		return chain.Genesis{}, err
	}
	const noLimit = -1
	g := chain.Genesis{ChainID: chainID, Time: time.Unix(1_800_000_000, 0), Validators: []sdk.Tx{validator}, MaxGas: noLimit}
	for _, a := range accounts {
		g.Accounts = append(g.Accounts, chain.Account{Address: a.address(), Amount: uthing})
	}
	return g, nil
}

// startNetwork starts a chain. Its transactions have the largest gas limit of free messages.
func startNetwork(g chain.Genesis) (*network, error) {
	doc, err := g.Document()
	if err != nil {
		return nil, err
	}
	n := &network{db: newCounted(), now: g.Time, pause: blockTime, gas: fee.FreeGas}
	if n.app, err = chain.New(log.NewNopLogger(), n.db, chain.Keep{}, baseapp.SetChainID(chainID)); err != nil {
		return nil, err
	}
	if err := n.listen(); err != nil {
		return nil, err
	}
	params := doc.Consensus.Params.ToProto()
	_, err = n.app.InitChain(&abci.RequestInitChain{
		ChainId: chainID, Time: g.Time, InitialHeight: 1, ConsensusParams: &params, AppStateBytes: doc.AppState,
	})
	if err != nil {
		return nil, err
	}
	_, err = n.block()
	return n, err
}

// listen lets the stores of all modules record what a block sets and deletes.
func (n *network) listen() error {
	stores, err := n.stores()
	if err != nil {
		return err
	}
	var keys []storetypes.StoreKey
	for _, key := range stores {
		keys = append(keys, key)
	}
	n.app.CommitMultiStore().AddListeners(keys)
	return nil
}

// stores are the keys of the stores of all modules, by name.
func (n *network) stores() (map[string]storetypes.StoreKey, error) {
	named, ok := n.app.CommitMultiStore().(interface {
		StoreKeysByName() map[string]storetypes.StoreKey
	})
	if !ok {
		return nil, fmt.Errorf("%T does not list its stores by name", n.app.CommitMultiStore())
	}
	return named.StoreKeysByName(), nil
}

// block runs a block with transactions and returns its cost. A refused transaction is an
// error.
func (n *network) block(txs ...[]byte) (c cost, err error) {
	n.height++
	n.now = n.now.Add(n.pause)
	given := n.db.given
	began := time.Now()
	res, err := n.app.FinalizeBlock(&abci.RequestFinalizeBlock{Height: n.height, Time: n.now, Txs: txs, Hash: fmt.Append(nil, n.height)})
	c.time = time.Since(began)
	if err != nil {
		return c, err
	}
	if _, err := n.app.Commit(); err != nil {
		return c, err
	}
	for i, r := range res.TxResults {
		if r.Code != 0 {
			return c, fmt.Errorf("transaction %d of block %d is refused: %s/%d %s", i, n.height, r.Codespace, r.Code, r.Log)
		}
		c.gas += r.GasUsed
	}
	for _, change := range n.app.CommitMultiStore().PopStateCache() {
		c.keys++
		c.bytes += int64(len(change.Key) + len(change.Value))
	}
	c.tree = n.db.given - given
	return c, nil
}

// timed runs a block and returns its processor time in microseconds, from FinalizeBlock to
// the end of Commit.
func (n *network) timed(txs ...[]byte) (c cost, micros int64, err error) {
	before, err := processorTime()
	if err != nil {
		return c, 0, err
	}
	if c, err = n.block(txs...); err != nil {
		return c, 0, err
	}
	after, err := processorTime()
	return c, (after - before).Microseconds(), err
}

// processorTime is the processor time of this process so far. Unlike wall time, it does not
// grow with other load on the machine.
func processorTime() (time.Duration, error) {
	var use syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &use)
	return time.Duration(use.Utime.Nano() + use.Stime.Nano()), err
}

// check returns the time of CheckTx.
func (n *network) check(tx []byte) (time.Duration, error) {
	began := time.Now()
	res, err := n.app.CheckTx(&abci.RequestCheckTx{Tx: tx, Type: abci.CheckTxType_New})
	took := time.Since(began)
	if err == nil && res.Code != 0 {
		err = fmt.Errorf("check: refused: %s/%d %s", res.Codespace, res.Code, res.Log)
	}
	return took, err
}

type message interface {
	Marshal() ([]byte, error)
	Unmarshal([]byte) error
}

// ask queries the application as a client does.
func (n *network) ask(path string, request, response message) error {
	raw, err := request.Marshal()
	if err != nil {
		return err
	}
	res, err := n.app.Query(context.Background(), &abci.RequestQuery{Path: path, Data: raw})
	switch {
	case err != nil:
		return err
	case res.Code != 0:
		return fmt.Errorf("%s: %s/%d %s", path, res.Codespace, res.Code, res.Log)
	}
	return response.Unmarshal(res.Value)
}
