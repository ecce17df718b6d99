package chain_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/google/go-cmp/cmp"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/althing-network/althing/chain/task"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/spec"
)

// exported exports the newest state of a chain as a genesis, and writes and reads its file.
func (n *network) exported() *genutiltypes.AppGenesis {
	n.Helper()
	doc, err := n.Export(0)
	if err != nil {
		n.Fatal(err)
	}
	raw, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		n.Fatal(err)
	}
	read := new(genutiltypes.AppGenesis)
	if err := json.Unmarshal(raw, read); err != nil {
		n.Fatal(err)
	}
	return read
}

// imported returns a chain that begins with a genesis, before its first block.
func imported(t testing.TB, doc *genutiltypes.AppGenesis, id string) (*network, error) {
	t.Helper()
	n := &network{TB: t, gas: 200_000, db: dbm.NewMemDB(), id: id, height: doc.InitialHeight - 1}
	n.now = doc.GenesisTime.Add(-time.Second) // the first block has the time of the genesis
	n.open()
	consensus, err := doc.ToGenesisDoc()
	if err != nil {
		t.Fatal(err)
	}
	params := consensus.ConsensusParams.ToProto()
	request := &abci.RequestInitChain{
		ChainId: n.name(), Time: doc.GenesisTime, InitialHeight: doc.InitialHeight, ConsensusParams: &params, AppStateBytes: doc.AppState,
	}
	for _, v := range consensus.Validators { // as CometBFT passes them
		key := v.PubKey.Bytes()
		request.Validators = append(request.Validators, abci.Ed25519ValidatorUpdate(key, v.Power))
	}
	_, err = n.InitChain(request)
	return n, err
}

// importAndStart is [imported], with an empty first block.
func importAndStart(t testing.TB, doc *genutiltypes.AppGenesis, id string) *network {
	t.Helper()
	n, err := imported(t, doc, id)
	if err != nil {
		t.Fatal(err)
	}
	n.block()
	return n
}

// contents returns all keys of all stores.
func (n *network) contents() map[string]string {
	n.Helper()
	contents, err := n.Contents()
	if err != nil {
		n.Fatal(err)
	}
	return contents
}

// at returns the crew on another network.
func (c crew) at(n *network) crew {
	n.gas = c.gas
	return crew{n, c.numbers}
}

// honest returns the transactions that honest nodes owe now. The owner of a task that nobody serves
// owes none.
func (c crew) honest() (txs [][]byte) {
	c.Helper()
	said := map[string]int{}
	c.owed(func(node uint64, msg sdk.Msg) {
		name := c.nameOf(node)
		txs = append(txs, c.says(name, 0, said[name], msg))
		said[name]++
	})
	return txs
}

// owed calls say with each message that honest nodes owe now.
func (c crew) owed(say func(node uint64, msg sdk.Msg)) {
	c.Helper()
	var tasks taskpb.QueryTasksResponse
	c.ask("/althing.task.v1.Query/Tasks", &taskpb.QueryTasks{Pagination: &query.PageRequest{Limit: 100}}, &tasks)
	for i := range tasks.Tasks {
		t, err := tasks.Tasks[i].ToSpec()
		if err != nil {
			c.Fatal(err)
		}
		if t.State == spec.TaskPreparing {
			ready := spec.DigestOf([]byte("model 0"))
			for _, m := range slices.Concat(t.Aggregators, t.Evaluators) {
				if m.Ready.IsZero() {
					say(m.Node, &taskpb.MsgReady{Owner: c.owner(m.Node), Task: t.ID, Digest: ready[:]})
				}
			}
		}
		for _, number := range []uint64{t.Scoring, t.Round} {
			if number == 0 || t.State != spec.TaskRunning {
				continue
			}
			var res taskpb.QueryRoundResponse
			c.ask("/althing.task.v1.Query/Round", &taskpb.QueryRound{Task: t.ID, Number: number}, &res)
			r, err := res.Round.ToSpec()
			if err != nil {
				c.Fatal(err)
			}
			c.answer(t, r, say)
		}
	}
}

