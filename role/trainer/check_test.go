package trainer_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/privacy/audit/audittest"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/trainer"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/sim/simtest"
	"github.com/althing-network/althing/spec"
)

// privateTasks returns a task for two trainers of each privacy mode, unit and kind of noise.
func privateTasks(rounds uint32) map[string]spec.TaskSpec {
	all := map[string]spec.TaskSpec{}
	for _, kind := range []string{spec.KindGaussian, spec.KindLaplace} {
		all["local, "+kind] = localTask(kind, rounds)
		inside := exampleTask(rounds, spec.One)
		inside.Privacy.Kind = kind
		all["example, "+kind] = inside
		for _, unit := range []string{spec.UnitExample, spec.UnitClient} {
			shares := localTask(kind, rounds)
			shares.Aggregation.Optimiser, shares.Aggregation.Rate, shares.Aggregation.Momentum = spec.ServerFedAvgM, spec.One, spec.One/2
			shares.Privacy = spec.Privacy{Mode: spec.PrivacyCentral, Kind: kind, Clip: spec.One, Noise: spec.One / 2, Divisor: 100, Unit: unit, Corrupt: 1}
			shares.Audit = spec.AuditAggregators
			all["central, "+unit+", "+kind] = shares
		}
	}
	for name, t := range all {
		t.Selection.Trainers, t.Selection.MinTrainers = 2, 2
		if t.Privacy.Mode != spec.PrivacyExample { // a clip of 64 quanta, so that the tables of noise are small
			t.Aggregation.ScaleBits, t.Privacy.Clip = 8, spec.One/4
		}
		all[name] = t
	}
	return all
}

// finishChecked runs a task of two trainers to its end, the first of them with the given
// samplers, or with its own where they are nil. It returns that trainer.
func finishChecked(t *testing.T, asked spec.TaskSpec, samplers role.Samplers) (*sim.Node, spec.Task) {
	t.Helper()
	n := openWithBudgets(t, 2, 1_000_000_000, asked)
	node := n.Nodes[sim.FirstTrainer-1]
	if samplers != nil {
		node.Tools.Samplers = samplers
	}
	task := simtest.Finish(t, n)
	return node, task
}

// TestHonestNoisePassesTheCheck: in each mode, unit and kind the noise of each round is checked
// once, and the check finds no fault.
func TestHonestNoisePassesTheCheck(t *testing.T) {
	const rounds = 8
	for name, asked := range privateTasks(rounds) {
		node, task := finishChecked(t, asked, &audittest.Samplers{Num: 1, Den: 1})
		if err := errors.Join(append(node.Errs, node.Tools.Alarm.Raised())...); err != nil || task.Accepted != rounds {
			t.Errorf("%s: %d rounds accepted, want %d: %v", name, task.Accepted, rounds, err)
		}
		for number := range uint64(rounds) {
			if done := node.Done[role.RecordKey("check", 1, number+1)]; done != 1 {
				t.Errorf("%s: the noise of round %d was checked %d times, want once", name, number+1, done)
			}
		}
	}
}

// TestNoiseOfAnotherScaleStopsTheNextRound: no noise, and noise of half the scale, raise the
// alarm after the first upload, and the node takes no part in a second round.
func TestNoiseOfAnotherScaleStopsTheNextRound(t *testing.T) {
	for name, asked := range privateTasks(2) {
		asked.Retries = 0
		for scale, lie := range map[string]*audittest.Samplers{"no noise": {Num: 0, Den: 1}, "half": {Num: 1, Den: 2}} {
			t.Run(name+", "+scale, func(t *testing.T) {
				node, task := finishChecked(t, asked, lie)
				raised := node.Tools.Alarm.Raised()
				if raised == nil || !strings.HasPrefix(raised.Error(), "privacy error: task 1 round 1: the noise is smaller than its law allows") {
					t.Fatalf("the alarm is %v, want noise that is too small", raised)
				}
				if task.Accepted != 1 || len(node.Errs) != 1 || !errors.Is(node.Errs[0], trainer.ErrDeclined) || !errors.Is(node.Errs[0], role.ErrFinal) || !strings.Contains(node.Errs[0].Error(), "privacy error") {
					t.Errorf("%d rounds accepted, want 1; errors %v, want one declined round", task.Accepted, node.Errs)
				}
			})
		}
	}
}

