package sim_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/privacy/audit"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/privacy/terms"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/role/trainer"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// central is a task of digits in the mode central whose unit is the example, for ten
// trainers. One of their owners may collude with anybody.
func central(kind string, rounds uint32, clip, noise spec.PPM) spec.TaskSpec {
	t := sim.DigitsTask(rounds)
	t.Selection.Trainers, t.Selection.MinTrainers = 10, 10
	t.Aggregation = spec.Aggregation{Rule: spec.RuleMean, ScaleBits: 8, Optimiser: spec.ServerFedAvgM, Rate: 600_000, Momentum: 900_000}
	if kind == spec.KindLaplace {
		t.Aggregation.Rate, t.Aggregation.Momentum = 8_600_000, 500_000
	}
	t.Privacy = spec.Privacy{Mode: spec.PrivacyCentral, Kind: kind, Clip: clip, Noise: noise, Divisor: 1600, Unit: spec.UnitExample, Corrupt: 1}
	t.Overlap, t.Audit = false, spec.AuditAggregators
	return t
}

// owning is a network of digits in which each trainer owns a data set with a limit of
// epsilon for the unit of the task.
func owning(t *testing.T, trainers int, epsilon cost.Epsilon, task spec.TaskSpec) *sim.Network {
	t.Helper()
	n, err := sim.Digits(sim.Config{}, trainers)
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range n.Nodes[sim.FirstTrainer-1:] {
		limit := cost.Limit{Unit: cost.Unit(task.Privacy.Unit), Adjacency: cost.AddRemove, Epsilon: epsilon, Delta: cost.OneDelta / 100_000}
		id, err := n.RegisterDataset(node.Owner, spec.PublicKeyOf(node.OwnerKey), limit)
		if err == nil {
			err = errors.Join(n.Grant(id, node.ID), n.Hold(node.ID, "digits", id))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := n.Open("consumer", task); err != nil {
		t.Fatal(err)
	}
	return n
}

// accuracy is the accuracy of the task's newest model on the whole hold-out, from 0 to 1.
func accuracy(t *testing.T, n *sim.Network, task spec.Task) float64 {
	t.Helper()
	all, err := data.Digits()
	if err != nil {
		t.Fatal(err)
	}
	_, holdout, err := data.Holdout(all, spec.One/5, 1)
	if err != nil {
		t.Fatal(err)
	}
	newest, err := n.Nodes[0].Tools.Model(t.Context(), task, task.Model)
	if err != nil {
		t.Fatal(err)
	}
	judged, err := train.Engine{}.Evaluate(t.Context(), task.Spec.Model, newest.Weights, holdout)
	if err != nil {
		t.Fatal(err)
	}
	return float64(judged.Accuracy()) / float64(spec.One)
}

// wantCharged checks that each book has been charged for a number of rounds of a task and
// for nothing else.
func wantCharged(t *testing.T, n *sim.Network, task spec.TaskSpec, trainers, rounds uint64) {
	t.Helper()
	release, err := terms.Release(task)
	if err != nil {
		t.Fatal(err)
	}
	for id := uint64(1); id <= trainers; id++ {
		b, _, err := n.Book(id)
		if err != nil {
			t.Fatal(err)
		}
		each, err := b.Limit.Cost(release)
		if err != nil {
			t.Fatal(err)
		}
		if all, err := each.Times(rounds); err != nil || b.Spent != all {
			t.Errorf("data set %d has spent %+v: want %+v (%v)", id, b.Spent, all, err)
		}
		if spent, _, err := b.Spent.At(b.Limit.Delta); err != nil || cost.Epsilon(spent/1000) > b.Limit.Epsilon {
			t.Errorf("data set %d has spent an epsilon of %d nano (%v): want at most %s", id, spent, err, b.Limit.Epsilon)
		}
	}
}

// TestCentralLearnsDigits: ten trainers learn the digits within a budget for each row. With
// an epsilon of 0.1 the accuracy is low, which shows that the noise is real.
func TestCentralLearnsDigits(t *testing.T) {
	for name, c := range map[string]struct {
		task        spec.TaskSpec
		epsilon     cost.Epsilon
		least, most float64
	}{
		"gaussian":              {central(spec.KindGaussian, 30, 2*spec.One, 3_520_000), 8 * cost.OneEpsilon, 0.89, 1},
		"gaussian, epsilon 0.1": {central(spec.KindGaussian, 30, spec.One/10, 270*spec.One), cost.OneEpsilon / 10, 0, 0.6},
		"laplace":               {central(spec.KindLaplace, 8, 8*spec.One, spec.One), 8 * cost.OneEpsilon, 0.8, 1},
		"laplace, epsilon 0.1":  {central(spec.KindLaplace, 8, spec.One/10, 80*spec.One), cost.OneEpsilon / 10, 0, 0.6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := owning(t, 10, c.epsilon, c.task)
			task, err := n.Finish(t.Context(), 1)
			if err := errors.Join(err, n.Errs()); err != nil {
				t.Fatal(err)
			}
			if task.State != spec.TaskSpent || task.Accepted != c.task.Target.Rounds {
				t.Fatalf("the task is %s (%s) with %d rounds: want spent with %d", task.State, task.Reason, task.Accepted, c.task.Target.Rounds)
			}
			wantCharged(t, n, c.task, 10, uint64(c.task.Target.Rounds))
			got := accuracy(t, n, task)
			t.Logf("accuracy %.3f", got)
			if got < c.least || got > c.most {
				t.Errorf("accuracy %.3f: want %.2f to %.2f", got, c.least, c.most)
			}
		})
	}
}

// TestCentralWithoutEnoughShares: no sum is made of fewer trainers than the noise needs,
// whether one of ten trainers does not commit or does not upload. The trainers that
// committed are charged all the same. If the task needs only nine trainers, their sum is
// released.
func TestCentralWithoutEnoughShares(t *testing.T) {
	for name, refuses := range map[string]func(role.Action) bool{
		"too few trainers committed": func(a role.Action) bool { _, yes := a.(trainer.Train); return yes },
		"too few updates survived":   func(a role.Action) bool { _, yes := a.(trainer.Upload); return yes },
	} {
		for _, least := range []uint32{9, 10} {
			asked := central(spec.KindGaussian, 1, spec.One, 4*spec.One)
			asked.Selection.MinTrainers, asked.Retries = least, 0
			n := owning(t, 10, 8*cost.OneEpsilon, asked)
			n.Nodes[len(n.Nodes)-1].Refuses = refuses
			task, err := n.Finish(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			r, err := n.Round(1, 1)
			if err != nil {
				t.Fatal(err)
			}
			if least == 10 && (task.Accepted != 0 || r.Phase != spec.PhaseAborted || r.Reason != name) || least == 9 && task.Accepted != 1 {
				t.Errorf("%s, want at least %d trainers: round 1 is %s (%s), %d rounds accepted", name, least, r.Phase, r.Reason, task.Accepted)
			}
			wantCharged(t, n, asked, 9, 1)
		}
	}
}

// TestCentralUpdatesAreForAggregatorsOnly: during a round and after it, only its aggregators
// may read an update. Trainers (even their own update), evaluators, the consumer and
// strangers may not.
func TestCentralUpdatesAreForAggregatorsOnly(t *testing.T) {
	asked := central(spec.KindGaussian, 1, spec.One, 4*spec.One)
	n := owning(t, 10, 80*cost.OneEpsilon, asked)
	payer, err := n.Join(sim.Member{Roles: spec.Consumer})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Open(payer.Owner, asked); err != nil {
		t.Fatal(err)
	}
	policy := aggregator.Policy{Chain: n.Records()}
	seen := map[spec.Phase]bool{}
	for _, phase := range []spec.Phase{spec.PhaseTrain, spec.PhaseAttest, spec.PhaseAggregate, spec.PhaseReveal, spec.PhaseScore, spec.PhaseOpen, spec.PhaseSettled} {
		n.When(2, 1, phase, func() {
			seen[phase] = true
			for caller := range uint64(len(n.Nodes)) + 1 { // 0 is a stranger
				for _, trainer := range n.Nodes[sim.FirstTrainer-1 : len(n.Nodes)-1] {
					err := policy.MayGetUpdate(t.Context(), blob.Caller{Node: caller}, blob.Ref{Kind: blob.Update, Slot: trainer.Tools.Slot(spec.Task{ID: 2, Chain: "althing-sim"}, 1)})
					aggregates := 0 < caller && caller <= sim.Aggregators && phase != spec.PhaseTrain
					if aggregates != (err == nil) || err != nil && !errors.Is(err, blob.ErrForbidden) {
						t.Errorf("phase %s: node %d asks for the update of node %d: got %v, want permission: %t", phase, caller, trainer.ID, err, aggregates)
					}
				}
			}
		})
	}
	if task, err := n.Finish(t.Context(), 2); err != nil || task.Accepted != 1 {
		t.Fatalf("%d rounds accepted (%v): want 1", task.Accepted, err)
	}
	for _, phase := range []spec.Phase{spec.PhaseTrain, spec.PhaseAttest, spec.PhaseAggregate, spec.PhaseSettled} {
		if !seen[phase] {
			t.Errorf("the test did not run in the phase %s", phase)
		}
	}
}

// TestCentralProtectsClients: the unit is the client, so whole data sets are protected, and
// each is charged for the same noise.
func TestCentralProtectsClients(t *testing.T) {
	for _, kind := range []string{spec.KindGaussian, spec.KindLaplace} {
		asked := central(kind, 2, spec.One, 4*spec.One)
		asked.Privacy.Unit, asked.Privacy.Divisor = spec.UnitClient, 10
		n := owning(t, 10, 8*cost.OneEpsilon, asked)
		task, err := n.Finish(t.Context(), 1)
		if err := errors.Join(err, n.Errs()); err != nil || task.Accepted != 2 {
			t.Fatalf("%s: %d rounds accepted: %s, %v", kind, task.Accepted, task.Reason, err)
		}
		wantCharged(t, n, asked, 10, 2)
	}
}

// noNoise is a sampler that adds nothing, so a sum without noise can be computed.
type noNoise struct{ privacy.Sampler }

func (noNoise) Add(*privacy.Stream, []int64) {}

// TestCentralNoiseIsAsCharged: the sum of all updates minus the true sum of gradients is
// noise of the law that the books were charged for. All ten trainers add a share of it,
// one more than the books count on. The test also finds noise of half the claimed scale.
func TestCentralNoiseIsAsCharged(t *testing.T) {
	const rounds, trainers, honest = 4, 10, 9
	asked := central(spec.KindGaussian, rounds, 2*spec.One, 3_520_000)
	n := owning(t, trainers, 8*cost.OneEpsilon, asked)
	task, err := n.Finish(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	release, err := terms.Release(asked)
	if err != nil {
		t.Fatal(err)
	}
	variance := release.Noise.(cost.Skellam).Variance.Num
	plan := privacy.Shared{Examples: privacy.Examples{
		Values: 650, Bits: 8, Rows: 1000, Noise: privacy.Skellam{Variance: variance, Shares: honest},
		Bound: privacy.Bound{Norm: privacy.L2, Limit: release.Norm.L2Squared},
	}}
	share, err := privacy.NewSampler(plan.Noise)
	if err != nil {
		t.Fatal(err)
	}
	var residuals []int64
	for number := uint64(1); number <= rounds; number++ {
		r, err := n.Round(1, number)
		if err != nil {
			t.Fatal(err)
		}
		base, err := n.Nodes[0].Tools.Model(t.Context(), task, r.Base)
		if err != nil {
			t.Fatal(err)
		}
		released, truth := make([]int64, 650), make([]int64, 650)
		for _, node := range n.Nodes[sim.FirstTrainer-1:] {
			for i, v := range update(t, n.Nodes[0].Tools.Store, node.Tools.Slot(spec.Task{ID: 1, Chain: "althing-sim"}, number)) {
				released[i] -= int64(v) // an update is a step against the gradient
			}
			sum, err := plan.Sum(noNoise{share}, nil, func(add func([]float32)) error {
				return train.Engine{}.Gradients(t.Context(), train.Job{Model: asked.Model, Training: asked.Training, Weights: base.Weights, Table: node.Table}, add)
			})
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range sum {
				truth[i] += int64(v)
			}
		}
		one, err := audit.Difference(released, truth)
		if err != nil {
			t.Fatal(err)
		}
		residuals = append(residuals, one...)
	}
	for _, c := range []struct {
		scale  uint64 // claimed scale of the noise, as a multiple of the real one
		honest bool
	}{{1, true}, {2, false}} {
		claimed, err := privacy.NewTable(privacy.Skellam{Variance: c.scale * c.scale * variance * trainers, Shares: honest})
		if err != nil {
			t.Fatal(err)
		}
		var all []audit.Round
		for half := range slices.Chunk(residuals, 2*650) {
			all = append(all, audit.Round{Noise: claimed, Residuals: half})
		}
		verdict, err := audit.Residual(all, rand.NewPCG(1, 2), 0.001)
		if err != nil {
			t.Fatal(err)
		}
		if rejected := verdict.Rejected(); (rejected == nil) != c.honest {
			t.Errorf("claimed scale %d times the real one: rejected by %v, want accepted: %t\n%s", c.scale, rejected, c.honest, verdict)
		}
	}
}

// update returns the values of an update in a store.
func update(t *testing.T, s blob.Store, place spec.Slot) []int32 {
	t.Helper()
	e, err := s.Lookup(t.Context(), blob.Ref{Kind: blob.Update, Slot: place})
	if err != nil {
		t.Fatal(err)
	}
	b, err := role.ReadBlob(t.Context(), s, e.Digest)
	if err != nil {
		t.Fatal(err)
	}
	h, err := model.ReadUpdateHeader(bytes.NewReader(b))
	if err != nil || h.Slot != place {
		t.Fatalf("update of %v: %v", h.Slot, err)
	}
	values := make([]int32, h.Count)
	if _, err := binary.Decode(b[len(b)-4*len(values):], binary.LittleEndian, values); err != nil {
		t.Fatal(err)
	}
	return values
}
