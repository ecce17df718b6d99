package chain_test

import (
	"strings"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/pb/daopb"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/spec"
)

// TestUnbondingOutlastsAVote: a genesis is refused if unbonding takes no longer than a vote with its
// timelock, whether the program or a person has written it.
func TestUnbondingOutlastsAVote(t *testing.T) {
	g := genesis(t)
	g.Rules.VotingSeconds, g.Votes = 3600, daopb.Params{LateSeconds: 100, MaxOpen: 20, HighThreshold: 667_000}
	g.Timelock.DelaySeconds, g.Timelock.GraceSeconds = 40, 20
	g.Nodes.UnbondingSeconds = 3760
	if _, err := g.Document(); err == nil {
		t.Error("a genesis was accepted in which stake can leave before a vote about its node is executed")
	}
	g.Nodes.UnbondingSeconds++
	doc, err := g.Document()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		seconds, delay string
		good           bool
	}{
		{"3761", "40", true},
		{"3760", "40", false},
		{"3761", "41", false},
		{"3762", "41", true},
	} {
		state := strings.Replace(string(doc.AppState), `"unbonding_seconds":"3761"`, `"unbonding_seconds":"`+c.seconds+`"`, 1)
		state = strings.Replace(state, `"delay_seconds":"40"`, `"delay_seconds":"`+c.delay+`"`, 1)
		n := &network{TB: t, db: dbm.NewMemDB(), now: g.Time}
		n.open()
		params := doc.Consensus.Params.ToProto()
		_, err := n.InitChain(&abci.RequestInitChain{
			ChainId: chainID, Time: g.Time, InitialHeight: 1, ConsensusParams: &params, AppStateBytes: []byte(state),
		})
		if (err == nil) != c.good {
			t.Errorf("a genesis with %s seconds and a delay of %s: %v", c.seconds, c.delay, err)
		}
	}
}

// TestStakeComesBack: a node exits. Its owner gets the stake at the due time and not before, whatever
// blocks are made meanwhile. The account can register a new node, which gets another id.
func TestStakeComesBack(t *testing.T) {
	n := start(t, genesis(t))
	owner := account("ann").String()
	const fee = 5000
	join := func() uint64 {
		if res := n.block(n.sign("ann", 1, fee, register("ann", 2*chain.Thing)))[0]; res.Code != 0 {
			t.Fatal(res.Log)
		}
		var res nodepb.QueryNodeResponse
		n.ask("/althing.node.v1.Query/NodeByOwner", &nodepb.QueryNodeByOwner{Owner: owner}, &res)
		return res.Node.Id
	}
	first := join()
	if res := n.block(n.sign("ann", 1, fee, &nodepb.MsgExit{Owner: owner}))[0]; res.Code != 0 {
		t.Fatal(res.Log)
	}
	left := n.balance("ann")
	if res := n.block(n.sign("ann", 1, fee, &nodepb.MsgExit{Owner: owner}))[0]; res.Code == 0 {
		t.Error("a second exit of the same node succeeds")
	}
	left -= fee
	n.now = n.now.Add(21*24*time.Hour - 10*time.Second)
	n.block()
	if got := n.balance("ann"); got != left {
		t.Errorf("ann has %d before the time, want %d", got, left)
	}
	n.now = n.now.Add(20 * time.Second)
	n.block()
	if got := n.balance("ann"); got != left+2*chain.Thing {
		t.Errorf("ann has %d, want %d with her stake", got, left+2*chain.Thing)
	}
	var gone nodepb.QueryNodeResponse
	n.ask("/althing.node.v1.Query/Node", &nodepb.QueryNode{Id: first}, &gone)
	if was, err := gone.Node.ToSpec(); err != nil || was.State != spec.NodeExited || was.Locked() > 0 {
		t.Errorf("what is left: %+v, %v", was, err)
	}
	if second := join(); second == first {
		t.Errorf("the new node has the former id %d", second)
	}
}

// TestStakeEventsAreTyped: the attributes of events about stakes are the fields of their messages.
func TestStakeEventsAreTyped(t *testing.T) {
	n := start(t, genesis(t))
	res := n.block(n.sign("ann", 1, 5000, register("ann", 2*chain.Thing)))[0]
	for _, e := range res.Events {
		if e.Type != "althing.node.v1.EventBonded" {
			continue
		}
		said := map[string]string{}
		for _, a := range e.Attributes {
			said[a.Key] = a.Value
		}
		if said["node"] != `"1"` || said["amount"] != `"2000000"` {
			t.Errorf("got %v", said)
		}
		return
	}
	t.Errorf("no event about the stake: %v", res.Events)
}
