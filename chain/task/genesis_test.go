package task_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cosmos/cosmos-sdk/runtime"

	"github.com/althing-network/althing/chain/task"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/spec"
)

// moved returns a new world with the same bank and registry, which imports the tasks of the old one.
func (w *world) moved(t failer) *world {
	return w.movedWith(t, w.export())
}

// movedWith is moved, with other tasks.
func (w *world) movedWith(t failer, g taskpb.Genesis) *world {
	next := newWorld(t)
	next.full = w.full
	next.ctx = next.ctx.WithBlockHeight(w.ctx.BlockHeight()).WithBlockTime(w.ctx.BlockTime())
	for _, name := range []string{"bank", "registry", "lines"} {
		from, to := w.ctx.KVStore(w.keys[name]), next.ctx.KVStore(next.keys[name])
		it := from.Iterator(nil, nil)
		for ; it.Valid(); it.Next() {
			to.Set(it.Key(), it.Value())
		}
		w.must(it.Close())
	}
	raw := w.codec.MustMarshalJSON(&g)
	w.must(task.Module{}.ValidateGenesis(w.codec, nil, raw))
	task.Module{Keeper: next.Keeper}.InitGenesis(next.ctx, next.codec, raw)
	return next
}

// TestGenesisInEveryPhase: a chain is exported and imported in each phase of a round, under its chain id
// or another one. It has the same store, and its tasks end in the same way.
func TestGenesisInEveryPhase(t *testing.T) {
	for _, phase := range slices.DeleteFunc(spec.Phases(), spec.Phase.Final) {
		for _, name := range []string{chainID, "renamed-1"} {
			t.Run(string(phase)+" as "+name, func(t *testing.T) { carriedOn(t, phase, name) })
		}
	}
}

func carriedOn(t *testing.T, phase spec.Phase, name string) {
	w := network(t, 6, 4, 4)
	closed := w.create("bob", digits())
	w.finish(closed)
	id, waiting := w.create("alice", digits()), w.create("carol", digits())
	w.play(id, 1, phase)
	w.must(w.run(w.ctx, w.owed(id)[0])) // in the middle of a block
	next := w.moved(t)
	next.ctx = next.ctx.WithChainID(name)
	for height := 0; !w.task(id).State.Final(); height++ {
		if a, b := w.everything(), next.everything(); a != b {
			t.Fatalf("the stores differ after %d blocks:\n%s\n%s", height, a, b)
		}
		w.say(id)
		next.say(id)
		w.end()
		next.end()
	}
	w.finish(waiting)
	next.finish(waiting)
	if w.everything() != next.everything() || next.balance(escrowAccount()) != 0 {
		t.Error("the stores differ after the last block")
	}
	if a, b := w.create("bob", digits()), next.create("bob", digits()); a != b || a != 4 {
		t.Errorf("the next tasks are %d and %d", a, b)
	}
}

// TestAttackRevealUnderANewChainID: a chain is imported under a new chain id while rounds run. If
// commitments were bound to the new chain id, those from before the export could not be opened, and
// all nodes would be blamed for missing reveals. So tasks keep the chain id of their creation.
func TestAttackRevealUnderANewChainID(t *testing.T) {
	for _, phase := range []spec.Phase{spec.PhaseReveal, spec.PhaseOpen} {
		for _, kept := range []bool{false, true} {
			w := network(t, 6, 4, 4)
			id := w.create("alice", digits())
			w.play(id, 1, phase)
			g := w.export()
			if !kept {
				g.Tasks[0].Chain = "renamed-1"
			}
			next := w.movedWith(t, g)
			next.ctx = next.ctx.WithChainID("renamed-1")
			if opens := next.Owed(next.ctx, w.owed(id)[0]); opens != kept {
				t.Errorf("phase %s, chain id of the task kept %v: commitments can be opened %v", phase, kept, opens)
			}
		}
	}
}

