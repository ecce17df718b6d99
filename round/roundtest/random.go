package roundtest

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// randomTwins are two worlds in which random nodes and accounts do random things.
type randomTwins struct {
	*twins
	t         *rapid.T
	behaviour behaviour
	consumers []string
}

// random plays several random tasks at the same time. It fails unless at least one of them ended
// in each of the final states.
func random(t *testing.T, open func(failer) *twins) {
	seen := map[spec.TaskState]int{}
	rapid.Check(t, func(t *rapid.T) {
		w := &randomTwins{twins: open(t), t: t}
		w.registerNodes()
		for range rapid.IntRange(1, 40).Draw(t, "blocks") {
			w.randomBlock()
			w.pause(rapid.SampledFrom([]spec.Duration{
				50, 300, spec.Second, spec.Second, spec.Second, 2 * spec.Second, spec.Hour,
			}).Draw(t, "pause"))
		}
		w.finishAll()
		for id := uint64(1); id <= w.tasks; id++ {
			seen[w.state(id).Task.State]++
		}
	})
	for _, state := range spec.TaskStates() {
		if state.Final() && seen[state] == 0 && !testing.Short() {
			t.Errorf("no random task ended as %s: the random choices must be widened (%v)", state, seen)
		}
	}
	t.Logf("how random tasks ended: %v", seen)
}

// chance returns true with probability 1/in.
func (w *randomTwins) chance(in int, of string) bool {
	return rapid.SampledFrom(append(make([]bool, in-1), true)).Draw(w.t, of)
}

// registerNodes registers nodes: a few of each role, and some of random roles.
func (w *randomTwins) registerNodes() {
	for _, name := range []string{"alice", "bob", "carol"} {
		w.consumers = append(w.consumers, w.fund(name, rapid.Uint64Range(1000, 100*spec.Thing).Draw(w.t, "money")))
	}
	roles := []spec.Role{
		spec.Trainer, spec.Trainer, spec.Trainer, spec.Trainer,
		spec.Aggregator, spec.Aggregator, spec.Aggregator, spec.Aggregator, spec.Aggregator,
		spec.Evaluator, spec.Evaluator, spec.Evaluator,
	}
	for range rapid.IntRange(0, 6).Draw(w.t, "more") {
		roles = append(roles, rapid.SampledFrom([]spec.Role{
			spec.Trainer, spec.Evaluator, spec.Trainer | spec.Evaluator, spec.Trainer | spec.Aggregator,
			spec.Aggregator | spec.Evaluator, spec.Trainer | spec.Aggregator | spec.Evaluator,
		}).Draw(w.t, "roles"))
	}
	for _, role := range roles {
		w.registerRandomNode(role)
	}
	someone := rapid.SliceOfNDistinct(rapid.Uint64Range(1, w.nodes), 0, 1, rapid.ID[uint64])
	w.behaviour = behaviour{
		silent: someone.Draw(w.t, "silent"), liars: someone.Draw(w.t, "liars"), withholders: someone.Draw(w.t, "hiders"),
	}
}

// registerRandomNode registers a node whose properties that matter for selection are random.
func (w *randomTwins) registerRandomNode(role spec.Role) {
	name := fmt.Sprintf("node%d", w.nodes+1)
	p := profile(name, role, rapid.SampledFrom([]uint32{1, 2, 3, 4}).Draw(w.t, "slots"))
	p.Holdings[0].Samples = rapid.Uint32Range(0, 3).Draw(w.t, "samples") // 0: withheld
	if w.chance(10, "other data") {
		p.Holdings[0].Name = "letters"
	}
	p.Resources.CPU = rapid.Uint32Range(1, 3).Draw(w.t, "cpu")
	p.Claimed = spec.PPM(rapid.Uint32Range(0, 3).Draw(w.t, "claimed")) * 300_000
	if _, err := w.register(w.fund(name, 3*stake), p, rapid.Uint64Range(1, 3).Draw(w.t, "stake")*stake); err != nil {
		w.Fatalf("%s: %v", name, err)
	}
}

