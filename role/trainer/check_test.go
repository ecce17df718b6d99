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
	"github.com/althing-network/althing/spec"
)

// privately is a task of each mode, unit and kind, for two trainers.
func privately(rounds uint32) map[string]spec.TaskSpec {
	all := map[string]spec.TaskSpec{}
	for _, kind := range []string{spec.KindGaussian, spec.KindLaplace} {
		all["local, "+kind] = noisy(kind, rounds)
		inside := sampled(rounds, spec.One)
		inside.Privacy.Kind = kind
		all["example, "+kind] = inside
		for _, unit := range []string{spec.UnitExample, spec.UnitClient} {
			shares := noisy(kind, rounds)
			shares.Aggregation.Optimiser, shares.Aggregation.Rate, shares.Aggregation.Momentum = spec.ServerFedAvgM, spec.One, spec.One/2
			shares.Privacy = spec.Privacy{Mode: spec.PrivacyCentral, Kind: kind, Clip: spec.One, Noise: spec.One / 2, Divisor: 100, Unit: unit, Corrupt: 1}
			shares.Audit = spec.AuditAggregators
			all["central, "+unit+", "+kind] = shares
		}
	}
	for name, t := range all {
		t.Selection.Trainers, t.Selection.MinTrainers = 2, 2
		if t.Privacy.Mode != spec.PrivacyExample { // a clip of 64 quanta: tables of noise are small
			t.Aggregation.ScaleBits, t.Privacy.Clip = 8, spec.One/4
		}
		all[name] = t
	}
	return all
}