// TestTheCheckChangesNothingThatLeaves: a node uploads the same bytes with and without an alarm,
// whether its noise is right or has half the scale.
func TestTheCheckChangesNothingThatLeaves(t *testing.T) {
	for name, asked := range privateTasks(1) {
		left := func(alarm role.Alarm, samplers role.Samplers) []int32 {
			n := openWithBudgets(t, 2, 1_000_000_000, asked)
			node := n.Nodes[sim.FirstTrainer-1]
			node.Tools.Alarm, node.Tools.Samplers = alarm, samplers
			simtest.Finish(t, n)
			return readUpdate(t, n.Nodes[0].Tools.Store, node.Tools.Slot(firstTask, 1))
		}
		for _, den := range []uint64{1, 2} {
			alarm := &sim.Alarm{}
			heard := left(alarm, &audittest.Samplers{Num: 1, Den: den})
			if !cmp.Equal(heard, left(nil, &audittest.Samplers{Num: 1, Den: den})) {
				t.Errorf("%s: a node with an alarm uploads another update than without", name)
			}
			if (alarm.Wrong != "") != (den == 2) {
				t.Errorf("%s, noise of scale 1/%d: the alarm says %q", name, den, alarm.Wrong)
			}
		}
	}
}

// TestCheckFindsNoiseThatIsLost: the alarm is raised by an update of zeros in spite of noise,
// and by steps whose noise never reaches the weights. It is not raised if the task's own
// settings make the steps too small to change a weight, or make the training diverge.
func TestCheckFindsNoiseThatIsLost(t *testing.T) {
	erase := func(values []int64) { clear(values) }
	for name, asked := range privateTasks(1) {
		if asked.Privacy.Mode == spec.PrivacyExample {
			continue
		}
		node, _ := finishChecked(t, asked, alteringSamplers{erase})
		if raised := node.Tools.Alarm.Raised(); raised == nil {
			t.Errorf("%s: no alarm for an update of zeros", name)
		}
	}
	small := exampleTask(1, spec.One)
	small.Selection.Trainers, small.Selection.MinTrainers = 2, 2
	law := privacy.RoundedGaussian{Sigma: privacy.Ratio{Num: 976, Den: 1}}
	noise, err := privacy.SamplerOf(law, 650)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := privacy.NewStream(rand.NewChaCha8([32]byte{1}))
	if err != nil {
		t.Fatal(err)
	}
	base := make([]float32, 650)
	base[7] = 3
	moved := slices.Clone(base)
	moved[8] = -1
	for local, want := range map[*[]float32]string{&base: "noise was added, but no weight moved", &moved: "", new([]float32): ""} {
		if wrong, err := trainer.Wrong(small, noise, stream, base, *local); err != nil || wrong != want {
			t.Errorf("%d weights after the training, the first of them %v: got %q (%v), want %q", len(*local), (*local)[:min(9, len(*local))], wrong, err, want)
		}
	}
	small.Training.Rate, small.Privacy.Divisor = 1, spec.MaxSamples
	if wrong, err := trainer.Wrong(small, noise, stream, base, base); err != nil || wrong != "" {
		t.Errorf("steps too small to change a weight: got alarm %q (%v), want none", wrong, err)
	}
	lost := exampleTask(1, spec.One)
	lost.Selection.Trainers, lost.Selection.MinTrainers = 2, 2
	lost.Training.Rate, lost.Training.WeightDecay, lost.Privacy.Steps = 4_000_000_000, 4_000_000_000, 10
	node, _ := finishChecked(t, lost, nil)
	if raised := node.Tools.Alarm.Raised(); raised != nil || node.Done[role.RecordKey("check", 1, 1)] != 1 {
		t.Errorf("a training that diverges: got alarm %v, want none and one check", raised)
	}
}

// alteringSamplers make samplers that change the values after adding noise to them.
type alteringSamplers struct{ then func(values []int64) }

func (s alteringSamplers) Of(l privacy.Law, draws uint64) (privacy.Sampler, error) {
	made, err := (*privacy.Samplers)(nil).Of(l, draws)
	return alteringSampler{made, s.then}, err
}

// alteringSampler is one of [alteringSamplers].
type alteringSampler struct {
	privacy.Sampler
	then func(values []int64)
}

func (s alteringSampler) Add(stream *privacy.Stream, values []int64) {
	s.Sampler.Add(stream, values)
	s.then(values)
}

// TestNumberOfStepsDoesNotDependOnTheRows: a training adds noise as often as the task has steps,
// whatever the number of rows, which is tried around multiples of the batch.
func TestNumberOfStepsDoesNotDependOnTheRows(t *testing.T) {
	asked := exampleTask(1, spec.One)
	asked.Selection.Trainers, asked.Selection.MinTrainers, asked.Privacy.Steps = 2, 2, 7
	for _, rows := range []int{0, 1, 15, 16, 17, 31, 32, 33} {
		releases := 0
		n := openWithBudgets(t, 2, 1_000_000_000, asked)
		node := n.Nodes[sim.FirstTrainer-1]
		node.Table, node.Tools.Samplers = firstRows(t, rows), alteringSamplers{func([]int64) { releases++ }}
		simtest.Finish(t, n)
		if raised := node.Tools.Alarm.Raised(); releases != 7 || raised != nil {
			t.Errorf("%d rows: noise was added %d times, want 7 (alarm %v)", rows, releases, raised)
		}
	}
}