// anyTask draws a small task, so that it ends soon and several run at the same time. A few of
// them are invalid.
func (w *randomTwins) anyTask() spec.TaskSpec {
	t, few := w.t, func(name string) spec.Duration {
		return spec.Duration(rapid.Int64Range(2, 6).Draw(w.t, name)) * spec.Second
	}
	asked := digits()
	asked.Selection.Trainers = rapid.Uint32Range(1, 4).Draw(t, "trainers")
	asked.Selection.MinTrainers = rapid.Uint32Range(1, asked.Selection.Trainers).Draw(t, "least")
	asked.Selection.Aggregators = rapid.SampledFrom([]uint32{1, 4}).Draw(t, "aggregators")
	asked.Selection.Evaluators = rapid.Uint32Range(1, 3).Draw(t, "evaluators")
	switch rapid.IntRange(0, 15).Draw(t, "wanted of nodes") {
	case 8:
		asked.Selection.MinStake = 2 * stake
	case 9:
		asked.Selection.MinAccuracy = 500_000
	case 10:
		asked.Selection.Resources.CPU = 2
	case 11:
		asked.Data.MinSamples = 2
	case 12:
		asked.Data.MinHoldout = 2
	default: // nothing
	}
	if w.chance(4, "columns are measured") {
		asked.Data = columns()
	}
	asked.Target.Rounds = rapid.Uint32Range(1, 3).Draw(t, "rounds")
	asked.Target.Accuracy = rapid.SampledFrom([]spec.PPM{0, 500_000, 900_000}).Draw(t, "accuracy")
	asked.Target.Patience = rapid.Uint32Range(0, 1).Draw(t, "patience")
	asked.Escrow = rapid.Uint64Range(spec.Thing/2, 10*spec.Thing).Draw(t, "escrow")
	if w.chance(8, "no task") {
		asked.Escrow = 0
	}
	asked.Overlap = rapid.Bool().Draw(t, "overlap")
	asked.Governed = rapid.Bool().Draw(t, "governed")
	asked.Retries = rapid.Uint32Range(0, 2).Draw(t, "retries")
	asked.Deadlines = spec.Deadlines{Select: 3 * few("select"), Train: few("train"), Attest: few("attest"), Aggregate: few("aggregate"), Evaluate: few("evaluate")}
	return asked
}

// randomBlock draws what nodes and accounts do in one block, and does it in random order.
func (w *randomTwins) randomBlock() {
	var acts []func()
	say := func(task uint64, in round.Input) {
		acts = append(acts, func() {
			if n, _ := w.one.Node(NodeOf(in)); n.Owner != "" && n.State != spec.NodeExited || NodeOf(in) == 0 { // a node that has exited cannot send messages
				_ = w.say(task, in)
			}
		})
	}
	for id := uint64(1); id <= w.tasks; id++ {
		if w.chance(10, "pause") {
			continue
		}
		s := w.state(id)
		owed := w.behaviour.owed(s)
		for _, in := range owed {
			if !w.chance(25, "forgets") {
				say(id, in)
			}
		}
		if len(owed) > 0 && w.chance(2, "wrong") {
			task, in := w.makeWrong(s, rapid.SampledFrom(owed).Draw(w.t, "answer"))
			say(task, in)
		}
		if w.chance(3, "stray") {
			say(id, RandomMessage(w.t, s, w.nodes))
		}
	}
	if w.tasks < 4 && w.chance(3, "create") {
		owner, asked := rapid.SampledFrom(w.consumers).Draw(w.t, "owner"), w.anyTask()
		acts = append(acts, func() { _, _ = w.create(owner, asked) })
	}
	if w.tasks > 0 && w.chance(12, "cancel") {
		t := w.state(rapid.Uint64Range(1, w.tasks).Draw(w.t, "task")).Task
		say(t.ID, round.Cancel{Owner: rapid.SampledFrom([]string{t.Owner, t.Owner, w.consumers[0]}).Draw(w.t, "owner")})
	}
	node := rapid.Uint64Range(1, w.nodes+1).Draw(w.t, "node")
	if w.tasks > 0 && w.chance(6, "accuse") {
		t := w.state(rapid.Uint64Range(1, w.tasks).Draw(w.t, "task")).Task
		if len(t.Aggregators) > 0 {
			accused := rapid.SampledFrom(t.Aggregators).Draw(w.t, "accused").Node
			number := rapid.Uint64Range(1, 3).Draw(w.t, "round")
			here := w.node(accused).State != spec.NodeExited // a node that has exited has no stake to lose
			if here && rapid.Bool().Draw(w.t, "of its answers") {
				say(t.ID, round.TwoAnswers{First: attest(accused, number, 1), Second: attest(accused, number, rapid.Byte().Draw(w.t, "bitmap"))})
			} else {
				say(t.ID, twoReceiptsOf(t.ID, number, accused, node))
			}
		}
	}
	if w.tasks > 0 && w.chance(3, "vote") {
		acts = append(acts, w.randomVote(w.state(rapid.Uint64Range(1, w.tasks).Draw(w.t, "task"))))
	}
	if w.chance(3, "money moves") {
		acts = append(acts, w.randomDeposit(node))
	}
	switch rapid.IntRange(0, 30).Draw(w.t, "comes and goes") {
	case 0:
		acts = append(acts, func() { _ = w.exit(node) })
	case 1, 2:
		active := rapid.Bool().Draw(w.t, "active")
		acts = append(acts, func() {
			_ = w.do("a node that says whether it may be selected", func(world World) error { return world.SetActive(node, active) })
		})
	case 3:
		acts = append(acts, func() { w.registerRandomNode(spec.Trainer) })
	default: // nobody
	}
	if len(acts) == 0 {
		return
	}
	for _, act := range rapid.Permutation(acts).Draw(w.t, "order") {
		act()
	}
}

