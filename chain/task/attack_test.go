package task_test

import (
	"crypto/ed25519"
	"testing"
	"time"

	"github.com/althing-network/althing/chain/task"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// These attacks harm others than the attacker. docs/threat-model.md says what each of them costs.
// Off: without the defence; on: with it.

// rich returns a network with the default tariff, whose consumers can pay for it.
func rich(t failer, trainers, aggregators, evaluators int) *world {
	return charging(t, spec.DefaultTariff(), trainers, aggregators, evaluators)
}

// charging returns a network with a tariff.
func charging(t failer, tariff spec.Tariff, trainers, aggregators, evaluators int) *world {
	w := network(t, trainers, aggregators, evaluators)
	said := taskpb.TariffFromSpec(tariff)
	task.Module{Keeper: w.Keeper}.InitGenesis(w.ctx, w.codec, w.codec.MustMarshalJSON(&taskpb.Genesis{Tariff: &said}))
	for _, name := range consumers() {
		w.must(w.bank.balances.Set(w.ctx, account(name), 1000*spec.Thing))
	}
	return w
}

// longest is the most network time that passes in one block.
const longest = 5 * time.Second

// pass lets network time pass without messages.
func (w *world) pass(lasts spec.Duration, each func()) {
	w.Helper()
	for until := w.time().After(lasts); w.time() < until; {
		each()
		w.must(w.EndBlock(w.ctx))
		w.next(longest)
	}
}

// rewrite changes the record of a task in the store. Tests use it to switch off a defence that has no
// switch.
func (w *world) rewrite(id uint64, by func(*taskpb.Task)) {
	w.Helper()
	var record taskpb.Task
	w.must(record.Unmarshal(w.stored(storeKey(records, id))))
	by(&record)
	raw, err := record.Marshal()
	w.must(err)
	w.put(storeKey(records, id), raw)
}

func (w *world) node(id uint64) spec.Node {
	w.Helper()
	n, err := w.nodes.Get(w.ctx, id)
	w.must(err)
	return n
}

// TestAttack02Hostages: four tasks that no node can train for occupy all slots of a committee for as
// long as their select deadline allows: a year. Off: the wait starts again and again. On: after an
// hour all nodes are free and were paid.
func TestAttack02Hostages(t *testing.T) {
	const slots = 4
	hold := func(w *world) (ids []uint64) {
		for id := uint64(7); id <= 14; id++ {
			w.must(w.nodes.change(w.ctx, id, func(n *spec.Node) { n.Profile.Slots = slots }))
		}
		asked := digits()
		asked.Data.MinSamples = spec.MaxSamples // nobody has as many
		asked.Selection.Trainers, asked.Selection.MinTrainers = 1, 1
		asked.Target.Rounds, asked.Deadlines.Select = 1, spec.MaxDuration
		asked.Escrow = 2 * 10 * spec.DefaultTariff().MinPay // the least for ten nodes
		for range slots {
			ids = append(ids, w.create("alice", asked))
		}
		for range 3 {
			w.end()
		}
		for _, id := range ids {
			w.say(id)
		}
		return ids
	}
	victim := func(w *world) spec.Task {
		asked := digits()
		asked.Escrow = 3 * spec.Thing
		return w.finish(w.create("bob", asked))
	}

	off := rich(t, 6, 4, 4)
	ids := hold(off)
	off.pass(3*spec.Hour, func() {
		for _, id := range ids {
			off.rewrite(id, func(t *taskpb.Task) { t.Since = int64(off.time()) })
		}
	})
	if got := victim(off); got.State != spec.TaskFailed || off.node(7).Busy != slots {
		t.Fatalf("without the defence the attack must work: the victim's task is %s, node 7 is busy with %d", got.State, off.node(7).Busy)
	}

	w := rich(t, 6, 4, 4)
	before := w.balance(account("alice"))
	ids = hold(w)
	w.pass(59*spec.Minute, func() {})
	if w.node(7).Busy != slots {
		t.Fatal("nobody is held")
	}
	w.pass(2*spec.Minute, func() {})
	const least = 4*125 + 4*187 + 312 // uthing: a sixteenth of a round's pay, without the part of the trainers
	for _, id := range ids {
		if got := w.task(id); got.State != spec.TaskFailed || got.Paid != least {
			t.Errorf("task %d is %s, and paid %d: want %d", id, got.State, got.Paid, least)
		}
	}
	for id := uint64(7); id <= 14; id++ {
		if n := w.node(id); n.Busy != 0 || n.Bonded != 0 || n.Reputation != spec.One/2 {
			t.Errorf("node %d: busy %d, bonded %d, reputation %s", id, n.Busy, n.Bonded, n.Reputation)
		}
	}
	lost := before - w.balance(account("alice"))
	t.Logf("an hour of %d slots of 8 nodes cost %d uthing; an aggregator earned %d, an evaluator %d", slots, lost, w.balance(owner(7)), w.balance(owner(11)))
	if got := victim(w); got.State != spec.TaskReached {
		t.Errorf("the victim's task is %s (%s)", got.State, got.Reason)
	}
	w.solvent()
}

// farm lets a consumer raise the reputation of ten nodes of its own with a task among themselves. It
// returns what this cost the consumer after all payments to its own nodes.
func farm(w *world, rounds uint32) (cost uint64) {
	const own = uint32(4_000_000_000) // a resource that no other node claims to have
	roles := []spec.Role{
		spec.Aggregator, spec.Aggregator, spec.Aggregator, spec.Aggregator,
		spec.Evaluator, spec.Evaluator, spec.Evaluator, spec.Evaluator, spec.Trainer, spec.Trainer,
	}
	for i, role := range roles {
		id := uint64(101 + i)
		w.must(w.nodes.set(w.ctx, spec.Node{
			ID: id, Owner: owner(id), Standing: round.NewStanding(), Deposit: spec.Deposit{State: spec.NodeActive, Stake: spec.Thing},
			Profile: spec.Profile{
				Roles: role, Slots: 16, Resources: spec.Resources{GPU: own},
				Holdings: []spec.Holding{{Name: "digits", Samples: 100}, {Name: "mine", Samples: 100}},
			},
		}))
	}
	asked := digits()
	asked.Data.Name = "mine"
	asked.Selection.Trainers, asked.Selection.MinTrainers = 1, 1
	asked.Selection.Resources.GPU = own // only its own nodes say that they have as much
	asked.Target = spec.Target{Rounds: rounds}
	asked.Escrow = uint64(len(roles)) * 10_000 * uint64(rounds+1)
	worth := func() (sum uint64) {
		sum = w.balance(account("alice"))
		for i := range roles {
			sum += w.balance(owner(uint64(101+i))) + w.node(uint64(101+i)).Stake
		}
		return sum
	}
	before := worth()
	w.finish(w.create("alice", asked))
	return before - worth()
}

// TestAttack01FarmedStanding: ten nodes of one consumer work for each other until they have the best
// reputations, and then make up the whole committee of a stranger's task. Off: the tariff has no part
// for validators, and the attack costs nothing. On: each round costs at least the validators' part of
// the minimum pay of each node. More is not possible, so ranked selection is for networks that know
// who registers.
func TestAttack01FarmedStanding(t *testing.T) {
	const rounds, nodes = 40, 10
	free := spec.DefaultTariff()
	free.Split.Trainers, free.Split.Validators = free.Split.Trainers+free.Split.Validators, 0
	for name, tariff := range map[string]spec.Tariff{"off": free, "on": spec.DefaultTariff()} {
		w := charging(t, tariff, 6, 4, 4)
		for id := uint64(7); id <= 14; id++ { // honest nodes, which have served for a while
			w.must(w.nodes.change(w.ctx, id, func(n *spec.Node) { n.Reputation, n.Stake = 8*spec.One/10, 100_000*spec.Thing }))
		}
		cost := farm(w, rounds)
		least := tariff.Split.Validators.Of(tariff.MinPay) * nodes * rounds
		if cost < least || name == "off" && cost != 0 || name == "on" && least == 0 {
			t.Errorf("%s: it cost %d uthing, want at least %d", name, cost, least)
		}
		t.Logf("%s: reputation %s after %d rounds, for %d uthing", name, w.node(101).Reputation, rounds, cost)
		asked := digits()
		asked.Escrow = 3 * spec.Thing
		victim := w.create("bob", asked)
		w.end()
		got := w.task(victim)
		if len(got.Aggregators) != 4 || got.Aggregators[0].Node != 101 || got.Evaluators[0].Node != 105 {
			t.Errorf("%s: the committee is %v and %v: want the farmed nodes", name, got.Aggregators, got.Evaluators)
		}
	}
}

// ruin runs a task that asks six trainers for something impossible, for as long as it can. It compares
// their standing with the standing under the former rule: a demerit for each trainer that has not
// committed.
func ruin(t *testing.T, asked spec.TaskSpec, say func(w *world, id uint64)) (former spec.Standing, rounds uint64) {
	t.Helper()
	w := rich(t, 6, 4, 4)
	asked.Escrow, asked.Retries = 4*spec.Thing, spec.MaxRetries
	id := w.create("alice", asked)
	w.end()
	w.say(id)
	former = w.node(1).Standing
	for !w.task(id).State.Final() {
		if r := w.round(id); r.Number > rounds {
			rounds, former = r.Number, round.Blame(former, spec.Change{})
			say(w, id)
		}
		w.pass(spec.Second, func() {})
	}
	for node := uint64(1); node <= 14; node++ {
		if n := w.node(node); n.Reputation != spec.One/2 || n.Stake != 1_000_000 {
			t.Errorf("node %d stands at %s, with a stake of %d", node, n.Reputation, n.Stake)
		}
	}
	got := w.task(id)
	t.Logf("%s (%s): %d rounds in %s, paid %d; by the former rule %s", got.State, got.Reason, rounds, spec.Duration(w.time()), got.Paid, former.Reputation)
	return former, rounds
}

// TestAttack14RuinedStanding: a consumer leaves two seconds for a training that takes longer. Under the
// former rule the trainers' reputations fell to nothing. Now none falls and no bond is slashed,
// because no trainer has done what was asked.
func TestAttack14RuinedStanding(t *testing.T) {
	asked := digits()
	asked.Deadlines.Train = 2 * spec.Second
	if former, rounds := ruin(t, asked, silent); former.Reputation > spec.One/100 {
		t.Errorf("under the former rule the reputation is %s after %d rounds: without the defence the attack must work", former.Reputation, rounds)
	}
}

func silent(*world, uint64) {}

// TestAttack14MustDiverge: a task whose training always diverges. Off: the trainers cannot say so, and
// the task selects trainers again and again. On: they decline, and the task ends after one round.
func TestAttack14MustDiverge(t *testing.T) {
	if _, rounds := ruin(t, digits(), silent); rounds != spec.MaxRetries+1 {
		t.Errorf("the task ends after %d rounds: without the defence the attack must work", rounds)
	}
	_, rounds := ruin(t, digits(), func(w *world, id uint64) {
		for _, trainer := range w.round(id).Trainers {
			w.must(w.run(w.ctx, &taskpb.MsgDecline{Owner: owner(trainer.Node), Task: id, Round: w.task(id).Round, Why: taskpb.DeclineFromSpec(spec.DeclineDiverged)}))
		}
	})
	if rounds != 1 {
		t.Errorf("the task ends after %d rounds", rounds)
	}
}

// signing returns the key with which an aggregator signs receipts.
func signing(node uint64) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(append(make([]byte, 31), byte(node)))
}