// answer calls say with each message that the nodes of a round owe in it.
func (c crew) answer(t spec.Task, r spec.Round, say func(uint64, sdk.Msg)) {
	text := func(what string) spec.Digest { return spec.DigestOf([]byte(what)) }
	salt, next := spec.Salt{1}, text("model "+string(rune('0'+r.Number)))
	held := make([]bool, len(r.Trainers))
	for i, p := range r.Trainers {
		held[i] = p.Height > 0
		if r.Phase == spec.PhaseTrain && p.Height == 0 {
			d := spec.UpdateCommitment(t.Slot(r.Number, p.Node), text("update"), salt)
			say(p.Node, &taskpb.MsgCommit{Owner: c.owner(p.Node), Task: t.ID, Round: r.Number, Commitment: d[:], Samples: 100, Correct: 50})
		}
	}
	for _, a := range r.Aggregates {
		switch {
		case r.Phase == spec.PhaseAttest && a.Attested == 0:
			say(a.Node, &taskpb.MsgAttest{Owner: c.owner(a.Node), Task: t.ID, Round: r.Number, Holds: spec.Bitmap(held)})
		case r.Phase == spec.PhaseAggregate && a.Committed == 0:
			d := spec.AggregateCommitment(t.Slot(r.Number, a.Node), next, salt)
			say(a.Node, &taskpb.MsgCommitAggregate{Owner: c.owner(a.Node), Task: t.ID, Round: r.Number, Commitment: d[:]})
		case r.Phase == spec.PhaseReveal && a.Revealed == 0:
			say(a.Node, &taskpb.MsgRevealAggregate{Owner: c.owner(a.Node), Task: t.ID, Round: r.Number, Digest: next[:], Salt: salt[:]})
		}
	}
	for _, e := range r.Scores {
		const score = 500_000
		switch {
		case r.Phase == spec.PhaseScore && e.Committed == 0:
			d := spec.ScoreCommitment(t.Slot(r.Number, e.Node), r.Next, score, nil, salt)
			say(e.Node, &taskpb.MsgCommitScore{Owner: c.owner(e.Node), Task: t.ID, Round: r.Number, Commitment: d[:]})
		case r.Phase == spec.PhaseOpen && e.Revealed == 0:
			say(e.Node, &taskpb.MsgRevealScore{Owner: c.owner(e.Node), Task: t.ID, Round: r.Number, Score: score, Salt: salt[:]})
		}
	}
}

// owner returns the account of a node.
func (c crew) owner(node uint64) string {
	var res nodepb.QueryNodeResponse
	c.ask("/althing.node.v1.Query/Node", &nodepb.QueryNode{Id: node}, &res)
	return res.Node.Owner
}

// nameOf returns the name of a node's account.
func (c crew) nameOf(node uint64) string {
	owner := c.owner(node)
	for name := range c.numbers {
		if account(name).String() == owner {
			return name
		}
	}
	c.Fatalf("node %d has no known owner", node)
	return ""
}

// where describes the states of all tasks and their rounds.
func (c crew) where() string {
	c.Helper()
	var tasks taskpb.QueryTasksResponse
	c.ask("/althing.task.v1.Query/Tasks", &taskpb.QueryTasks{}, &tasks)
	var does []string
	for _, t := range tasks.Tasks {
		what := string(must(t.State.ToSpec()))
		for _, number := range []uint64{t.Scoring, t.Round} {
			var res taskpb.QueryRoundResponse
			if number > 0 && c.ask("/althing.task.v1.Query/Round", &taskpb.QueryRound{Task: t.Id, Number: number}, &res).Code == 0 {
				what += " " + string(must(res.Round.Phase.ToSpec()))
				if said := answers(must(res.Round.ToSpec())); said > 0 {
					what += " half said"
				}
			}
		}
		does = append(does, what)
	}
	return strings.Join(does, ", ")
}

