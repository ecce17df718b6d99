package aggregator_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/sim/simtest"
	"github.com/althing-network/althing/spec"
)

// settled returns a network whose task of two rounds is closed, and the folders of its
// aggregators' stores. Aggregator liar+1 lies; -1: none does.
func settled(t *testing.T, task spec.TaskSpec, liar int) (n *sim.Network, folders []string) {
	t.Helper()
	n = simtest.Open(t, 3, task)
	for i, node := range n.Nodes[:sim.Aggregators] {
		folders = append(folders, t.TempDir())
		d, err := blob.OpenDir(folders[i])
		if err != nil {
			t.Fatal(err)
		}
		node.Use(d)
		node.Machines = func() []role.Machine { return []role.Machine{&aggregator.Machine{Node: node.ID, Liar: i == liar}} }
		node.Restart()
	}
	if got, err := n.Finish(t.Context(), 1); err != nil || got.Accepted != 2 {
		t.Fatalf("%d rounds accepted: %s, %v", got.Accepted, got.Reason, err)
	}
	return n, folders
}

// TestVerifyByStranger: if audit is public, anybody can recompute a round, also after a lie.
func TestVerifyByStranger(t *testing.T) {
	for _, liar := range []int{-1, 2} {
		n, _ := settled(t, sim.DigitsTask(2), liar)
		for number := uint64(1); number <= 2; number++ {
			task, r := record(t, n, number)
			if got, err := aggregator.Verify(t.Context(), n.Stranger(), task, r); err != nil || got != r.Next {
				t.Errorf("liar %d, round %d: recomputed %s, %v; want %s", liar, number, got.Short(), err, r.Next.Short())
			}
		}
	}
}

// TestVerifyAmongMembers: if audit is members, only the nodes of a round can recompute it.
func TestVerifyAmongMembers(t *testing.T) {
	rules := sim.DigitsTask(2)
	rules.Audit = spec.AuditMembers
	n, _ := settled(t, rules, -1)
	task, r := record(t, n, 1)
	if _, err := aggregator.Verify(t.Context(), n.Stranger(), task, r); !errors.Is(err, blob.ErrForbidden) ||
		!strings.HasPrefix(err.Error(), "update of node 9: nobody serves it; node 1: ") {
		t.Errorf("a stranger: got error %v, want %v", err, blob.ErrForbidden)
	}
	for _, node := range []int{1, 5, first} {
		auditor := n.Nodes[node-1].Tools
		auditor.Store = blob.NewMemory()
		if got, err := aggregator.Verify(t.Context(), auditor, task, r); err != nil || got != r.Next {
			t.Errorf("node %d: %s, %v", node, got.Short(), err)
		}
	}
}

