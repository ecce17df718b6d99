package chain_test

import (
	"bytes"
	"context"
	"slices"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
)

// FuzzTransaction gives a validator any bytes as a transaction. It accepts only signed transactions,
// and neither a proposal nor a block with these bytes panics.
func FuzzTransaction(f *testing.F) {
	n := start(f, genesis(f))
	signed := [][]byte{
		n.sign("ann", 1, 5000, register("ann", 2*chain.Thing)),
		n.sign("bob", 2, 5000, &nodepb.MsgExit{Owner: account("bob").String()}),
		n.sign("bob", 2, 0, &taskpb.MsgReady{Owner: account("bob").String(), Task: 1, Digest: make([]byte, 32)}), // not owed
	}
	for _, tx := range signed {
		f.Add(tx)
	}
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0x0a, 0x00}, chain.MaxTxBytes)) // empty messages, and too long
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := n.TxDecode(raw); err == nil && len(raw) > chain.MaxTxBytes {
			t.Errorf("%d bytes are read as a transaction", len(raw))
		}
		checked, err := n.CheckTx(&abci.RequestCheckTx{Tx: raw, Type: abci.CheckTxType_New})
		if err != nil {
			t.Fatal(err)
		}
		meant := slices.ContainsFunc(signed[:2], func(tx []byte) bool { return bytes.Equal(tx, raw) })
		if checked.Code == 0 && !meant {
			t.Errorf("%x is accepted although nobody has signed it", raw)
		}
		proposed, err := n.PrepareProposal(&abci.RequestPrepareProposal{
			MaxTxBytes: 1 << 20, Txs: [][]byte{raw}, Height: n.height + 1, Time: n.now,
		})
		if err != nil {
			t.Fatal(err)
		}
		judged, err := n.ProcessProposal(&abci.RequestProcessProposal{
			Txs: proposed.Txs, Height: n.height + 1, Time: n.now, Hash: []byte{1},
		})
		if err != nil || judged.Status != abci.ResponseProcessProposal_ACCEPT {
			t.Errorf("a validator refuses its own proposal: %v, %v", judged, err)
		}
		if _, err := n.ProcessProposal(&abci.RequestProcessProposal{Txs: [][]byte{raw}, Height: n.height + 1, Time: n.now, Hash: []byte{1}}); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzQuery sends a validator any query: it answers, with a bounded number of bytes.
func FuzzQuery(f *testing.F) {
	n := start(f, genesis(f))
	f.Add("/store/bank/key", []byte{2, 20}, int64(0), true)
	f.Add("/store/acc/key", []byte{1}, int64(1), false)
	f.Add("/althing.node.v1.Query/Nodes", encode(f, &nodepb.QueryNodes{}), int64(1), false)
	f.Add("/althing.task.v1.Query/Rounds", encode(f, &taskpb.QueryRounds{Task: 1}), int64(0), false)
	f.Add("/althing.task.v1.Query/Duties", encode(f, &taskpb.QueryDuties{Node: 1}), int64(-1), false)
	f.Add("/app/simulate", []byte{}, int64(0), false)
	f.Add("/cosmos.bank.v1beta1.Query/AllBalances", []byte{}, int64(2), true)
	const most = 8 << 20 // somewhat more than a third of a query's gas limit
	f.Fuzz(func(t *testing.T, path string, data []byte, height int64, prove bool) {
		answer, err := n.Query(context.Background(), &abci.RequestQuery{Path: path, Data: data, Height: height, Prove: prove})
		if err != nil {
			t.Fatal(err)
		}
		if size := answer.Size(); size > most+2*len(data)+len(path) {
			t.Errorf("%q is answered with %d bytes", path, size)
		}
	})
}
