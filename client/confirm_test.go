package client_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	hex "github.com/cometbft/cometbft/libs/bytes"
	"github.com/cometbft/cometbft/p2p"
	core "github.com/cometbft/cometbft/rpc/core/types"
	rpctypes "github.com/cometbft/cometbft/rpc/jsonrpc/types"
	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/cosmos/gogoproto/proto"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/round"
)

// fake is a chain node that answers as a test tells it to.
type fake struct {
	*testing.T
	mu     sync.Mutex
	blocks []cmttypes.Txs // height i+1 at i
	code   uint32         // answer to a broadcast
	fails  uint32         // result of transactions in blocks
	seen   int            // number of broadcasts
	asked  int            // number of queries for the height
	time   time.Time      // of the newest block
	after  func(*fake, cmttypes.Tx)
	state  func(method string, request []byte) proto.Message // answers queries of the state; nil: nothing is found
}

func (f *fake) dial() *client.Client {
	server := httptest.NewServer(f)
	f.Cleanup(server.Close)
	c, err := client.Dial(f.Context(), server.URL)
	if err != nil {
		f.Fatal(err)
	}
	return c
}

// ServeHTTP implements [http.Handler].
func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/websocket" {
		http.NotFound(w, r) // without events, so clients poll
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var asked rpctypes.RPCRequest
	var params struct {
		Height string       `json:"height"`
		Tx     cmttypes.Tx  `json:"tx"`
		Path   string       `json:"path"`
		Data   hex.HexBytes `json:"data"`
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		f.Error(err)
	}
	if err := json.Unmarshal(asked.Params, &params); err != nil {
		f.Error(err)
	}
	at, _ := strconv.Atoi(params.Height)
	var result any
	switch asked.Method {
	case "status":
		result = &core.ResultStatus{NodeInfo: p2p.DefaultNodeInfo{Network: "fake"}, SyncInfo: core.SyncInfo{LatestBlockHeight: int64(len(f.blocks)), LatestBlockTime: f.time}}
	case "abci_info":
		f.asked++
		result = &core.ResultABCIInfo{Response: abci.ResponseInfo{LastBlockHeight: int64(len(f.blocks))}}
	case "abci_query":
		found := f.state(params.Path, params.Data)
		if found == nil {
			result = &core.ResultABCIQuery{Response: abci.ResponseQuery{Codespace: "sdk", Code: 22, Log: "not found"}}
			break
		}
		value, err := proto.Marshal(found)
		if err != nil {
			f.Error(err)
		}
		result = &core.ResultABCIQuery{Response: abci.ResponseQuery{Value: value}}
	case "block":
		result = &core.ResultBlock{Block: &cmttypes.Block{Data: cmttypes.Data{Txs: f.blocks[at-1]}}}
	case "block_results":
		result = &core.ResultBlockResults{Height: int64(at), TxsResults: []*abci.ExecTxResult{{Code: f.fails, Codespace: "task", Log: "task not found", GasUsed: 7}}}
	case "broadcast_tx_sync":
		f.seen++
		result = &core.ResultBroadcastTx{Code: f.code, Codespace: "sdk", Log: "refused"}
		f.after(f, params.Tx)
	default:
		f.Errorf("asked for %s", asked.Method)
	}
	if err := json.NewEncoder(w).Encode(rpctypes.NewRPCSuccessResponse(asked.ID, result)); err != nil {
		f.Error(err)
	}
}

func holds(f *fake, tx cmttypes.Tx) { f.blocks = append(f.blocks, cmttypes.Txs{tx}) }

func TestConfirm(t *testing.T) {
	f := &fake{T: t, blocks: make([]cmttypes.Txs, 3), after: holds}
	receipt, err := f.dial().Confirm(t.Context(), client.Signed{Bytes: []byte("tx")})
	if err != nil || receipt.Height != 4 || receipt.Gas != 7 {
		t.Errorf("got %+v, %v", receipt, err)
	}
	f = &fake{T: t, blocks: make([]cmttypes.Txs, 3), after: holds, fails: 2}
	if _, err := f.dial().Confirm(t.Context(), client.Signed{Bytes: []byte("tx")}); !errors.Is(err, round.ErrTaskNotFound) {
		t.Errorf("a transaction that fails in its block: got %v, want %v", err, round.ErrTaskNotFound)
	}
	f = &fake{T: t, blocks: make([]cmttypes.Txs, 3), after: func(*fake, cmttypes.Tx) {}, code: 13}
	var refusal *client.Refusal
	if _, err := f.dial().Confirm(t.Context(), client.Signed{Bytes: []byte("tx")}); !errors.As(err, &refusal) || f.seen != 1 {
		t.Errorf("a refused transaction: got %v after %d broadcasts, want a refusal after 1", err, f.seen)
	}
}

// TestConfirmAfterRefusedRetry: a client sends a transaction a second time; the node refuses it,
// because a block already holds it. The client must still find it in the block.
func TestConfirmAfterRefusedRetry(t *testing.T) {
	if testing.Short() {
		t.Skip("waits until it sends again")
	}
	f := &fake{T: t, blocks: make([]cmttypes.Txs, 3), after: func(f *fake, tx cmttypes.Tx) {
		if f.seen == 2 {
			holds(f, tx)
		}
		f.code = 13
	}}
	receipt, err := f.dial().Confirm(t.Context(), client.Signed{Bytes: []byte("tx")})
	if err != nil || receipt.Height != 4 {
		t.Errorf("got %+v, %v", receipt, err)
	}
}
