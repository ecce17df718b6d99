package round_test

import (
	"errors"
	"testing"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// TestNodesAreSelectedAsTheirPolicyAllows: a node is selected exactly if its policy accepts the task.
func TestNodesAreSelectedAsTheirPolicyAllows(t *testing.T) {
	asked := spec.Task{Owner: "ann", Spec: task(), Tariff: spec.DefaultTariff()}
	asked.Tariff.MinBond = 0 // 500 uthing per round for the 6 selected trainers
	asked.Spec.Selection.MinTrainers = 1
	for name, c := range map[string]struct {
		policy spec.Policy
		asks   bool
	}{
		"no conditions":          {spec.Policy{}, true},
		"4 aggregators":          {spec.Policy{MinAggregators: 4}, true},
		"more than 4":            {spec.Policy{MinAggregators: 5}, false},
		"its share of a round":   {spec.Policy{MinPay: 125}, true},
		"more than its share":    {spec.Policy{MinPay: 126}, false},
		"the task's deadline":    {spec.Policy{MinDeadline: 20 * spec.Second}, true},
		"a longer deadline":      {spec.Policy{MinDeadline: 20*spec.Second + 1}, false},
		"owners with this one":   {spec.Policy{Owners: []string{"bob", "ann"}}, true},
		"other owners":           {spec.Policy{Owners: []string{"bob"}}, false},
		"data sets with this":    {spec.Policy{Datasets: []string{"faces", "digits"}}, true},
		"other data":             {spec.Policy{Datasets: []string{"faces"}}, false},
		"all conditions at once": {spec.Policy{MinAggregators: 4, MinPay: 125, Owners: []string{"ann"}, Datasets: []string{"digits"}}, true},
	} {
		n := node(1, spec.Trainer)
		n.Profile.Policy = c.policy
		_, err := round.Trainers(round.State{Task: asked}, round.NewRoster(n))
		if c.asks && err != nil || !c.asks && !errors.Is(err, round.ErrResources) {
			t.Errorf("%s: got error %v, want selected %t", name, err, c.asks)
		}
		if why := round.Refuses(&c.policy, &asked, spec.Trainer); (why == "") != c.asks {
			t.Errorf("%s: the policy refuses with %q, want selected %t", name, why, c.asks)
		}
	}
}

// TestCommitteeHasPolicies: the policies of evaluators count too. A sole aggregator can cheat only
// trainers, so evaluators accept it by default.
func TestCommitteeHasPolicies(t *testing.T) {
	asked := spec.Task{Owner: "ann", Spec: task(), Tariff: spec.DefaultTariff()}
	asked.Tariff.MinBond = 0
	asked.Spec.Selection.Aggregators, asked.Spec.Selection.Evaluators = 1, 1
	nodes := append(network(spec.Aggregator, 1), network(spec.Evaluator, 2)...)
	if _, err := round.Committee(asked, round.NewRoster(nodes...)); err != nil {
		t.Error(err)
	}
	nodes[1].Profile.Policy.Owners = []string{"bob"}
	if _, err := round.Committee(asked, round.NewRoster(nodes...)); !errors.Is(err, round.ErrResources) {
		t.Errorf("an evaluator that serves only other owners: got error %v, want %v", err, round.ErrResources)
	}
}

// TestAttackSoleAggregator: a stranger creates a task and runs its only aggregator, which attests
// no update. The trainers work for nothing, and the stranger gets the escrow back.
func TestAttackSoleAggregator(t *testing.T) {
	theft := task()
	theft.Selection.Aggregators, theft.Selection.Evaluators = 1, 1
	theft.Retries = 0
	tariff := spec.DefaultTariff()
	tariff.MinBond = 0
	ask := func(policy spec.Policy) (*world, error) {
		w := &world{TB: t, State: round.New("althing-test", 1, "thief", theft, tariff, at(1)), height: 1}
		w.do(round.Select{Aggregators: members(1, 1), Evaluators: members(1, 5)})
		w.do(round.Ready{Node: 1, Digest: digest("0")}, round.Ready{Node: 5, Digest: digest("s")})
		w.end()
		nodes := network(spec.Trainer, 11, 12, 13)
		for i := range nodes {
			nodes[i].Profile.Policy = policy
		}
		chosen, err := round.Trainers(w.State, round.NewRoster(nodes...))
		if err == nil {
			w.do(chosen)
		}
		return w, err
	}
	// Off: the trainers consent to one aggregator, whoever runs it.
	w, err := ask(spec.Policy{SoleAggregator: true})
	if err != nil {
		t.Fatalf("the attack does not work even undefended: %v", err)
	}
	w.train(11, 12, 13)
	w.do(round.Attest{Node: 1, Round: 1, Holds: []byte{0}})
	w.pass()
	for !w.Task.State.Final() {
		w.end()
	}
	// The thief's node gave no receipts either. The trainers get only a fee.
	if w.Task.Delivered > 0 || w.Task.Refunded < theft.Escrow-theft.PerRound()/8 {
		t.Errorf("the attack does not work even undefended: refunded %d of %d", w.Task.Refunded, theft.Escrow)
	}
	// On: the default policy, a minimum of aggregators, and consent to other owners only.
	for _, policy := range []spec.Policy{{}, {MinAggregators: 4}, {SoleAggregator: true, Owners: []string{"owner"}}} {
		if _, err := ask(policy); !errors.Is(err, round.ErrResources) {
			t.Errorf("policy %+v: got %v, want %v", policy, err, round.ErrResources)
		}
	}
}
