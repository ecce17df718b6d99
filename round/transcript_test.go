package round_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// TestTranscripts plays the files of testdata. Each shows one task from its creation to its end,
// as inputs and effects. In them, models, updates and shards have names, which stand for their
// digests. Run with -rewrite to rewrite the outputs.
func TestTranscripts(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			var p play
			datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
				p.out.Reset()
				p.run(t, d)
				return p.out.String()
			})
		})
	}
}

// play is one task: its state, the current block, the names used so far, and the output. The chain
// makes a block every second unless it stands still.
type play struct {
	round.State
	height int64
	clock  round.Clock
	names  []string
	out    strings.Builder
}

func (p *play) run(t *testing.T, d *datadriven.TestData) {
	switch d.Cmd {
	case "create":
		p.create(taskOf(t, d))
	case "prepared": // as in happy.txt, up to the search for trainers
		p.create(taskOf(t, d))
		p.mute(func() {
			p.tick(p.height)
			for _, in := range p.owed() {
				p.step(0, in)
			}
			p.tick(p.height)
		})
	case "tick":
		p.tick(number(t, d, "at", p.height))
	case "play":
		p.playTo(word(d, "to", ""))
	case "standstill": // the next block comes an hour later
		p.step(0, round.Tick{})
		p.next(spec.Hour)
	case "cancel":
		p.step(0, round.Cancel{Owner: "owner"})
	case "select":
		p.step(0, p.selectOf(t, d))
	case "nominate":
		p.step(0, round.Nominate{
			Proposal: uint64(number(t, d, "proposal", 1)), Updates: uint32(number(t, d, "updates", int64(p.Task.Updates))),
			Model: p.name(word(d, "model", "")),
		})
	case "withdraw":
		p.step(0, round.Withdraw{Proposal: uint64(number(t, d, "proposal", 1))})
	case "amend":
		p.step(0, p.amend(t, d))
	default:
		for _, node := range list(t, d, "nodes") {
			p.step(node, p.message(t, d, node))
		}
	}
	p.status()
}

// create begins a new chain with one task.
func (p *play) create(task spec.TaskSpec) {
	p.height, p.clock = 1, round.Clock{Time: at(1).Time, Block: 1000}
	p.State = round.New("althing-test", 1, "owner", task, spec.DefaultTariff(), p.now())
}

// mute plays without output.
func (p *play) mute(steps func()) {
	before := p.out.String()
	steps()
	p.out.Reset()
	p.out.WriteString(before)
}

// tick ends blocks until the block of a height has ended.
func (p *play) tick(until int64) {
	for p.height <= until {
		p.step(0, round.Tick{})
		if p.Task.State.Final() {
			return
		}
		p.next(spec.Second)
	}
}

// playTo plays a task without output until its newest round enters a phase. Aggregators 1 to 4,
// evaluators 5 to 8 and trainers 11 to 14 are honest. Nobody answers for an earlier round that
// is still being scored.
func (p *play) playTo(to string) {
	p.mute(func() {
		for before := p.Round; string(p.Round.Phase) != to || p.Round.Number == before.Number && p.Round.Phase == before.Phase; {
			for _, in := range p.owed() {
				p.step(0, in)
			}
			p.tick(p.height)
		}
	})
}

// owed lists the inputs that take the newest round to its next phase.
func (p *play) owed() (ins []round.Input) {
	w, model := world{State: p.State}, fmt.Sprintf("model-%d", p.Round.Number)
	switch {
	case p.Task.State == spec.TaskWaiting:
		ins = append(ins, round.Select{Aggregators: members(100, 1, 2, 3, 4), Evaluators: members(100, 5, 6, 7, 8)})
		for node := range uint64(8) {
			ins = append(ins, round.Ready{Node: node + 1, Digest: p.name("model-0")})
		}
		return ins
	case p.Round.Phase == "" || p.Round.Phase.Final() || p.Round.Phase == spec.PhaseScore && p.Task.Spec.Overlap:
		return []round.Input{round.Select{Trainers: []uint64{11, 12, 13, 14}}}
	}
	p.name(model)
	for i := range uint64(4) {
		aggregator, evaluator, trainer := i+1, i+5, i+11
		switch p.Round.Phase {
		case spec.PhaseTrain:
			ins = append(ins, w.commit(trainer))
		case spec.PhaseAttest:
			ins = append(ins, round.Attest{Node: aggregator, Round: p.Round.Number, Holds: holding(p.Round, 11, 12, 13, 14)})
		case spec.PhaseAggregate:
			ins = append(ins, w.commitAggregate(aggregator, model))
		case spec.PhaseReveal:
			ins = append(ins, w.revealAggregate(aggregator, model))
		case spec.PhaseScore:
			ins = append(ins, w.commitScore(evaluator, 800_000))
		case spec.PhaseOpen:
			ins = append(ins, w.revealScore(evaluator, 800_000))
		case spec.PhaseProve, spec.PhaseSettled, spec.PhaseAborted: // nobody owes a message
		}
	}
	return ins
}