// TestVerifyAmongAggregators: if audit is aggregators, no trainer, evaluator or consumer can
// recompute a round. If it is public, all of them can.
func TestVerifyAmongAggregators(t *testing.T) {
	for _, audit := range []string{spec.AuditPublic, spec.AuditAggregators} {
		n, err := sim.Digits(sim.Config{Chain: simtest.Chain}, 3)
		if err != nil {
			t.Fatal(err)
		}
		payer, err := n.Join(sim.Member{Roles: spec.Consumer})
		if err != nil {
			t.Fatal(err)
		}
		rules := sim.DigitsTask(1)
		rules.Audit = audit
		if _, err := n.Open(payer.Owner, rules); err != nil {
			t.Fatal(err)
		}
		if _, err := n.Finish(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		task, r := record(t, n, 1)
		for name, node := range map[string]uint64{"an aggregator": 1, "an evaluator": 5, "a trainer": first, "the consumer": payer.ID} {
			auditor := n.Nodes[node-1].Tools
			auditor.Store = blob.NewMemory()
			_, err := aggregator.Verify(t.Context(), auditor, task, r)
			if may := audit == spec.AuditPublic || name == "an aggregator"; may != (err == nil) || !may && !errors.Is(err, blob.ErrForbidden) {
				t.Errorf("audit %s, %s: got error %v, want permission %t", audit, name, err, may)
			}
		}
	}
}

// TestVerifyNamesAFlippedBit: an audit names the blob and the aggregator whose copy of it has one
// flipped bit, or lacks its last byte. Each stored blob is tried in turn.
func TestVerifyNamesAFlippedBit(t *testing.T) {
	rules := sim.DigitsTask(2)
	rules.Aggregation.Optimiser, rules.Aggregation.Rate, rules.Aggregation.Momentum = spec.ServerFedAvgM, spec.One, 500_000
	n, folders := settled(t, rules, -1)
	task, r := record(t, n, 1)
	flipped := 0
	for i, folder := range folders {
		labels, err := n.Nodes[i].Tools.Store.Labels(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range labels {
			want := ""
			switch {
			case l.Slot.Round != 1:
				continue
			case l.Kind == blob.Update:
				want = "update of node " + l.Path()[len("tasks/1/rounds/1/updates/"):]
			case l.Kind == blob.State:
				want = "optimiser state of the next model"
			default:
				want = "next model"
			}
			want += " kept by node " + string(rune('1'+i)) + ": bytes do not match their digest"
			path := filepath.Join(folder, "blobs", l.Digest.String())
			right, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, bit := range []int{0, 8 * 40, 8*len(right) - 1} {
				wrong := slices.Clone(right)
				wrong[bit/8] ^= 1 << (bit % 8)
				write(t, path, wrong)
				if _, err := aggregator.Verify(t.Context(), n.Stranger(), task, r); err == nil || err.Error() != want {
					t.Errorf("bit %d: got %v, want %s", bit, err, want)
				}
				flipped++
			}
			write(t, path, right[:len(right)-1])
			if _, err := aggregator.Verify(t.Context(), n.Stranger(), task, r); err == nil || err.Error() != want {
				t.Errorf("truncated: got %v, want %s", err, want)
			}
			write(t, path, right)
		}
	}
	if flipped != 4*(3+2)*3 {
		t.Errorf("%d bits were flipped, want %d", flipped, 4*(3+2)*3)
	}
	if _, err := aggregator.Verify(t.Context(), n.Stranger(), task, r); err != nil {
		t.Error(err)
	}
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestVerifyNamesWhatDiffers: an audit of a record that is not true names the field that differs.
func TestVerifyNamesWhatDiffers(t *testing.T) {
	n, _ := settled(t, sim.DigitsTask(2), -1)
	other := spec.DigestOf([]byte("other"))
	for _, c := range []struct {
		name, want string
		change     func(*spec.Task, *spec.Round)
	}{
		{"aborted", "round 2 of task 1 is not settled: it is in phase aborted", func(_ *spec.Task, r *spec.Round) { r.Phase = spec.PhaseAborted }},
		{"running", "round 2 of task 1 is not settled: it is in phase open", func(_ *spec.Task, r *spec.Round) { r.Phase = spec.PhaseOpen }},
		{"another task", "round 2 is of task 1, not of task 7", func(t *spec.Task, _ *spec.Round) { t.ID = 7 }},
		{"dropped survivor", "survivor of node 9: the chain says no, the bitmaps say yes", func(_ *spec.Task, r *spec.Round) { r.Trainers[0].Survivor = false }},
		{"survivor that too few hold", "survivor of node 10: the chain says yes, the bitmaps say no", func(_ *spec.Task, r *spec.Round) {
			for i := range 3 {
				r.Aggregates[i].Holds = []byte{0b101}
			}
		}},
		{"another commitment", "update of node 10 kept by node 1: digest and salt open no commitment", func(_ *spec.Task, r *spec.Round) { r.Trainers[1].Commitment = other }},
		{"other samples", "next model: chain says ", func(_ *spec.Task, r *spec.Round) { r.Trainers[1].Samples /= 2 }},
		{"another model", "next model: chain says " + other.Short() + ", recomputed ", func(_ *spec.Task, r *spec.Round) {
			r.Next = other
			for i := range r.Aggregates {
				r.Aggregates[i].Digest = other
			}
		}},
		{"a model without a quorum", "next model: the chain says " + other.Short() + ", revealed by 0 aggregators: want at least 3", func(_ *spec.Task, r *spec.Round) { r.Next = other }},
		{"another base", "base model: ", func(_ *spec.Task, r *spec.Round) { r.Base = other }},
		{"an older base", "next model: chain says ", func(t *spec.Task, r *spec.Round) { r.Base = t.Aggregators[0].Ready }},
	} {
		t.Run(c.name, func(t *testing.T) {
			task, r := record(t, n, 2)
			c.change(&task, &r)
			if got, err := aggregator.Verify(t.Context(), n.Stranger(), task, r); err == nil || !strings.HasPrefix(err.Error(), c.want) || !got.IsZero() {
				t.Errorf("got %s, %v; want %s", got.Short(), err, c.want)
			}
		})
	}
}

// TestVerifyAsksReachableAggregators: an audit succeeds as long as one aggregator answers.
func TestVerifyAsksReachableAggregators(t *testing.T) {
	n, _ := settled(t, sim.DigitsTask(2), -1)
	task, r := record(t, n, 2)
	for i, node := range n.Nodes[:sim.Aggregators] {
		node.Crash()
		got, err := aggregator.Verify(t.Context(), n.Stranger(), task, r)
		switch {
		case i < sim.Aggregators-1 && (err != nil || got != r.Next):
			t.Errorf("%d unreachable: %s, %v", i+1, got.Short(), err)
		case i == sim.Aggregators-1 && (err == nil || !strings.HasPrefix(err.Error(), "update of node 9: nobody serves it; node 1: ")):
			t.Errorf("all unreachable: %v", err)
		}
	}
}
