package round_test

import (
	"cmp"
	"errors"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// simpleScheduler is the simplest implementation of the scheduler: it sorts all nodes for each
// request.
type simpleScheduler []spec.Node

func (s simpleScheduler) ranked(role spec.Role, data string, fits func(spec.Node) bool) (ms []spec.Member) {
	nodes := slices.Clone(s)
	slices.SortFunc(nodes, func(a, b spec.Node) int {
		return cmp.Or(cmp.Compare(b.Reputation, a.Reputation), cmp.Compare(b.Stake, a.Stake), cmp.Compare(a.ID, b.ID))
	})
	for _, n := range nodes {
		_, holds := n.Profile.Holding(data)
		if n.Selectable() && n.Profile.Roles.Has(role) && (holds || role == spec.Aggregator) && fits(n) {
			ms = append(ms, spec.Member{Node: n.ID, Stake: n.Stake, Key: n.Profile.Key()})
		}
	}
	return ms
}

func free(n spec.Node) bool { return n.Busy < n.Profile.Slots }

func (s simpleScheduler) committee(t spec.TaskSpec) (round.Select, error) {
	evaluators := s.ranked(spec.Evaluator, t.Data.Name, free)
	spare := len(evaluators) - int(t.Selection.Evaluators)
	var aggregators []spec.Member
	for _, m := range s.ranked(spec.Aggregator, t.Data.Name, free) {
		at := slices.Index(evaluators, m)
		if len(aggregators) == int(t.Selection.Aggregators) || at >= 0 && spare <= 0 {
			continue
		}
		if at >= 0 {
			spare--
			evaluators = slices.Delete(evaluators, at, at+1)
		}
		aggregators = append(aggregators, m)
	}
	if len(aggregators) < int(t.Selection.Aggregators) || spare < 0 {
		return round.Select{}, round.ErrResources
	}
	return round.Select{Aggregators: aggregators, Evaluators: evaluators[:t.Selection.Evaluators]}, nil
}

func (s simpleScheduler) trainers(state round.State) (round.Select, error) {
	var ids []uint64
	for _, m := range s.ranked(spec.Trainer, state.Task.Spec.Data.Name, func(n spec.Node) bool {
		for _, r := range state.OpenRounds() {
			if n.Busy > 0 && r.Trainer(n.ID) >= 0 {
				n.Busy--
			}
		}
		return free(n) && !slices.ContainsFunc(state.Task.Evaluators, func(m spec.Member) bool { return m.Node == n.ID })
	}) {
		ids = append(ids, m.Node)
	}
	if len(ids) < int(state.Task.Spec.Selection.MinTrainers) {
		return round.Select{}, round.ErrResources
	}
	ids = ids[:min(len(ids), state.Task.Spec.Selection.Asked())]
	slices.Sort(ids)
	return round.Select{Trainers: ids}, nil
}

// TestRoster: after any history, a roster that got every change, and a new roster of the same
// nodes, select the same nodes as the simple scheduler.
func TestRoster(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		updated, nodes := &round.Roster{}, map[uint64]spec.Node{}
		t.Repeat(map[string]func(*rapid.T){
			"node": func(t *rapid.T) {
				n := node(rapid.Uint64Range(1, 12).Draw(t, "id"), spec.Role(rapid.IntRange(1, 31).Draw(t, "roles")))
				if rapid.IntRange(0, 5).Draw(t, "active") == 0 {
					n.State = spec.NodePending
				}
				n.Stake = rapid.Uint64Range(1, 3).Draw(t, "stake")
				n.Reputation = spec.PPM(rapid.Uint32Range(1, 3).Draw(t, "reputation"))
				n.Busy, n.Profile.Slots = rapid.Uint32Range(0, 3).Draw(t, "busy"), rapid.Uint32Range(1, 3).Draw(t, "slots")
				n.Profile.Holdings, n.Profile.Policy.SoleAggregator = nil, true
				for _, name := range []string{"digits", "faces"} {
					if rapid.Bool().Draw(t, name) {
						n.Profile.Holdings = append(n.Profile.Holdings, spec.Holding{Name: name})
					}
				}
				nodes[n.ID] = n
				updated.Put(n)
			},
			"leaves": func(t *rapid.T) {
				id := rapid.Uint64Range(1, 12).Draw(t, "id")
				delete(nodes, id)
				updated.Remove(id)
			},
			"": func(t *rapid.T) {
				var all simpleScheduler
				for _, n := range nodes {
					all = append(all, n)
				}
				asked := task()
				asked.Data.Name = rapid.SampledFrom([]string{"digits", "faces", "held by nobody"}).Draw(t, "data")
				asked.Selection.Aggregators, asked.Selection.Evaluators = 1, rapid.Uint32Range(1, 3).Draw(t, "evaluators")
				if rapid.Bool().Draw(t, "four") {
					asked.Selection.Aggregators = 4
				}
				asked.Selection.MinTrainers, asked.Selection.Trainers = 1, rapid.Uint32Range(1, 4).Draw(t, "trainers")
				s := round.State{Task: spec.Task{Spec: asked, Evaluators: members(1, 3)}}
				s.Round = spec.Round{Number: 1, Phase: spec.PhaseScore, Trainers: []spec.Contribution{{Node: 1}, {Node: 2}, {Node: 5}}}
				for _, roster := range []*round.Roster{updated, round.NewRoster(all...)} {
					same(t, "committee", func() (round.Select, error) { return round.Committee(s.Task, roster) }, func() (round.Select, error) { return all.committee(asked) })
					same(t, "trainers", func() (round.Select, error) { return round.Trainers(s, roster) }, func() (round.Select, error) { return all.trainers(s) })
				}
			},
		})
	})
}

func same(t *rapid.T, what string, got, want func() (round.Select, error)) {
	t.Helper()
	is, err := got()
	should, wantErr := want()
	if diff := gocmp.Diff(should, is); diff != "" || !errors.Is(err, wantErr) {
		t.Fatalf("%s: %v, want %v; (-want +got):\n%s", what, err, wantErr, diff)
	}
}

// TestPayersAreLookedUpInRankOrder: the payers of a private task are looked up node by node, the
// best first, until there are enough.
func TestPayersAreLookedUpInRankOrder(t *testing.T) {
	s := round.State{Task: spec.Task{Spec: task()}}
	s.Task.Spec.Selection.Trainers = 3
	var asked []uint64
	payer := func(n spec.Node) (round.Payer, error) {
		asked = append(asked, n.ID)
		owner := map[uint64]string{1: "ann", 2: "ann", 3: ""}[n.ID]
		if n.ID > 3 {
			owner = "of " + n.Profile.Name + string(rune('a'+n.ID))
		}
		return round.Payer{Dataset: n.ID, Owner: owner}, nil
	}
	chosen, err := round.PrivateTrainers(s, round.NewRoster(network(spec.Trainer, 1, 2, 3, 4, 5, 6, 7, 8, 9)...), payer)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff([]uint64{1, 4, 5, 6}, chosen.Trainers); diff != "" {
		t.Error(diff)
	}
	if diff := gocmp.Diff([]uint64{1, 2, 3, 4, 5, 6}, asked); diff != "" {
		t.Error(diff)
	}
}
