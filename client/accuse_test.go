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

// recorded is a chain node that has one task, which node 7 aggregates.
type recorded struct {
	*testing.T
	chain string
	task  spec.Task
	node  spec.Node
}

func (r recorded) dial() *client.Client {
	server := httptest.NewServer(r)
	r.Cleanup(server.Close)
	c, err := client.Dial(r.Context(), server.URL)
	if err != nil {
		r.Fatal(err)
	}
	return c
}

// ServeHTTP implements [http.Handler].
func (r recorded) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	var asked rpctypes.RPCRequest
	if err := json.NewDecoder(req.Body).Decode(&asked); err != nil {
		r.Error(err)
	}
	if asked.Method == "status" {
		_ = json.NewEncoder(w).Encode(rpctypes.NewRPCSuccessResponse(asked.ID, &core.ResultStatus{NodeInfo: p2p.DefaultNodeInfo{Network: r.chain}}))
		return
	}
	var params struct {
		Path string `json:"path"`
	}
	if err := json.Unmarshal(asked.Params, &params); err != nil {
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
	_ = json.NewEncoder(w).Encode(rpctypes.NewRPCSuccessResponse(asked.ID, &core.ResultABCIQuery{Response: abci.ResponseQuery{Value: raw}}))
}

// Evidence is checked by the rule of the chain before anybody pays for showing it.
func TestCheckEvidence(t *testing.T) {
	key := secp256k1.GenPrivKeyFromSecret([]byte("node 7"))
	owner, err := client.Address(key)
	if err != nil {
		t.Fatal(err)
	}
	r := recorded{T: t, chain: "one", node: spec.Node{ID: 7, Owner: owner, Deposit: spec.Deposit{State: spec.NodeActive}}}
	r.task = spec.Task{
		ID: 1, Chain: "one", Owner: owner, Spec: spec.DefaultTask(), Tariff: spec.DefaultTariff(), State: spec.TaskReached, Round: 1,
		Aggregators: []spec.Member{{Node: 7}},
	}
	said := func(r recorded, task, number uint64, bitmap byte) []byte {
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
	first := said(r, 1, 1, 0b01)
	fault, err := c.CheckEvidence(t.Context(), client.Evidence{Task: 1, Answers: &client.Answers{First: first, Second: said(r, 1, 1, 0b10)}})
	if want := (spec.Fault{Round: 1, Node: 7, Kind: spec.FaultEquivocation}); err != nil || fault != want {
		t.Errorf("%+v, %v; want %+v", fault, err, want)
	}
	for name, second := range map[string][]byte{
		"the same":             first,
		"a bitmap that grew":   said(r, 1, 1, 0b11),
		"of another round":     said(r, 1, 2, 0b10),
		"of another task":      said(r, 2, 1, 0b10),
		"for another chain":    said(elsewhere, 1, 1, 0b10),
		"a part":               first[:len(first)-1],
		"nothing":              nil,
		"a signature is wrong": append(said(r, 1, 1, 0b10)[:len(first)-1], 0),
	} {
		_, err := c.CheckEvidence(t.Context(), client.Evidence{Task: 1, Answers: &client.Answers{First: first, Second: second}})
		if !errors.Is(err, client.ErrEvidence) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