// checked lets two trainers, of whom the first draws with some samplers, finish a task.
// Errors are what went wrong at that trainer.
func checked(t *testing.T, asked spec.TaskSpec, samplers role.Samplers) (*sim.Node, spec.Task) {
	t.Helper()
	n := guarded(t, 2, 1_000_000_000, asked)
	node := n.Nodes[sim.FirstTrainer-1]
	if samplers != nil {
		node.Tools.Samplers = samplers
	}
	task, err := n.Finish(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	return node, task
}

// TestHonestNoisePassesTheCheck: in each mode and kind each round's noise is looked at,
// once, and nothing is found.
func TestHonestNoisePassesTheCheck(t *testing.T) {
	const rounds = 8
	for name, asked := range privately(rounds) {
		node, task := checked(t, asked, &audittest.Samplers{Num: 1, Den: 1})
		if err := errors.Join(append(node.Errs, node.Tools.Alarm.Raised())...); err != nil || task.Accepted != rounds {
			t.Errorf("%s: %d rounds accepted: %v", name, task.Accepted, err)
		}
		for number := range uint64(rounds) {
			if done := node.Done[role.RecordKey("check", 1, number+1)]; done != 1 {
				t.Errorf("%s: the noise of round %d was looked at %d times", name, number+1, done)
			}
		}
	}
}

// TestNoiseOfAnotherScaleStopsTheNextRound: no noise and half of it raise the alarm after
// the first upload, and the node has no part in a second round.
func TestNoiseOfAnotherScaleStopsTheNextRound(t *testing.T) {
	for name, asked := range privately(2) {
		asked.Retries = 0
		for scale, lie := range map[string]*audittest.Samplers{"no noise": {Num: 0, Den: 1}, "half": {Num: 1, Den: 2}} {
			t.Run(name+", "+scale, func(t *testing.T) {
				node, task := checked(t, asked, lie)
				raised := node.Tools.Alarm.Raised()
				if raised == nil || !strings.HasPrefix(raised.Error(), "privacy error: task 1 round 1: the noise is smaller than its law allows") {
					t.Fatalf("the alarm says %v", raised)
				}
				if task.Accepted != 1 || len(node.Errs) != 1 || !errors.Is(node.Errs[0], trainer.ErrDeclined) || !errors.Is(node.Errs[0], role.ErrFinal) || !strings.Contains(node.Errs[0].Error(), "privacy error") {
					t.Errorf("%d rounds accepted, errors %v", task.Accepted, node.Errs)
				}
			})
		}
	}
}

// TestTheCheckChangesNothingThatLeaves: what is uploaded is the same bytes where the noise
// is listened to by a sampler that was made elsewhere, and with half the noise the round
// that is found out is not another than one nobody looks at.
func TestTheCheckChangesNothingThatLeaves(t *testing.T) {
	for name, asked := range privately(1) {
		left := func(alarm role.Alarm, samplers role.Samplers) []int32 {
			n := guarded(t, 2, 1_000_000_000, asked)
			node := n.Nodes[sim.FirstTrainer-1]
			node.Tools.Alarm, node.Tools.Samplers = alarm, samplers
			if _, err := n.Finish(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			return values(t, n.Nodes[0].Tools.Store, node.Tools.Slot(theTask, 1))
		}
		for _, den := range []uint64{1, 2} {
			alarm := &sim.Alarm{}
			heard := left(alarm, &audittest.Samplers{Num: 1, Den: den})
			if !cmp.Equal(heard, left(nil, &audittest.Samplers{Num: 1, Den: den})) {
				t.Errorf("%s: who has an alarm sends another update", name)
			}
			if (alarm.Wrong != "") != (den == 2) {
				t.Errorf("%s: the alarm says %q", name, alarm.Wrong)
			}
		}
	}
}

// TestWeightsThatStandStill: weights that never move raise the alarm: an update of zeros in
// spite of noise, and steps whose noise never reaches the weights. Steps that a task
// asks for in vain, too small or leading nowhere, do not.
func TestWeightsThatStandStill(t *testing.T) {
	undone := func(values []int64) { clear(values) }
	for name, asked := range privately(1) {
		if asked.Privacy.Mode == spec.PrivacyExample {
			continue
		}
		node, _ := checked(t, asked, changed{undone})
		if raised := node.Tools.Alarm.Raised(); raised == nil {
			t.Errorf("%s: an update of zeros passes", name)
		}
	}
	small := sampled(1, spec.One)
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
			t.Errorf("from weights to %d, of which one is %v: %q (%v), want %q", len(*local), (*local)[:min(9, len(*local))], wrong, err, want)
		}
	}
	small.Training.Rate, small.Privacy.Divisor = 1, spec.MaxSamples
	if wrong, err := trainer.Wrong(small, noise, stream, base, base); err != nil || wrong != "" {
		t.Errorf("steps too small to see: %q (%v)", wrong, err)
	}
	lost := sampled(1, spec.One)
	lost.Selection.Trainers, lost.Selection.MinTrainers = 2, 2
	lost.Training.Rate, lost.Training.WeightDecay, lost.Privacy.Steps = 4_000_000_000, 4_000_000_000, 10
	node, _ := checked(t, lost, nil)
	if raised := node.Tools.Alarm.Raised(); raised != nil || node.Done[role.RecordKey("check", 1, 1)] != 1 {
		t.Errorf("steps that lead nowhere: %v", raised)
	}
}

// changed are samplers after which something is done to what had noise added.
type changed struct{ then func(values []int64) }

func (c changed) Of(l privacy.Law, draws uint64) (privacy.Sampler, error) {
	made, err := (*privacy.Samplers)(nil).Of(l, draws)
	return changing{made, c.then}, err
}

type changing struct {
	privacy.Sampler
	then func(values []int64)
}

func (c changing) Add(s *privacy.Stream, values []int64) {
	c.Sampler.Add(s, values)
	c.then(values)
}

// TestStepsAreTheTasksNotTheTables: however many rows there are, around the edges of
// batches too, a training has as many releases as the task says, which the check wants.
func TestStepsAreTheTasksNotTheTables(t *testing.T) {
	asked := sampled(1, spec.One)
	asked.Selection.Trainers, asked.Selection.MinTrainers, asked.Privacy.Steps = 2, 2, 7
	for _, rows := range []int{0, 1, 15, 16, 17, 31, 32, 33} {
		releases := 0
		n := guarded(t, 2, 1_000_000_000, asked)
		node := n.Nodes[sim.FirstTrainer-1]
		node.Table, node.Tools.Samplers = few(t, rows), changed{func([]int64) { releases++ }}
		if _, err := n.Finish(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		if raised := node.Tools.Alarm.Raised(); releases != 7 || raised != nil {
			t.Errorf("%d rows: %d releases of 7 (%v)", rows, releases, raised)
		}
	}
}