// TestAttack20RobbedTrainers: the only aggregator belongs to the consumer. It accepts every update and
// attests none. Off: the trainers have no receipts. On: they show their receipts, share half of a
// round's pay and lose no reputation; the aggregator loses reputation. With the default policy no
// trainer serves a task with a single aggregator.
func TestAttack20RobbedTrainers(t *testing.T) {
	rob := func(receipts bool, policy spec.Policy) (w *world, uploads int, got spec.Task) {
		w = rich(t, 6, 1, 4)
		w.must(w.nodes.change(w.ctx, 7, func(n *spec.Node) { n.Profile.TransportKey = signing(7).Public().(ed25519.PublicKey) }))
		for id := uint64(1); id <= 6; id++ {
			w.must(w.nodes.change(w.ctx, id, func(n *spec.Node) { n.Profile.Policy = policy }))
		}
		asked := digits()
		asked.Escrow, asked.Selection.Aggregators, asked.Retries = 3*spec.Thing, 1, 10
		id := w.create("alice", asked)
		for !w.task(id).State.Final() {
			r := w.round(id)
			for _, msg := range w.owed(id) {
				switch m := msg.(type) {
				case *taskpb.MsgAttest: // by now the aggregator has the bytes
					uploads += int(r.Commitments)
					m.Holds = make([]byte, len(m.Holds))
				case *taskpb.MsgProve:
					node, err := w.nodes.IDOf(w.ctx, m.Owner)
					w.must(err)
					if receipts {
						slot := spec.Slot{Chain: chainID, Task: id, Round: r.Number, Node: node}
						receipt := spec.SignReceipt(signing(7), slot, 7, r.Trainers[r.Trainer(node)].Commitment)
						m.Receipts = []taskpb.Receipt{{Aggregator: 7, Signature: receipt.Signature[:]}}
					}
				}
				w.must(w.run(w.ctx, msg))
			}
			w.pass(spec.Second, func() {})
		}
		w.solvent()
		return w, uploads, w.task(id)
	}
	earned := func(w *world) (sum uint64) {
		for id := uint64(1); id <= 6; id++ {
			if n := w.node(id); n.Reputation != spec.One/2 {
				t.Errorf("trainer %d stands at %s", id, n.Reputation)
			}
			sum += w.balance(owner(id))
		}
		return sum
	}
	consent := spec.Policy{SoleAggregator: true}
	w, uploads, got := rob(false, consent)
	if uploads != 66 || got.Delivered != 0 {
		t.Fatalf("%d updates, %d paid for them: without the defence the attack must work", uploads, got.Delivered)
	}
	t.Logf("without receipts: %d updates, the trainers earn %d, the robber stands at %s", uploads, earned(w), w.node(7).Reputation)
	w, uploads, got = rob(true, consent)
	if half := got.Spec.PerRound() / 2; uploads != 66 || got.Delivered != half/6*6 || earned(w) < got.Delivered || got.Paid >= 2*half+half {
		t.Errorf("%d updates, %d paid for them, %d in all", uploads, got.Delivered, got.Paid)
	}
	if w.node(7).Reputation > spec.One/20 {
		t.Errorf("the robber stands at %s", w.node(7).Reputation)
	}
	t.Logf("with receipts: the trainers earn %d of %d a round, the robber stands at %s", earned(w), got.Spec.PerRound(), w.node(7).Reputation)
	w, uploads, got = rob(true, spec.Policy{})
	if uploads != 0 || got.Round != 0 || earned(w) != 0 {
		t.Errorf("by default %d updates in %d rounds", uploads, got.Round)
	}
}

