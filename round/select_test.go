package round_test

import (
	"crypto/ed25519"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// node is active and eligible for its roles in the tasks of these tests.
func node(id uint64, roles spec.Role) spec.Node {
	return spec.Node{
		ID: id, Deposit: spec.Deposit{State: spec.NodeActive, Stake: 100}, Standing: round.NewStanding(),
		Profile: spec.Profile{
			TransportKey: transportKey(id).Public().(ed25519.PublicKey),
			Roles:        roles, Slots: 1, Holdings: []spec.Holding{{Name: "digits", Samples: 50}},
			Resources: spec.Resources{CPU: 2, Memory: 1024}, Claimed: 600_000,
		},
	}
}

func network(roles spec.Role, ids ...uint64) (nodes []spec.Node) {
	for _, id := range ids {
		nodes = append(nodes, node(id, roles))
	}
	return nodes
}

// TestTrainersAreRankedByReputationThenStakeThenID: and by nothing else.
func TestTrainersAreRankedByReputationThenStakeThenID(t *testing.T) {
	nodes := network(spec.Trainer, 1, 2, 3, 4, 5, 6, 7, 8)
	nodes[1].Reputation = 200_000 // 2 is last
	nodes[7].Reputation = 900_000 // 8 is first, without more stake
	nodes[7].Stake = 1
	nodes[6].Stake = 500 // 7 comes before those of equal reputation
	s := round.State{Task: spec.Task{Spec: task()}}
	s.Task.Spec.Selection.Trainers = 3
	slices.Reverse(nodes) // the order in which they are given does not matter
	chosen, err := round.Trainers(s, round.NewRoster(nodes...))
	if err != nil {
		t.Fatal(err)
	}
	// 3 and 30% more, rounded up, are 4. They are listed by id.
	if diff := cmp.Diff([]uint64{1, 3, 7, 8}, chosen.Trainers); diff != "" {
		t.Error(diff)
	}
}

// TestTrainersAskedAreThirtyPercentMore: or all eligible nodes, if there are fewer.
func TestTrainersAskedAreThirtyPercentMore(t *testing.T) {
	for _, c := range []struct{ need, eligible, want int }{{10, 30, 13}, {10, 11, 11}, {10, 5, 5}, {1, 9, 2}, {100, 200, 130}} {
		s := round.State{Task: spec.Task{Spec: task()}}
		s.Task.Spec.Selection.Trainers = uint32(c.need)
		var nodes []spec.Node
		for id := range c.eligible {
			nodes = append(nodes, node(uint64(id+1), spec.Trainer))
		}
		chosen, err := round.Trainers(s, round.NewRoster(nodes...))
		if err != nil || len(chosen.Trainers) != c.want {
			t.Errorf("need %d of %d: got %d, %v; want %d", c.need, c.eligible, len(chosen.Trainers), err, c.want)
		}
	}
	few := round.State{Task: spec.Task{Spec: task()}}
	few.Task.Spec.Selection.MinTrainers = 3
	if _, err := round.Trainers(few, round.NewRoster(network(spec.Trainer, 1, 2)...)); !errors.Is(err, round.ErrResources) {
		t.Errorf("2 trainers for a task that needs at least 3: got error %v, want %v", err, round.ErrResources)
	}
}

// TestNoEvaluatorTrains: an evaluator of a task is not selected as its trainer; an aggregator may be.
func TestNoEvaluatorTrains(t *testing.T) {
	s := round.State{Task: spec.Task{Spec: task(), Evaluators: members(100, 2, 3), Aggregators: members(100, 1)}}
	nodes := network(spec.Trainer|spec.Evaluator|spec.Aggregator, 1, 2, 3, 4)
	chosen, err := round.Trainers(s, round.NewRoster(nodes...))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]uint64{1, 4}, chosen.Trainers); diff != "" {
		t.Error(diff)
	}
}

// TestAttack01ManyNewIdentities: ten new identities with a million times the stake rank below nodes
// that have served once. If new nodes started with the reputation of those, they would take the
// whole round.
func TestAttack01ManyNewIdentities(t *testing.T) {
	for name, c := range map[string]struct {
		begin spec.PPM
		among int
	}{
		"new nodes start like nodes that have served": {round.Praise(round.NewStanding(), spec.Change{}).Reputation, 4},
		"new nodes start as newcomers":                {round.NewStanding().Reputation, 0},
	} {
		nodes := network(spec.Trainer, 1, 2, 3, 4, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20)
		for i := range nodes {
			if nodes[i].ID <= 4 {
				nodes[i].Standing = round.Praise(nodes[i].Standing, spec.Change{})
				continue
			}
			nodes[i].Reputation = c.begin
			nodes[i].Stake *= 1_000_000
		}
		s := round.State{Task: spec.Task{Spec: task()}}
		s.Task.Spec.Selection.Trainers = 3 // and 30% more
		chosen, err := round.Trainers(s, round.NewRoster(nodes...))
		if err != nil {
			t.Fatal(err)
		}
		among := 0
		for _, id := range chosen.Trainers {
			if id > 10 {
				among++
			}
		}
		if among != c.among {
			t.Errorf("%s: %d of %d selected are new, want %d", name, among, len(chosen.Trainers), c.among)
		}
	}
}