// next begins the next block, after a given time.
func (p *play) next(later spec.Duration) {
	p.height++
	p.clock = p.clock.Tick(p.clock.Block + int64(later))
}

func (p *play) now() round.Moment { return round.Moment{Height: p.height, Time: p.clock.Time} }

func (p *play) step(node uint64, in round.Input) {
	next, effects, err := p.Step(p.now(), in)
	switch {
	case err != nil && node > 0:
		fmt.Fprintf(&p.out, "%d: %d is refused: %v\n", p.height, node, err)
	case err != nil:
		fmt.Fprintf(&p.out, "%d: refused: %v\n", p.height, err)
	}
	for _, effect := range effects {
		line := effect.String()
		if of := round.NumberOf(effect); of > 0 {
			line = fmt.Sprintf("round %d: %s", of, line)
		}
		for _, name := range p.names {
			line = strings.ReplaceAll(line, digest(name).Short(), name)
		}
		fmt.Fprintf(&p.out, "%d: %s\n", p.height, line)
	}
	p.State = next
}

func (p *play) status() {
	fmt.Fprintf(&p.out, "task %s", p.Task.State)
	for _, r := range []spec.Round{p.Scoring, p.Round} {
		if r.Number > 0 {
			fmt.Fprintf(&p.out, ", round %d %s", r.Number, r.Phase)
		}
	}
	for _, r := range p.OpenRounds() {
		if rules := p.Task.SpecOf(r.Number); len(p.Task.Revisions) > 0 || p.Task.Updates > 0 {
			base := r.Base.Short()
			for _, name := range p.names {
				base = strings.ReplaceAll(base, digest(name).Short(), name)
			}
			fmt.Fprintf(&p.out, ", round %d on %s at rate %s", r.Number, base, rules.Training.Rate)
		}
	}
	if p.Task.Paid > 0 {
		fmt.Fprintf(&p.out, ", paid %d", p.Task.Paid)
	}
	if !p.Task.State.Final() {
		fmt.Fprintf(&p.out, ", due at %s", p.Task.Due)
	}
	fmt.Fprintln(&p.out)
}

func (p *play) message(t *testing.T, d *datadriven.TestData, node uint64) round.Input {
	t.Helper()
	number := func(key string, otherwise int64) uint64 { return uint64(number(t, d, key, otherwise)) }
	of, r := number("round", int64(p.Round.Number)), p.Round
	if of == p.Scoring.Number {
		r = p.Scoring
	}
	slot := p.Task.Slot(r.Number, number("as", int64(node)))
	var score spec.PPM
	if text := word(d, "score", ""); text != "" {
		score = ppm(t, text)
	}
	switch d.Cmd {
	case "ready":
		return round.Ready{Node: node, Digest: p.name(word(d, "holds", ""))}
	case "commit":
		update := p.name(word(d, "update", fmt.Sprintf("update-%d", slot.Node)))
		commitment := spec.UpdateCommitment(slot, update, salt(slot.Node))
		if d.HasArg("empty") {
			commitment = spec.Digest{}
		}
		return round.Commit{
			Node: node, Round: of, Commitment: commitment,
			Samples: uint32(number("samples", 100)), Correct: uint32(number("correct", 50)),
		}
	case "decline":
		return round.Decline{Node: node, Round: of, Why: spec.Decline(word(d, "why", ""))}
	case "prove":
		w := world{State: p.State}
		prove := w.receipts(slot.Node, list(t, d, "from")...)
		prove.Node, prove.Round = node, of
		return prove
	case "attest":
		return round.Attest{Node: node, Round: of, Holds: p.bitmap(t, d)}
	case "attest-model":
		return round.AttestModel{Node: node, Model: p.name(word(d, "model", ""))}
	case "aggregate":
		return round.CommitAggregate{Node: node, Round: of, Commitment: spec.AggregateCommitment(slot, p.name(word(d, "model", "")), salt(slot.Node))}
	case "reveal":
		return round.RevealAggregate{Node: node, Round: of, Digest: p.name(word(d, "model", "")), Salt: salt(node)}
	case "score":
		return round.CommitScore{Node: node, Round: of, Commitment: spec.ScoreCommitment(slot, r.Next, score, nil, salt(slot.Node))}
	case "open":
		return round.RevealScore{Node: node, Round: of, Score: score, Salt: salt(node)}
	}
	d.Fatalf(t, "unknown command %q", d.Cmd)
	return nil
}

