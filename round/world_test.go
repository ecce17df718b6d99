package round_test

import (
	"crypto/ed25519"
	"errors"
	"testing"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// task has 4 trainers (6 with backups), 4 aggregators and 4 evaluators. It pays 1000 uthing for
// each of 2 rounds, and has another 1000 for aborted rounds.
func task() spec.TaskSpec {
	t := spec.DefaultTask()
	t.Name = "digits"
	t.Model = spec.Model{Kind: spec.ModelSoftmax, Inputs: 64, Classes: 10}
	t.Data = spec.Data{Name: "digits"}
	t.Training.Rate = 100_000
	t.Selection.Trainers, t.Selection.MinTrainers = 4, 2
	t.Target.Rounds = 2
	t.Escrow = 3000
	t.Retries = 1
	t.Deadlines = spec.Deadlines{
		Select: 20 * spec.Second, Train: 20 * spec.Second,
		Attest: 10 * spec.Second, Aggregate: 10 * spec.Second, Evaluate: 10 * spec.Second,
	}
	t.Overlap = false
	return t
}

// at is the moment of a block if one is made every second.
func at(height int64) round.Moment {
	return round.Moment{Height: height, Time: spec.Time(0).After(spec.Duration(height) * spec.Second)}
}

func digest(name string) spec.Digest {
	if name == "" {
		return spec.Digest{}
	}
	return spec.DigestOf([]byte(name))
}

func salt(node uint64) spec.Salt { return spec.Salt{byte(node), 1} }

// transportKey is the key with which a node signs receipts.
func transportKey(node uint64) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(append(make([]byte, 31), byte(node)))
}