// TestOnlyTheEligibleAreSelected: each requirement of a task excludes the nodes that do not meet it.
func TestOnlyTheEligibleAreSelected(t *testing.T) {
	demanding := task()
	demanding.Selection.MinTrainers = 1
	demanding.Selection.MinStake = 50
	demanding.Selection.MinAccuracy = 500_000
	demanding.Selection.Resources = spec.Resources{CPU: 2, Memory: 512}
	demanding.Data.MinSamples = 50
	for name, c := range map[string]struct {
		change func(*spec.Node)
		fit    bool
	}{
		"as it is":            {func(*spec.Node) {}, true},
		"not active":          {func(n *spec.Node) { n.State = spec.NodePending }, false},
		"another role":        {func(n *spec.Node) { n.Profile.Roles = spec.Evaluator | spec.Consumer }, false},
		"busy":                {func(n *spec.Node) { n.Busy = 1 }, false},
		"busy, one slot free": {func(n *spec.Node) { n.Busy, n.Profile.Slots = 1, 2 }, true},
		"just enough stake":   {func(n *spec.Node) { n.Stake = 50 }, true},
		"too little stake":    {func(n *spec.Node) { n.Stake = 49 }, false},
		"too few cores":       {func(n *spec.Node) { n.Profile.Resources.CPU = 1 }, false},
		"too little memory":   {func(n *spec.Node) { n.Profile.Resources.Memory = 511 }, false},
		"too few samples":     {func(n *spec.Node) { n.Profile.Holdings[0].Samples = 49 }, false},
		"a withheld number":   {func(n *spec.Node) { n.Profile.Holdings[0].Samples = 0 }, true},
		"other data":          {func(n *spec.Node) { n.Profile.Holdings[0].Name = "faces" }, false},
		"claims too little":   {func(n *spec.Node) { n.Profile.Claimed = 499_999 }, false},
		"measured too low":    {func(n *spec.Node) { n.Measured = []spec.Measure{{Kind: "digits", Accuracy: 400_000, Tasks: 1}} }, false},
		"measured, claim less": {func(n *spec.Node) {
			n.Profile.Claimed = 0
			n.Measured = []spec.Measure{{Kind: "digits", Accuracy: 700_000}}
		}, true},
		"measured elsewhere": {func(n *spec.Node) {
			n.Profile.Claimed = 0
			n.Measured = []spec.Measure{{Kind: "faces", Accuracy: 700_000}}
		}, false},
	} {
		n := node(1, spec.Trainer)
		c.change(&n)
		_, err := round.Trainers(round.State{Task: spec.Task{Spec: demanding}}, round.NewRoster(n))
		if c.fit && err != nil || !c.fit && !errors.Is(err, round.ErrResources) {
			t.Errorf("%s: got %v, want fit %v", name, err, c.fit)
		}
	}
}

// TestEvaluatorsHoldEnoughRows: a task with a minimum of hold-out rows does not select evaluators
// that state fewer. An evaluator that withholds the number is eligible.
func TestEvaluatorsHoldEnoughRows(t *testing.T) {
	asked := task()
	asked.Selection.Aggregators, asked.Selection.Evaluators = 1, 1
	for _, c := range []struct {
		least, samples uint32
		fit            bool
	}{{0, 50, true}, {50, 50, true}, {51, 50, false}, {51, 0, true}} {
		asked.Data.MinHoldout = c.least
		evaluator := node(2, spec.Evaluator)
		evaluator.Profile.Holdings[0].Samples = c.samples
		_, err := round.Committee(spec.Task{Spec: asked}, round.NewRoster(node(1, spec.Aggregator), evaluator))
		if c.fit && err != nil || !c.fit && !errors.Is(err, round.ErrResources) {
			t.Errorf("%d rows, at least %d wanted: got error %v", c.samples, c.least, err)
		}
	}
}