// amend is the execution of a proposal, with settings such as rate=20000.
func (p *play) amend(t *testing.T, d *datadriven.TestData) round.Amend {
	t.Helper()
	in := round.Amend{
		Proposal: uint64(number(t, d, "proposal", 1)), Updates: uint32(number(t, d, "updates", int64(p.Task.Updates))),
		Base: digest("model-0"), Model: p.name(word(d, "model", "")),
	}
	for _, name := range []string{"rate", "batch", "clip"} {
		if value := number(t, d, name, -1); value >= 0 {
			in.Settings = append(in.Settings, spec.Tuning{Name: "training." + name, Value: uint64(value)})
		}
	}
	return in
}

// bitmap makes a bitmap of the trainers in the argument holds, or of the bytes in bits.
func (p *play) bitmap(t *testing.T, d *datadriven.TestData) []byte {
	if bits := list(t, d, "bits"); len(bits) > 0 {
		var raw []byte
		for _, b := range bits {
			raw = append(raw, byte(b))
		}
		return raw
	}
	return holding(p.Round, list(t, d, "holds")...)
}

func (p *play) selectOf(t *testing.T, d *datadriven.TestData) round.Select {
	stake := uint64(number(t, d, "stake", 100))
	return round.Select{
		Trainers:    list(t, d, "trainers"),
		Aggregators: members(stake, list(t, d, "aggregators")...),
		Evaluators:  members(stake, list(t, d, "evaluators")...),
	}
}

func (p *play) name(name string) spec.Digest {
	if name != "" {
		p.names = append(p.names, name)
	}
	return digest(name)
}

func taskOf(t *testing.T, d *datadriven.TestData) spec.TaskSpec {
	number := func(key string, otherwise int64) uint32 { return uint32(number(t, d, key, otherwise)) }
	task := task()
	task.Selection.Trainers = number("trainers", 4)
	task.Selection.MinTrainers = number("min_trainers", 2)
	task.Selection.Aggregators = number("aggregators", 4)
	task.Selection.Evaluators = number("evaluators", 4)
	task.Target.Rounds = number("rounds", 2)
	task.Target.Accuracy = ppm(t, word(d, "accuracy", "0"))
	task.Escrow = 1000 * (uint64(task.Target.Rounds) + 1) // 1000 uthing a round
	task.Retries = number("retries", 1)
	task.Overlap = d.HasArg("overlap")
	task.Governed = d.HasArg("governed")
	if d.HasArg("measured") {
		task.Data.Features, task.Data.Schema = spec.FeaturesStandard, pixels()
	}
	task.Deadlines.Evaluate = spec.Duration(number("evaluate", 10)) * spec.Second
	if err := task.Validate(); err != nil {
		d.Fatalf(t, "%v", err)
	}
	return task
}

// pixels names the 64 inputs and 10 classes of [task], without bounds.
func pixels() (s spec.Schema) {
	s.Label = "digit"
	for i := range 10 {
		s.Classes = append(s.Classes, fmt.Sprint(i))
	}
	for i := range 64 {
		s.Columns = append(s.Columns, spec.Column{Name: fmt.Sprintf("p%d", i), Kind: spec.ColumnNumber})
	}
	return s
}

func word(d *datadriven.TestData, key, otherwise string) string {
	if d.HasArg(key) {
		for _, arg := range d.CmdArgs {
			if arg.Key == key && len(arg.Vals) == 1 {
				return arg.Vals[0]
			}
		}
	}
	return otherwise
}

func number(t *testing.T, d *datadriven.TestData, key string, otherwise int64) int64 {
	t.Helper()
	n := otherwise
	d.MaybeScanArgs(t, key, &n)
	return n
}

func list(t *testing.T, d *datadriven.TestData, key string) (ids []uint64) {
	t.Helper()
	for _, arg := range d.CmdArgs {
		for i := range arg.Vals {
			if arg.Key == key && arg.Vals[i] != "" {
				var id uint64
				arg.Scan(t, i, &id)
				ids = append(ids, id)
			}
		}
	}
	return ids
}
