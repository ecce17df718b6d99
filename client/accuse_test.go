package client_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/p2p"
	core "github.com/cometbft/cometbft/rpc/core/types"
	rpctypes "github.com/cometbft/cometbft/rpc/jsonrpc/types"
	"github.com/cosmos/gogoproto/proto"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// oneTask is a chain node with one task, of which node 7 is an aggregator.
type oneTask struct {
	*testing.T
	chain string
	task  spec.Task
	node  spec.Node
}

func (r oneTask) dial() *client.Client {
	server := httptest.NewServer(r)
	r.Cleanup(server.Close)
	c, err := client.Dial(r.Context(), server.URL)
	if err != nil {
		r.Fatal(err)
	}
	return c
}

// ServeHTTP implements [http.Handler].
func (r oneTask) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	var request rpctypes.RPCRequest
	if err := json.NewDecoder(req.Body).Decode(&request); err != nil {
		r.Error(err)
	}
	if request.Method == "status" {
		_ = json.NewEncoder(w).Encode(rpctypes.NewRPCSuccessResponse(request.ID, &core.ResultStatus{NodeInfo: p2p.DefaultNodeInfo{Network: r.chain}}))
		return
	}
	var params struct {
		Path string `json:"path"`
	}
	if err := json.Unmarshal(request.Params, &params); err != nil {
		r.Error(err)
	}
	var answer proto.Message
	switch {
	case strings.HasSuffix(params.Path, "/Task"):
		answer = &taskpb.QueryTaskResponse{Task: taskpb.TaskFromSpec(r.task)}
	case strings.HasSuffix(params.Path, "/NodeByOwner"):
		answer = &nodepb.QueryNodeResponse{Node: nodepb.NodeFromSpec(r.node)}
	default:
		answer = &authtypes.QueryAccountInfoResponse{Info: &authtypes.BaseAccount{AccountNumber: 3}}
	}
	raw, err := proto.Marshal(answer)
	if err != nil {
		r.Error(err)
	}
	_ = json.NewEncoder(w).Encode(rpctypes.NewRPCSuccessResponse(request.ID, &core.ResultABCIQuery{Response: abci.ResponseQuery{Value: raw}}))
}

// TestCheckEvidence: a client checks evidence by the rule of the chain before it pays for sending
// it.
func TestCheckEvidence(t *testing.T) {
	key := secp256k1.GenPrivKeyFromSecret([]byte("node 7"))
	owner, err := client.Address(key)
	if err != nil {
		t.Fatal(err)
	}
	r := oneTask{T: t, chain: "one", node: spec.Node{ID: 7, Owner: owner, Deposit: spec.Deposit{State: spec.NodeActive}}}
	r.task = spec.Task{
		ID: 1, Chain: "one", Owner: owner, Spec: spec.DefaultTask(), Tariff: spec.DefaultTariff(), State: spec.TaskReached, Round: 1,
		Aggregators: []spec.Member{{Node: 7}},
	}
	sign := func(r oneTask, task, number uint64, bitmap byte) []byte {
		account, err := r.dial().Account(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		signed, err := account.Sign(client.Say{Task: task, Input: round.Attest{Round: number, Holds: []byte{bitmap}}}, client.Gas, 0, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return signed.Bytes
	}
	c := r.dial()
	elsewhere := r
	elsewhere.chain = "another"
	first := sign(r, 1, 1, 0b01)
	fault, err := c.CheckEvidence(t.Context(), client.Evidence{Task: 1, Answers: &client.Answers{First: first, Second: sign(r, 1, 1, 0b10)}})
	if want := (spec.Fault{Round: 1, Node: 7, Kind: spec.FaultEquivocation}); err != nil || fault != want {
		t.Errorf("%+v, %v; want %+v", fault, err, want)
	}
	for name, second := range map[string][]byte{
		"the same":                first,
		"a bitmap with more bits": sign(r, 1, 1, 0b11),
		"of another round":        sign(r, 1, 2, 0b10),
		"of another task":         sign(r, 2, 1, 0b10),
		"for another chain":       sign(elsewhere, 1, 1, 0b10),
		"cut off":                 first[:len(first)-1],
		"nothing":                 nil,
		"a signature is wrong":    append(sign(r, 1, 1, 0b10)[:len(first)-1], 0),
	} {
		_, err := c.CheckEvidence(t.Context(), client.Evidence{Task: 1, Answers: &client.Answers{First: first, Second: second}})
		if !errors.Is(err, client.ErrEvidence) {
			t.Errorf("%s: got %v, want %v", name, err, client.ErrEvidence)
		}
	}
}
