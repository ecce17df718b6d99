package round_test

import (
	"errors"
	"testing"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

func TestNodesAreAskedForWhatTheirPolicyAccepts(t *testing.T) {
	asked := spec.Task{Owner: "ann", Spec: task(), Tariff: spec.DefaultTariff()}
	asked.Tariff.MinBond = 0 // 500 uthing a round for the 6 that are asked
	asked.Spec.Selection.MinTrainers = 1
	for name, c := range map[string]struct {
		policy spec.Policy
		asks   bool
	}{
		"nothing said":           {spec.Policy{}, true},
		"4 aggregators":          {spec.Policy{MinAggregators: 4}, true},
		"more than 4":            {spec.Policy{MinAggregators: 5}, false},
		"its share of a round":   {spec.Policy{MinPay: 125}, true},
		"more than its share":    {spec.Policy{MinPay: 126}, false},
		"as long as there is":    {spec.Policy{MinDeadline: 20 * spec.Second}, true},
		"longer":                 {spec.Policy{MinDeadline: 20*spec.Second + 1}, false},
		"this owner among some":  {spec.Policy{Owners: []string{"bob", "ann"}}, true},
		"other owners":           {spec.Policy{Owners: []string{"bob"}}, false},
		"these rows among some":  {spec.Policy{Datasets: []string{"faces", "digits"}}, true},
		"other rows":             {spec.Policy{Datasets: []string{"faces"}}, false},
		"all of it, all of them": {spec.Policy{MinAggregators: 4, MinPay: 125, Owners: []string{"ann"}, Datasets: []string{"digits"}}, true},
	} {
		n := node(1, spec.Trainer)
		n.Profile.Policy = c.policy
		_, err := round.Trainers(round.State{Task: asked}, round.NewRoster(n))
		if c.asks && err != nil || !c.asks && !errors.Is(err, round.ErrResources) {
			t.Errorf("%s: got %v, want asked %t", name, err, c.asks)
		}
		if why := round.Refuses(&c.policy, &asked, spec.Trainer); (why == "") != c.asks {
			t.Errorf("%s: refuses because it %s, want asked %t", name, why, c.asks)
		}
	}
}

// A committee has policies, too, but one aggregator robs only those who train.
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
		t.Errorf("an evaluator for other owners is asked: %v", err)
	}
}

// TestAttackSoleAggregator: a stranger runs the only aggregator of its own task, which
// attests nothing. The trainers have worked for nothing, and it has its escrow back.
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
	// They have no receipts either: the thief's node gave them none. A fee is all they get.
	if w.Task.Delivered > 0 || w.Task.Refunded < theft.Escrow-theft.PerRound()/8 {
		t.Errorf("the attack does not work even undefended: refunded %d of %d", w.Task.Refunded, theft.Escrow)
	}
	// On: what a node does by default, and for owners that it names.
	for _, policy := range []spec.Policy{{}, {MinAggregators: 4}, {SoleAggregator: true, Owners: []string{"owner"}}} {
		if _, err := ask(policy); !errors.Is(err, round.ErrResources) {
			t.Errorf("policy %+v: got %v, want %v", policy, err, round.ErrResources)
		}
	}
}