// answers counts the messages that a round has received in its phase.
func answers(r spec.Round) (said int) {
	if r.Phase == spec.PhaseTrain {
		return int(r.Commitments)
	}
	for _, a := range r.Aggregates {
		if r.Phase == spec.PhaseAttest && a.Attested > 0 || r.Phase == spec.PhaseAggregate && a.Committed > 0 || r.Phase == spec.PhaseReveal && a.Revealed > 0 {
			said++
		}
	}
	for _, e := range r.Scores {
		if r.Phase == spec.PhaseScore && e.Committed > 0 || r.Phase == spec.PhaseOpen && e.Revealed > 0 {
			said++
		}
	}
	return said
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// copied returns a copy of the chain with its own database.
func (n *network) copied() *network {
	n.Helper()
	m := &network{TB: n.TB, gas: n.gas, db: dbm.NewMemDB(), id: n.id, height: n.height, now: n.now}
	all := must(n.db.Iterator(nil, nil))
	defer all.Close()
	for ; all.Valid(); all.Next() {
		if err := m.db.Set(all.Key(), all.Value()); err != nil {
			n.Fatal(err)
		}
	}
	m.open()
	return m
}

// effects lists what happened to tasks in the newest block.
func (n *network) effects() (effects []string) {
	for _, e := range n.told {
		if e.Type == task.EventType {
			effects = append(effects, e.String())
		}
	}
	return effects
}

// over reports whether all tasks are closed.
func (c crew) over() bool {
	at := c.where()
	return !strings.Contains(at, "waiting") && !strings.Contains(at, "preparing") && !strings.Contains(at, "running")
}

// TestRoundsGoOnAfterAnImport: a chain is exported and imported in every state of a task and its
// rounds, under the same chain id and under another one. Afterwards the effects and the state are
// the same, to the last key, as on a chain that was not exported. Commitments from before the
// export can be opened after it.
func TestRoundsGoOnAfterAnImport(t *testing.T) {
	c := training(t, 3, nil)
	second := c.task()
	second.Name = "the second one"
	c.all(c.says("bob", 10_000, 0, &taskpb.MsgCreate{Owner: account("bob").String(), Spec: taskpb.TaskSpecFromSpec(second)}))
	seen := map[string]bool{}
	for blocks := 0; !c.over(); blocks++ {
		if at := c.where(); !seen[at] {
			seen[at] = true
			for _, id := range []string{chainID, "renamed-1"} {
				t.Run(at+" as "+id, func(t *testing.T) { goesOn(t, c, id) })
			}
		}
		if blocks == 200 {
			t.Fatalf("the tasks never end: %s", c.where())
		}
		txs := c.honest()
		c.all(txs[:(len(txs)+1)/2]...) // so that some exports are in the middle of a phase
	}
	for _, want := range []string{"waiting", "preparing", " train", " attest", " aggregate", " reveal", " score", " open", " train half said", " score train", " open train"} {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(seen)), func(at string) bool { return strings.Contains(at, want) }) {
			t.Errorf("no export in the state%s: %v", want, slices.Sorted(maps.Keys(seen)))
		}
	}
}

// goesOn exports and imports a chain, and runs the original and the imported one to the end.
func goesOn(t *testing.T, c crew, id string) {
	doc := c.exported()
	m, err := imported(t, doc, id)
	if err != nil {
		t.Fatal(err)
	}
	one, two := c.at(c.copied()), c.at(m)
	one.now = two.now
	for blocks := 0; ; blocks++ {
		var a, b [][]byte
		if blocks > 0 { // the imported chain answers no query before its first block
			if one.over() {
				break
			}
			a, b = one.honest(), two.honest()
		}
		one.all(a...)
		two.all(b...)
		if d := cmp.Diff(one.effects(), two.effects()); d != "" {
			t.Fatalf("effects after %d blocks (-without +with an export):\n%s", blocks, d)
		}
		if d := cmp.Diff(one.contents(), two.contents()); d != "" {
			t.Fatalf("state after %d blocks (-without +with an export):\n%s", blocks, d)
		}
	}
	if balance := two.balance("bob"); balance == 0 || balance != one.balance("bob") {
		t.Errorf("bob has %d", balance)
	}
}

// networkTime returns the network time of the chain, in milliseconds.
func (n *network) networkTime() int64 {
	n.Helper()
	var res taskpb.QueryTimeResponse
	n.ask("/althing.task.v1.Query/Time", &taskpb.QueryTime{}, &res)
	return res.Time
}