// TestAttack25IdleTasks: tasks whose trainers never answer. Off: a task forgets how many of its rounds
// were aborted, and never ends. On: each task has a number of retries after longer and longer pauses;
// each retry costs a fee and leaves one record.
func TestAttack25IdleTasks(t *testing.T) {
	const tasks = 200
	asked := digits()
	asked.Selection.Trainers, asked.Selection.MinTrainers = 1, 1
	asked.Target.Rounds, asked.Deadlines.Train = 1, 2*spec.Second
	asked.Escrow, asked.Retries = 2*10*spec.DefaultTariff().MinPay, spec.MaxRetries
	idle := func(tasks int) *world {
		w := rich(t, 2, 4, 4)
		for id := uint64(1); id <= 10; id++ {
			w.must(w.nodes.change(w.ctx, id, func(n *spec.Node) { n.Profile.Slots, n.Stake = spec.MaxSlots, 10*spec.Thing }))
		}
		for range tasks {
			w.create("alice", asked)
		}
		for range 3 {
			w.end()
		}
		for id := range uint64(tasks) {
			w.say(id + 1)
		}
		return w
	}
	off := idle(1)
	off.pass(2*spec.Hour, func() { off.rewrite(1, func(t *taskpb.Task) { t.Aborted = 0 }) })
	if got := off.task(1); got.State != spec.TaskRunning || got.Round < 10*spec.MaxRetries {
		t.Fatalf("the task is %s in round %d: without the defence the attack must work", got.State, got.Round)
	}

	w := idle(tasks)
	w.pass(2*spec.Hour, func() {})
	const each = spec.MaxRetries + 1
	got := w.task(1)
	perRound := got.Spec.PerRound()
	first, err := w.Round(w.ctx, &taskpb.QueryRound{Task: 1, Number: 1})
	w.must(err)
	if got.State != spec.TaskFailed || got.Round != each || got.Paid >= perRound/2 || first.Round.Paid != 4*125+4*187+312 {
		t.Errorf("the task is %s after %d rounds; it paid %d of %d a round, %d for the first", got.State, got.Round, got.Paid, perRound, first.Round.Paid)
	}
	kept := map[byte]int{}
	it := w.ctx.KVStore(w.keys[task.Name]).Iterator(nil, nil)
	for ; it.Valid(); it.Next() {
		kept[it.Key()[0]]++
	}
	w.must(it.Close())
	if kept[records] != tasks || kept[rounds] != tasks*each || kept[6] != 0 {
		t.Errorf("the store keeps %v", kept)
	}
	for _, of := range []byte{8, 9, 10, 11, 12, 14} {
		if kept[of] != 0 {
			t.Errorf("aborted rounds leave %d parts of kind %d", kept[of], of)
		}
	}
	t.Logf("the first aborted round costs %d uthing, all %d of a task %d; all tasks cost %d", first.Round.Paid, each, got.Paid, 1000*spec.Thing-w.balance(account("alice")))
	w.idle(10)
	w.solvent()
}