// randomVote draws a decision of a vote about a task, and lets its aggregators attest the model first.
func (w *randomTwins) randomVote(s round.State) func() {
	id, proposal := s.Task.ID, rapid.Uint64Range(1, 3).Draw(w.t, "proposal")
	model := rapid.SampledFrom([]spec.Digest{s.Task.Nominee.Model, digest("foreign"), digest("model 1")}).Draw(w.t, "model")
	settings := []spec.Tuning{{Name: rapid.SampledFrom(spec.Hyperparameters()).Draw(w.t, "name").Name, Value: rapid.Uint64Range(0, 9).Draw(w.t, "value")}}
	wanted := model
	if wanted.IsZero() { // a nomination must name a model
		wanted = digest("foreign")
	}
	in := rapid.SampledFrom([]round.Input{
		round.Nominate{Proposal: proposal, Updates: s.Task.Updates, Model: wanted},
		round.Withdraw{Proposal: proposal},
		round.Amend{Proposal: proposal, Updates: s.Task.Updates, Model: model},
		round.Amend{Proposal: proposal, Updates: s.Task.Updates, Settings: settings},
	}).Draw(w.t, "decided")
	return func() {
		for _, m := range s.Task.Aggregators {
			if s.Task.State.Final() {
				break // they may have exited since
			}
			_ = w.say(id, round.AttestModel{Node: m.Node, Model: model})
		}
		_ = w.decide(id, in)
	}
}

// randomDeposit draws a change of a node's deposit.
func (w *randomTwins) randomDeposit(node uint64) func() {
	amount := rapid.SampledFrom([]uint64{0, 1, stake / 2, stake, 2 * stake, math.MaxUint64}).Draw(w.t, "amount")
	small := rapid.Uint64Range(0, 4).Draw(w.t, "task or number")
	part := rapid.SampledFrom([]spec.PPM{0, 5_000, 50_000, spec.One}).Draw(w.t, "part")
	jail := rapid.Bool().Draw(w.t, "jail")
	act := rapid.SampledFrom([]struct {
		what string
		do   func(World) error
	}{
		{"more stake", func(world World) error { return world.AddStake(node, amount) }},
		{"less stake", func(world World) error { return world.Unbond(node, amount) }},
		{"an unbonding is cancelled", func(world World) error { return world.CancelUnbond(node, small) }},
		{"a node leaves jail", func(world World) error { return world.Unjail(node) }},
		{"a slash", func(world World) error {
			_, err := world.Slash(small, node, part, jail)
			return err
		}},
	}).Draw(w.t, "of a deposit")
	return func() { _ = w.do(act.what, act.do) }
}

