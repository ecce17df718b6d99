package chain_test

import (
	"errors"
	"testing"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/pb/datasetpb"
	"github.com/althing-network/althing/pb/ledgerpb"
	"github.com/althing-network/althing/pb/modelpb"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
)

// TestRefusalsReachTheClient: the chain's answers to messages and queries carry error numbers, from
// which a client finds out why it was refused.
func TestRefusalsReachTheClient(t *testing.T) {
	n := start(t, genesis(t))
	n.block(n.sign("ann", 1, 5000, register("ann", 2*chain.Thing)))
	answer := n.block(n.sign("ann", 1, 5000, &taskpb.MsgCancel{Owner: account("ann").String(), Task: 9}))[0]
	if err := (&client.Refusal{Codespace: answer.Codespace, Code: answer.Code, Why: answer.Log}); !errors.Is(err, round.ErrTaskNotFound) {
		t.Errorf("cancel: got %v, want %v", err, round.ErrTaskNotFound)
	}
	answer = n.block(n.sign("ann", 1, 5000, &datasetpb.MsgLimit{Owner: account("ann").String(), Dataset: 9}))[0]
	if err := (&client.Refusal{Codespace: answer.Codespace, Code: answer.Code, Why: answer.Log}); !errors.Is(err, client.ErrNoDataset) {
		t.Errorf("limit: got %v, want %v", err, client.ErrNoDataset)
	}
	for path, c := range map[string]struct {
		request, response message
		want              error
	}{
		"/althing.task.v1.Query/Task":        {&taskpb.QueryTask{Id: 9}, &taskpb.QueryTaskResponse{}, round.ErrTaskNotFound},
		"/althing.task.v1.Query/Round":       {&taskpb.QueryRound{Task: 9, Number: 1}, &taskpb.QueryRoundResponse{}, round.ErrRoundNotFound},
		"/althing.task.v1.Query/Rounds":      {&taskpb.QueryRounds{Task: 9}, &taskpb.QueryRoundsResponse{}, round.ErrTaskNotFound},
		"/althing.dataset.v1.Query/Dataset":  {&datasetpb.QueryDataset{Id: 9}, &datasetpb.QueryDatasetResponse{}, client.ErrNoDataset},
		"/althing.dataset.v1.Query/Grants":   {&datasetpb.QueryGrants{Dataset: 9}, &datasetpb.QueryGrantsResponse{}, client.ErrNoDataset},
		"/althing.ledger.v1.Query/Book":      {&ledgerpb.QueryBook{Dataset: 9}, &ledgerpb.QueryBookResponse{}, client.ErrNoBook},
		"/althing.ledger.v1.Query/Rows":      {&ledgerpb.QueryRows{Dataset: 9}, &ledgerpb.QueryRowsResponse{}, client.ErrNoBook},
		"/althing.ledger.v1.Query/Costing":   {&ledgerpb.QueryCosting{Task: 9, Reason: "update"}, &ledgerpb.QueryCostingResponse{}, client.ErrNoRelease},
		"/althing.model.v1.Query/Line":       {&modelpb.QueryLine{Id: 9}, &modelpb.QueryLineResponse{}, client.ErrNoLine},
		"/althing.model.v1.Query/Versions":   {&modelpb.QueryVersions{Line: 9}, &modelpb.QueryVersionsResponse{}, client.ErrNoLine},
		"/althing.model.v1.Query/Cards":      {&modelpb.QueryCards{Line: 9}, &modelpb.QueryCardsResponse{}, client.ErrNoLine},
		"/althing.node.v1.Query/Node":        {&nodepb.QueryNode{Id: 9}, &nodepb.QueryNodeResponse{}, client.ErrNodeNotFound},
		"/althing.node.v1.Query/NodeByOwner": {&nodepb.QueryNodeByOwner{Owner: account("bob").String()}, &nodepb.QueryNodeResponse{}, client.ErrNodeNotFound},
	} {
		res := n.ask(path, c.request, c.response)
		if err := (&client.Refusal{Query: path, Codespace: res.Codespace, Code: res.Code, Why: res.Log}); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", path, err, c.want)
		}
	}
}