// TestCommittee: a committee is found if there is one, also if nodes have several roles.
func TestCommittee(t *testing.T) {
	const both = spec.Aggregator | spec.Evaluator
	for name, c := range map[string]struct {
		nodes       []spec.Node
		aggregators []uint64
		evaluators  []uint64
	}{
		"each its own":                {append(network(spec.Aggregator, 1, 2, 3, 4, 9), network(spec.Evaluator, 5, 6, 7, 8)...), []uint64{1, 2, 3, 4}, []uint64{5, 6, 7, 8}},
		"nobody is both":              {network(both, 1, 2, 3, 4, 5, 6, 7, 8), []uint64{1, 2, 3, 4}, []uint64{5, 6, 7, 8}},
		"evaluators are short":        {append(network(both, 1, 2, 3, 4), network(spec.Aggregator, 5, 6, 7, 8)...), []uint64{5, 6, 7, 8}, []uint64{1, 2, 3, 4}},
		"one could spare":             {append(network(both, 1, 2, 3, 4, 5), network(spec.Aggregator, 6, 7, 8)...), []uint64{1, 6, 7, 8}, []uint64{2, 3, 4, 5}},
		"too few in all":              {network(both, 1, 2, 3, 4, 5, 6, 7), nil, nil},
		"too few aggregators":         {append(network(spec.Aggregator, 1, 2, 3), network(spec.Evaluator, 5, 6, 7, 8)...), nil, nil},
		"too few evaluators":          {append(network(spec.Aggregator, 1, 2, 3, 4), network(spec.Evaluator, 5, 6, 7)...), nil, nil},
		"trainers are no substitutes": {network(spec.Trainer|spec.DataProvider, 1, 2, 3, 4, 5, 6, 7, 8), nil, nil},
	} {
		chosen, err := round.Committee(spec.Task{Spec: task()}, round.NewRoster(c.nodes...))
		if c.aggregators == nil {
			if !errors.Is(err, round.ErrResources) {
				t.Errorf("%s: got %v, want %v", name, err, round.ErrResources)
			}
			continue
		}
		want := round.Select{Aggregators: members(100, c.aggregators...), Evaluators: members(100, c.evaluators...)}
		if diff := cmp.Diff(want, chosen); err != nil || diff != "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

// TestCommitteeNeedsDataOnlyOfEvaluators: an evaluator must hold the task's data set. An aggregator
// need not, because it sees no rows.
func TestCommitteeNeedsDataOnlyOfEvaluators(t *testing.T) {
	nodes := append(network(spec.Aggregator, 1, 2, 3, 4), network(spec.Evaluator, 5, 6, 7, 8)...)
	nodes[0].Profile.Holdings = nil
	if _, err := round.Committee(spec.Task{Spec: task()}, round.NewRoster(nodes...)); err != nil {
		t.Errorf("an aggregator without data: %v", err)
	}
	nodes[4].Profile.Holdings = nil
	if _, err := round.Committee(spec.Task{Spec: task()}, round.NewRoster(nodes...)); !errors.Is(err, round.ErrResources) {
		t.Errorf("an evaluator without data: got %v", err)
	}
}

// TestRegisteredRowsAreNotScoredOn: a score reveals something of the rows that it was measured on,
// and carries no noise. So a node whose rows are registered as a data set with a privacy budget
// is not selected as an evaluator, whatever the privacy mode of the task.
func TestRegisteredRowsAreNotScoredOn(t *testing.T) {
	nodes := append(network(spec.Aggregator, 1, 2, 3, 4), network(spec.Evaluator, 5, 6, 7, 8, 9)...)
	nodes[4].Profile.Holdings[0].Dataset = 1
	for _, mode := range []string{spec.PrivacyNone, spec.PrivacyLocal} {
		asked := task()
		asked.Privacy.Mode = mode
		chosen, err := round.Committee(spec.Task{Spec: asked}, round.NewRoster(nodes...))
		if diff := cmp.Diff(members(100, 6, 7, 8, 9), chosen.Evaluators); err != nil || diff != "" {
			t.Errorf("%s: %v %s", mode, err, diff)
		}
	}
}

// TestTaskSelectsByCapability: a task that names a capability selects only trainers and evaluators
// that list it, and uses the accuracy that past tasks of that kind have measured.
func TestTaskSelectsByCapability(t *testing.T) {
	asked := spec.Task{Spec: task()}
	asked.Spec.Selection.Capability, asked.Spec.Selection.MinAccuracy = "images", 500_000
	asked.Spec.Selection.MinTrainers = 1
	for name, c := range map[string]struct {
		change func(*spec.Node)
		fit    bool
	}{
		"lists it":                {func(*spec.Node) {}, true},
		"lists nothing":           {func(n *spec.Node) { n.Profile.Capabilities = nil }, false},
		"lists another":           {func(n *spec.Node) { n.Profile.Capabilities[0].Kind = "text" }, false},
		"measured too low":        {func(n *spec.Node) { n.Measured = []spec.Measure{{Kind: "images", Accuracy: 400_000}} }, false},
		"low on the rows by name": {func(n *spec.Node) { n.Measured = []spec.Measure{{Kind: "digits", Accuracy: 400_000}} }, true},
	} {
		n := node(1, spec.Trainer)
		n.Profile.Capabilities = []spec.Capability{{Kind: "images"}}
		c.change(&n)
		_, err := round.Trainers(round.State{Task: asked}, round.NewRoster(n))
		if c.fit && err != nil || !c.fit && !errors.Is(err, round.ErrResources) {
			t.Errorf("%s: got %v, want fit %v", name, err, c.fit)
		}
	}
	nodes := append(network(spec.Aggregator, 1, 2, 3, 4), network(spec.Evaluator, 5, 6, 7, 8)...)
	if _, err := round.Committee(asked, round.NewRoster(nodes...)); !errors.Is(err, round.ErrResources) {
		t.Errorf("evaluators without the capability: got error %v", err)
	}
	for i := range nodes[4:] {
		nodes[4+i].Profile.Capabilities = []spec.Capability{{Kind: "images"}}
	}
	if _, err := round.Committee(asked, round.NewRoster(nodes...)); err != nil {
		t.Errorf("aggregators without the capability: %v", err)
	}
}