func TestDefaultGenesis(t *testing.T) {
	w := network(t, 0, 0, 0)
	m := task.Module{Keeper: w.Keeper}
	raw := m.DefaultGenesis(w.codec)
	w.must(m.ValidateGenesis(w.codec, nil, raw))
	m.InitGenesis(w.ctx, w.codec, raw)
	if g := w.export(); len(g.Tasks) != 0 || len(g.Rounds) != 0 || g.Next != 1 {
		t.Errorf("exported %v", &g)
	}
	w.must(w.bank.balances.Set(w.ctx, account("alice"), spec.Thing))
	asked := digits()
	asked.Escrow = spec.Thing
	if got := w.create("alice", asked); got != 1 {
		t.Errorf("the first task is %d", got)
	}
}

func TestGenesisRefused(t *testing.T) {
	w := network(t, 6, 4, 4)
	w.finish(w.create("bob", digits()))
	id := w.create("alice", digits())
	w.play(id, 1, spec.PhaseAttest)
	for want, change := range map[string]func(*taskpb.Genesis){
		"slashed stake is above":                      func(g *taskpb.Genesis) { g.Tasks[0].Faults = []taskpb.Fault{{Burned: spec.Cap + 1}} },
		"newest score 0.96":                           func(g *taskpb.Genesis) { g.Tasks[0].Score = 960_000 },
		"best score 1.000001":                         func(g *taskpb.Genesis) { g.Tasks[0].Best = uint32(spec.One) + 1 },
		"newest scored round 3":                       func(g *taskpb.Genesis) { g.Tasks[0].ScoredRound = 3 },
		"best round 2, newest":                        func(g *taskpb.Genesis) { g.Tasks[0].ScoredRound = 1 },
		"best round 1, newest":                        func(g *taskpb.Genesis) { g.Tasks[0].BestRound, g.Tasks[0].ScoredRound = 1, 0 },
		"in round 1, 2 scored rounds since":           func(g *taskpb.Genesis) { g.Tasks[0].BestRound, g.Tasks[0].Stale = 1, 2 },
		"in round 0, 0 scored rounds since":           func(g *taskpb.Genesis) { g.Tasks[1].Best = 1 },
		"with 10 counts: want":                        func(g *taskpb.Genesis) { g.Rounds[0].Scores[0].Counts[0].Correct-- },
		"with 9 counts: want":                         func(g *taskpb.Genesis) { g.Rounds[0].Scores[0].Counts = g.Rounds[0].Scores[0].Counts[1:] },
		"opened the score 0.5 at height 0":            func(g *taskpb.Genesis) { g.Rounds[0].Scores[0].Revealed = 0 },
		"want the scored and the best round":          func(g *taskpb.Genesis) { learning(g); g.Rounds[1].Measures = true },
		"wants hold-outs of 9 rows":                   func(g *taskpb.Genesis) { g.Tasks[0].Spec.Data.MinHoldout, g.Rounds[0].Scores[0].Counts = 9, nil },
		"chain id is empty":                           func(g *taskpb.Genesis) { g.Tasks[0].Chain = "" },
		"next id 2: want more than 2":                 func(g *taskpb.Genesis) { g.Next = 2 },
		"next id 1: want more than 2":                 func(g *taskpb.Genesis) { g.Next = 0 },
		"want ascending ids":                          func(g *taskpb.Genesis) { g.Tasks[1].Id = 1 },
		"task 0 follows":                              func(g *taskpb.Genesis) { g.Tasks[0].Id = 0 },
		"unknown task state":                          func(g *taskpb.Genesis) { g.Tasks[0].State = 0 },
		"escrow":                                      func(g *taskpb.Genesis) { g.Tasks[0].Spec.Escrow = 0 },
		"bech32":                                      func(g *taskpb.Genesis) { g.Tasks[0].Owner = "bob" },
		"want the spelling " + account("bob"):         func(g *taskpb.Genesis) { g.Tasks[0].Owner = strings.ToUpper(g.Tasks[0].Owner) },
		"paid 3001":                                   func(g *taskpb.Genesis) { g.Tasks[1].Paid = 3001 },
		"refunded 18446744073709551615":               func(g *taskpb.Genesis) { g.Tasks[1].Refunded = 1<<64 - 1 },
		"want the whole escrow":                       func(g *taskpb.Genesis) { g.Tasks[0].Paid-- },
		"running, due at 0s":                          func(g *taskpb.Genesis) { g.Tasks[1].Due = 0 },
		"running, due at -1ms":                        func(g *taskpb.Genesis) { g.Tasks[1].Due = -1 },
		"deliveries 501 of":                           func(g *taskpb.Genesis) { g.Tasks[1].Delivered = 501 },
		"fees 501 and":                                func(g *taskpb.Genesis) { g.Tasks[1].Fees = 501 },
		"parts per million: want 1000000":             func(g *taskpb.Genesis) { g.Tasks[1].Tariff.Validators++ },
		"tariff: a fault costs":                       func(g *taskpb.Genesis) { g.Tariff.NoReveal = 200_001 },
		"has committed and declined":                  func(g *taskpb.Genesis) { g.Rounds[0].Trainers[0].Declined = taskpb.DECLINE_ROWS },
		"1 declines counted, 0 listed":                func(g *taskpb.Genesis) { g.Rounds[0].Declines = 1 },
		"showed receipts 10000":                       func(g *taskpb.Genesis) { g.Rounds[0].Trainers[0].Receipts = 16 },
		"reached, due at 3ms":                         func(g *taskpb.Genesis) { g.Tasks[0].Due = 3 },
		"task 2: round 1 is missing":                  func(g *taskpb.Genesis) { g.Rounds = g.Rounds[:2] },
		"task 2 round 2: want a task of this genesis": func(g *taskpb.Genesis) { g.Rounds[2].Number = 2 },
		"task 3 round 1: want a task of this genesis": func(g *taskpb.Genesis) { g.Rounds[2].Task = 3 },
		"round 2 follows task 1 round 2":              func(g *taskpb.Genesis) { g.Rounds[0].Number = 2 },
		"task 1 round 0: want a task of this genesis": func(g *taskpb.Genesis) { g.Rounds[0].Number = 0 },
		"unknown phase":                               func(g *taskpb.Genesis) { g.Rounds[0].Phase = 99 },
		"digest of 5 bytes":                           func(g *taskpb.Genesis) { g.Rounds[0].Base = []byte("short") },
		"6 trainers selected, 5 listed":               func(g *taskpb.Genesis) { g.Rounds[0].Trainers = g.Rounds[0].Trainers[:5] },
		"want ascending nodes with ascending bits":    func(g *taskpb.Genesis) { g.Rounds[0].Trainers[1].Bit = 2 },
		"node 1 has bit 1":                            func(g *taskpb.Genesis) { g.Rounds[0].Trainers[1].Node = 1 },
		"5 commitments counted: want 6":               func(g *taskpb.Genesis) { g.Rounds[0].Commitments-- },
		"bitmap of commitments 1f: want 3f":           func(g *taskpb.Genesis) { g.Rounds[0].Committed[0] = 0x1f },
		"bitmap of commitments : want 3f":             func(g *taskpb.Genesis) { g.Rounds[2].Committed = nil },
		"with a bitmap of 2 bytes":                    func(g *taskpb.Genesis) { g.Rounds[0].Aggregates[0].Holds = []byte{63, 0} },
		"nodes 1 and 2 have the same commitment": func(g *taskpb.Genesis) {
			g.Rounds[2].Trainers[1].Commitment = g.Rounds[2].Trainers[0].Commitment
		},
		"node 2: want a data set with its owner's key": func(g *taskpb.Genesis) {
			g.Rounds[2].Trainers[1].Dataset = 7
		},
		"node 1: want a data set with its owner's key": func(g *taskpb.Genesis) { g.Rounds[2].Trainers[0].Key = bytes.Repeat([]byte{1}, spec.KeySize) },
		"key of 31 bytes": func(g *taskpb.Genesis) { g.Rounds[2].Trainers[0].Key = make([]byte, 31) },
		"selection.owners: bob is not an address": func(g *taskpb.Genesis) {
			private(g.Tasks[0].Spec)
			g.Tasks[0].Spec.Selection.Owners = []string{"bob"}
		},
		"is not an address: want the spelling " + account("bob"): func(g *taskpb.Genesis) {
			private(g.Tasks[0].Spec)
			g.Tasks[0].Spec.Selection.Owners = []string{strings.ToUpper(account("bob"))}
		},
		"enough nodes had answered at 1ms:":                     func(g *taskpb.Genesis) { g.Rounds[2].Enough = 1 },
		"enough nodes had answered at -1ms":                     func(g *taskpb.Genesis) { g.Rounds[2].Enough = -1 },
		"network time -1 ms":                                    func(g *taskpb.Genesis) { g.Clock.Time = -1 },
		"round 1 is in phase attest: the round runs: want only": func(g *taskpb.Genesis) { g.Tasks[1].State = taskpb.TASK_STATE_WAITING },
		"round 1 is in phase train: the round runs: want only":  func(g *taskpb.Genesis) { g.Rounds[0].Phase, g.Rounds[0].Committed = taskpb.PHASE_TRAIN, nil },
		"at height 0 with a bitmap of 1":                        func(g *taskpb.Genesis) { g.Rounds[2].Aggregates[0].Holds = []byte{63} },
	} {
		g := w.export()
		change(&g)
		err := task.Module{}.ValidateGenesis(w.codec, nil, w.codec.MustMarshalJSON(&g))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if err := (task.Module{}).ValidateGenesis(w.codec, nil, []byte("{")); err == nil {
		t.Error("half a file is a genesis")
	}
}

// learning makes the first task measure the scale of its columns, and removes the scores of its second
// round.
func learning(g *taskpb.Genesis) {
	asked := digits()
	asked.Data.Features, asked.Data.Schema.Label = spec.FeaturesStandard, "digit"
	for i := range asked.Model.Classes {
		asked.Data.Schema.Classes = append(asked.Data.Schema.Classes, fmt.Sprint(i))
	}
	for i := range asked.Model.Inputs {
		asked.Data.Schema.Columns = append(asked.Data.Schema.Columns, spec.Column{Name: fmt.Sprint("pixel ", i), Kind: spec.ColumnNumber})
	}
	of := taskpb.TaskSpecFromSpec(asked)
	g.Tasks[0].Spec = &of
	for i := range g.Rounds[1].Trainers {
		g.Rounds[1].Trainers[i].Correct = 0
	}
}

// private makes a task private.
func private(t *taskpb.TaskSpec) {
	t.Aggregation.Rule, t.Selection.MinTrainers = spec.RuleMean, 1
	t.Privacy = taskpb.Privacy{Mode: spec.PrivacyLocal, Kind: spec.KindLaplace, Clip: uint32(spec.One), Noise: uint32(spec.One)}
}

// TestSameMessagesSameStore: two runs of the same history give the same bytes in the store.
func TestSameMessagesSameStore(t *testing.T) {
	live := func() string {
		w := network(t, 6, 8, 8)
		a, b := w.create("alice", digits()), w.create("bob", digits())
		w.finish(a)
		w.finish(b)
		return w.everything()
	}
	first := live()
	for range 2 {
		if live() != first {
			t.Error("two runs differ")
		}
	}
}

func TestNewKeeperOverUsedStore(t *testing.T) {
	w := network(t, 6, 4, 4)
	id := w.create("alice", digits())
	w.play(id, 1, spec.PhaseScore)
	w.Keeper = task.NewKeeper(w.codec, runtime.NewKVStoreService(w.keys[task.Name]), w.bank, w.nodes, nil, nil, w.models, unsigned{}, denom, governors())
	if got := w.finish(id); got.State != spec.TaskReached {
		t.Errorf("task is %s after a restart", got.State)
	}
}
