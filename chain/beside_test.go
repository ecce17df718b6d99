package chain_test

import (
	"context"
	"sync"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
)

// TestQueriesBesideBlocks: queries are answered while blocks are made. Run with -race, it shows that
// both may run at the same time. The SDK's own queries have a data race.
func TestQueriesBesideBlocks(t *testing.T) {
	n := start(t, genesis(t))
	n.block(n.sign("ann", 1, 5000, register("ann", 2*chain.Thing)))
	key := append([]byte{2, byte(len(account("ann")))}, append(account("ann"), chain.Denom...)...)
	questions := []abci.RequestQuery{
		{Path: "/store/bank/key", Data: key},
		{Path: "/store/bank/key", Data: key, Prove: true},
		{Path: "/althing.node.v1.Query/Nodes", Data: encode(t, &nodepb.QueryNodes{})},
		{Path: "/althing.task.v1.Query/Tasks", Data: encode(t, &taskpb.QueryTasks{})},
		{Path: "/althing.task.v1.Query/Time", Data: encode(t, &taskpb.QueryTime{})},
	}
	var asking sync.WaitGroup
	done := make(chan struct{})
	for _, question := range questions {
		asking.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				ask := question
				answer, err := n.Query(context.Background(), &ask)
				if err != nil || answer.Code != 0 {
					t.Errorf("%s: %v, %v", ask.Path, answer, err)
					return
				}
				if _, err := n.Info(&abci.RequestInfo{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 30 {
		n.block(n.sign("ann", 1, 5000, &nodepb.MsgUpdate{Owner: account("ann").String(), Profile: register("ann", 0).Profile}))
	}
	close(done)
	asking.Wait()
}

func encode(t testing.TB, request message) []byte {
	t.Helper()
	raw, err := request.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
