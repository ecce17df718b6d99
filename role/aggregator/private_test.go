package aggregator_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/sim/simtest"
	"github.com/althing-network/althing/spec"
)

// TestPolicyModel: who may fetch which version of a model with access for members, in the third
// round of a task and after its end. If the access is public, everybody gets every version.
func TestPolicyModel(t *testing.T) {
	const trainers = 4
	const aggregates, evaluates, early, steady = 2, 5, first, first + 1
	for _, access := range []string{spec.AccessPublic, spec.AccessMembers} {
		t.Run(access, func(t *testing.T) {
			n, err := sim.Digits(sim.Config{Chain: simtest.Chain}, trainers)
			if err != nil {
				t.Fatal(err)
			}
			join := func(role spec.Role) uint64 {
				t.Helper()
				node, err := n.Join(sim.Member{Roles: role})
				if err != nil {
					t.Fatal(err)
				}
				return node.ID
			}
			active := func(node uint64, yes bool) {
				t.Helper()
				if err := n.SetActive(node, yes); err != nil {
					t.Fatal(err)
				}
			}
			consumes, stranger := join(spec.Consumer), uint64(0)
			task := sim.DigitsTask(3)
			task.Audit, task.Model.Access = spec.AuditMembers, access
			if _, err := n.Open(n.Nodes[consumes-1].Owner, task); err != nil {
				t.Fatal(err)
			}
			simtest.Reach(t, n, 1, spec.PhaseTrain)
			active(early, false) // so it is selected for round 1 only
			outsider, candidate := join(spec.Aggregator), join(spec.Trainer)
			if _, _, err := n.Reach(t.Context(), 1, 3, spec.PhaseTrain); err != nil {
				t.Fatal(err)
			}
			active(early, true)

			versions := map[uint64]spec.Digest{}
			for number := range uint64(3) {
				_, r := record(t, n, number+1)
				versions[number] = r.Base
			}
			check := func(moment string, want map[uint64][]uint64) {
				t.Helper()
				for node, want := range want {
					if access == spec.AccessPublic {
						want = slices.Sorted(maps.Keys(versions))
					}
					got := []uint64{}
					for _, version := range slices.Sorted(maps.Keys(versions)) {
						err := n.Blobs(node).FetchModel(t.Context(), []uint64{1}, versions[version], 1<<20, blob.NewMemory())
						if err == nil {
							got = append(got, version)
						} else if !errors.Is(err, blob.ErrNotFound) {
							t.Errorf("%s: node %d, version %d: %v", moment, node, version, err)
						}
					}
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("%s: node %d gets versions (-want +got):\n%s", moment, node, diff)
					}
				}
			}
			all, none := []uint64{0, 1, 2}, []uint64{}
			check("in round 3", map[uint64][]uint64{
				stranger: none, outsider: none, candidate: none,
				consumes: all, aggregates: all, evaluates: all, steady: all, early: {0, 1},
			})
			for _, node := range []uint64{consumes, aggregates, evaluates, steady, early} {
				active(node, false)
			}
			check("deactivated while the task runs", map[uint64][]uint64{
				consumes: all, aggregates: all, evaluates: all, steady: {1, 2}, early: none,
			})
			if _, err := n.Finish(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			_, r := record(t, n, 3)
			versions[3] = r.Next
			all = append(all, 3)
			check("deactivated after the task", map[uint64][]uint64{
				stranger: none, outsider: none, candidate: none,
				consumes: all, aggregates: none, evaluates: none, steady: none, early: none,
			})
			for _, node := range []uint64{aggregates, evaluates, steady, early} {
				active(node, true)
			}
			check("active again after the task", map[uint64][]uint64{
				stranger: none, outsider: none, candidate: none,
				consumes: all, aggregates: all, evaluates: all, steady: all, early: {0, 1},
			})
			if err := n.Exit(steady); err != nil {
				t.Fatal(err)
			}
			check("after its exit", map[uint64][]uint64{steady: none})
		})
	}
}

// abortedRounds is a chain with a task whose rounds 2 and 3 were aborted. Trainer 10+i is in
// round i.
type abortedRounds struct{}

func (abortedRounds) Task(context.Context, uint64) (spec.Task, error) {
	t := spec.Task{ID: 1, Chain: simtest.Chain, Owner: "payer", State: spec.TaskRunning, Round: 5}
	t.Spec.Model.Access = spec.AccessMembers
	return t, nil
}

func (abortedRounds) Round(_ context.Context, _, number uint64) (spec.Round, error) {
	phases := []spec.Phase{"", spec.PhaseSettled, spec.PhaseAborted, spec.PhaseAborted, spec.PhaseOpen, spec.PhaseTrain}
	return spec.Round{Task: 1, Number: number, Phase: phases[number], Trainers: []spec.Contribution{{Node: 10 + number}}}, nil
}

// TestPolicyModelAfterAbortedRounds: a round after an aborted one begins with the same model
// again, and the trainers of each of these rounds may fetch it.
func TestPolicyModelAfterAbortedRounds(t *testing.T) {
	p := aggregator.Policy{Chain: abortedRounds{}, Registered: func(_ context.Context, node uint64) (spec.Node, error) {
		return spec.Node{ID: node, Deposit: spec.Deposit{State: spec.NodeActive}}, nil
	}}
	got := map[uint64][]uint64{}
	for version := range uint64(6) {
		for node := uint64(11); node <= 15; node++ {
			r := blob.Ref{Kind: blob.Model, Slot: spec.Slot{Chain: simtest.Chain, Task: 1, Round: version}}
			switch err := p.MayGetModel(t.Context(), blob.Caller{Node: node}, r); {
			case err == nil:
				got[version] = append(got[version], node)
			case !errors.Is(err, blob.ErrForbidden) || !errors.Is(err, aggregator.ErrEarly):
				t.Error(err)
			}
		}
	}
	want := map[uint64][]uint64{0: {11}, 1: {11, 12, 13, 14}, 2: {12, 13, 14}, 3: {13, 14}, 4: {14, 15}, 5: {15}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("trainers that may fetch each version (-want +got):\n%s", diff)
	}
}