func ppm(t *testing.T, s string) spec.PPM {
	t.Helper()
	p, err := spec.ParsePPM(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func members(stake uint64, ids ...uint64) (ms []spec.Member) {
	for _, id := range ids {
		ms = append(ms, spec.Member{Node: id, Stake: stake, Key: spec.PublicKeyOf(transportKey(id))})
	}
	return ms
}

// holding is the bitmap of the named trainers.
func holding(r spec.Round, nodes ...uint64) []byte {
	held := make([]bool, len(r.Trainers))
	for _, node := range nodes {
		held[r.Trainer(node)] = true
	}
	return spec.Bitmap(held)
}

// world takes a task through its blocks, and fails the test if an input is refused.
type world struct {
	testing.TB
	round.State
	height  int64
	effects []round.Effect
}

// newWorld returns a task in round 1, with aggregators 1 to 4, evaluators 5 to 8 and trainers 11 to
// 14.
func newWorld(t testing.TB, task spec.TaskSpec) *world {
	w := newPreparedWorld(t, task)
	w.do(round.Select{Trainers: []uint64{11, 12, 13, 14}})
	return w
}

// newPreparedWorld returns a task whose committee is ready, before round 1.
func newPreparedWorld(t testing.TB, task spec.TaskSpec) *world {
	w := &world{TB: t, State: round.New("althing-test", 1, "owner", task, spec.DefaultTariff(), at(1)), height: 1}
	w.do(round.Select{Aggregators: members(100, 1, 2, 3, 4), Evaluators: members(100, 5, 6, 7, 8)})
	for node := uint64(1); node <= 4; node++ {
		w.do(round.Ready{Node: node, Digest: digest("model-0")})
		w.do(round.Ready{Node: node + 4, Digest: digest("shard")})
	}
	w.end()
	return w
}

// do gives the task inputs that must be accepted.
func (w *world) do(ins ...round.Input) {
	w.Helper()
	for _, in := range ins {
		next, effects, err := w.Step(at(w.height), in)
		if err != nil {
			w.Fatalf("height %d: %#v: %v", w.height, in, err)
		}
		w.State, w.effects = next, append(w.effects, effects...)
	}
}

// refuse gives the task an input that must be refused with an error.
func (w *world) refuse(in round.Input, want error) {
	w.Helper()
	if _, _, err := w.Step(at(w.height), in); !errors.Is(err, want) {
		w.Fatalf("%#v: got error %v, want %v", in, err, want)
	}
}

// end ends the block.
func (w *world) end() {
	w.Helper()
	w.do(round.Tick{})
	w.height++
}

// pass ends blocks until the phase has changed.
func (w *world) pass() {
	w.Helper()
	for phase := w.Round.Phase; w.Round.Phase == phase; {
		w.end()
	}
}

func (w *world) slot(node uint64) spec.Slot {
	return w.Task.Slot(w.Round.Number, node)
}

func (w *world) commit(node uint64) round.Commit {
	return round.Commit{
		Node: node, Round: w.Round.Number, Samples: 100,
		Commitment: spec.UpdateCommitment(w.slot(node), digest("update"), salt(node)),
	}
}

// train lets trainers commit, and ends the phase.
func (w *world) train(nodes ...uint64) {
	w.Helper()
	for _, node := range nodes {
		w.do(w.commit(node))
	}
	w.pass()
}

// receipts returns a trainer's message with the receipts of some aggregators for its update.
func (w *world) receipts(trainer uint64, aggregators ...uint64) round.Prove {
	p := round.Prove{Node: trainer, Round: w.Round.Number}
	for _, a := range aggregators {
		commitment := w.Round.Trainers[w.Round.Trainer(trainer)].Commitment
		p.Receipts = append(p.Receipts, spec.SignReceipt(transportKey(a), w.slot(trainer), a, commitment))
	}
	return p
}

// attest lets all aggregators attest the same updates, and ends the phase.
func (w *world) attest(holds ...uint64) {
	w.Helper()
	for node := uint64(1); node <= 4; node++ {
		w.do(round.Attest{Node: node, Round: w.Round.Number, Holds: holding(w.Round, holds...)})
	}
	w.pass()
}

func (w *world) commitAggregate(node uint64, model string) round.CommitAggregate {
	return round.CommitAggregate{Node: node, Round: w.Round.Number, Commitment: spec.AggregateCommitment(w.slot(node), digest(model), salt(node))}
}

func (w *world) revealAggregate(node uint64, model string) round.RevealAggregate {
	return round.RevealAggregate{Node: node, Round: w.Round.Number, Digest: digest(model), Salt: salt(node)}
}

// aggregate lets aggregators 1, 2, ... commit to one model each and reveal it.
func (w *world) aggregate(models ...string) {
	w.Helper()
	for i, model := range models {
		w.do(w.commitAggregate(uint64(i+1), model))
	}
	w.pass()
	for i, model := range models {
		w.do(w.revealAggregate(uint64(i+1), model))
	}
	w.pass()
}

func (w *world) commitScore(node uint64, score spec.PPM) round.CommitScore {
	return round.CommitScore{Node: node, Round: w.Round.Number, Commitment: spec.ScoreCommitment(w.slot(node), w.Round.Next, score, nil, salt(node))}
}

func (w *world) revealScore(node uint64, score spec.PPM) round.RevealScore {
	return round.RevealScore{Node: node, Round: w.Round.Number, Score: score, Salt: salt(node)}
}

// score lets evaluators 5, 6, ... commit to a score each and open it, which ends the round.
func (w *world) score(scores ...spec.PPM) {
	w.Helper()
	for i, score := range scores {
		w.do(w.commitScore(uint64(i+5), score))
	}
	w.pass()
	if w.Round.Phase.Final() {
		return
	}
	for i, score := range scores {
		w.do(w.revealScore(uint64(i+5), score))
	}
	w.pass()
}

// find lists the effects of one kind.
func find[E round.Effect](effects []round.Effect) (found []E) {
	for _, e := range effects {
		if e, ok := e.(E); ok {
			found = append(found, e)
		}
	}
	return found
}