// makeWrong changes one field of an answer, or sends it to another task.
func (w *randomTwins) makeWrong(s round.State, in round.Input) (task uint64, wrong round.Input) {
	if w.chance(6, "other task") {
		return rapid.Uint64Range(0, 5).Draw(w.t, "task"), in
	}
	var fields []string
	for _, f := range reflect.VisibleFields(reflect.TypeOf(in)) {
		if f.Name != "Node" { // another sender is what stray messages have
			fields = append(fields, f.Name)
		}
	}
	return s.Task.ID, redraw(w.t, s, in, rapid.SampledFrom(fields).Draw(w.t, "field"))
}

// RandomMessage draws any message of one of a number of nodes to a task, at any time.
func RandomMessage(t *rapid.T, s round.State, nodes uint64) round.Input {
	node := rapid.Uint64Range(1, nodes).Draw(t, "node")
	if known := s.EngagedNodes(); len(known) > 0 && rapid.Bool().Draw(t, "of the task") {
		node = rapid.SampledFrom(known).Draw(t, "member")
	}
	in := rapid.SampledFrom(round.Answers()).Draw(t, "kind")
	stray := reflect.New(reflect.TypeOf(in)).Elem()
	stray.FieldByName("Node").SetUint(node)
	in = stray.Interface().(round.Input)
	for _, f := range reflect.VisibleFields(stray.Type()) {
		if f.Name != "Node" {
			in = redraw(t, s, in, f.Name)
		}
	}
	return in
}

// redraw replaces a field of an input by a random value: one that fits the task, one at or beyond
// a bound, or one that another node has sent.
func redraw(t *rapid.T, s round.State, in round.Input, name string) round.Input {
	changed := reflect.New(reflect.TypeOf(in)).Elem()
	changed.Set(reflect.ValueOf(in))
	field := changed.FieldByName(name)
	var value any
	switch kind := field.Interface().(type) {
	case spec.Digest:
		digests := append(commitmentsOf(s.Round), commitmentsOf(s.Scoring)...)
		digests = append(digests, spec.Digest{}, digest("model 0"), digest("another model"), digest("something"))
		value = rapid.SampledFrom(digests).Draw(t, name)
	case spec.Salt:
		value = salt(rapid.Uint64Range(0, 20).Draw(t, name))
	case spec.Signature:
		value = rapid.SampledFrom([]spec.Signature{{}, {1}}).Draw(t, name)
	case spec.Decline:
		value = rapid.SampledFrom(append(spec.Declines(), "", "a mood")).Draw(t, name)
	case []spec.Receipt:
		value = rapid.SliceOfN(rapid.Just(spec.Receipt{Aggregator: 1, Signature: spec.Signature{1}}), 0, 2).Draw(t, name)
	case []spec.Count:
		value = rapid.SampledFrom([][]spec.Count{nil, {{Rows: 1000, Correct: 500}}, {{}}, {{Rows: 1, Correct: 2}}, make([]spec.Count, spec.MaxCounts+1)}).Draw(t, name)
	case spec.PPM:
		value = rapid.SampledFrom([]spec.PPM{0, 1, spec.One, spec.One + 1}).Draw(t, name)
	case uint32:
		value = rapid.SampledFrom([]uint32{0, 1, 1, 10, spec.MaxSamples + 1}).Draw(t, name)
	case uint64:
		value = rapid.SampledFrom([]uint64{s.Task.Round, s.Task.Round, s.Task.Round, s.Task.Scoring, s.Task.Scoring, 0, 1, 2, 3}).Draw(t, name)
	case []byte:
		value = rapid.SliceOfN(rapid.SampledFrom([]byte{0, 0, 1, 0xff}), 0, 2).Draw(t, name)
	case string:
		value = rapid.SampledFrom([]string{"", "a", "a few words", strings.Repeat("many words ", 100)}).Draw(t, name)
	default:
		t.Fatalf("%T has a field of type %T: add random values for it", in, kind)
	}
	field.Set(reflect.ValueOf(value))
	return changed.Interface().(round.Input)
}

// commitmentsOf lists all commitments of a round, each of which might be copied.
func commitmentsOf(r spec.Round) (commitments []spec.Digest) {
	for _, t := range r.Trainers {
		commitments = append(commitments, t.Commitment)
	}
	for _, a := range r.Aggregates {
		commitments = append(commitments, a.Commitment)
	}
	for _, e := range r.Scores {
		commitments = append(commitments, e.Commitment)
	}
	return commitments
}
