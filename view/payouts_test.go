package view_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

// TestPayoutsAddUp wants every uthing of a closed task at somebody: of a node, a lender, the
// validators, committees of which the rounds keep totals only, or the consumer.
func TestPayoutsAddUp(t *testing.T) {
	task, rounds := trained()
	rounds[2].Trainers[1].Paid, rounds[2].Trainers[1].Lent, rounds[2].Trainers[1].Lender = 45, 45, "althing1lender"
	rounds = append(rounds, spec.Round{Task: 7, Number: 4, Phase: spec.PhaseAborted, Paid: 9, Validators: 1}) // in which nobody spoke
	task.State, task.Spec.Escrow, task.Paid, task.Fees, task.Refunded = spec.TaskFailed, 1000, 226, 26, 774
	task.Faults = []spec.Fault{
		{Round: 3, Node: 3, Kind: spec.FaultWrongAggregate, Burned: 200}, {Round: 2, Node: 4, Kind: spec.FaultNoReveal, Burned: 50},
	}
	want := view.Payouts{
		Task: 7, State: spec.TaskFailed, Escrow: 1000, Paid: 226, Fees: 26, Refunded: 774,
		Earnings: []view.Earning{
			{Role: "trainer", Node: 1, Rounds: 3, Served: 1, Earned: 50},
			{Role: "trainer", Node: 2, Rounds: 3, Served: 2, Earned: 95},
			{Role: "aggregator", Node: 3, Rounds: 3, Served: 2, Earned: 11, Aborted: 4},
			{Role: "evaluator", Node: 4, Rounds: 3, Served: 1, Earned: 6, Aborted: 6},
			{Role: view.EarnsAsLender, Account: "althing1lender", Earned: 45},
			{Role: view.EarnsAsValidator, Earned: 6, Aborted: 3},
			{Role: view.EarnsForSilence, Earned: 8, Aborted: 8},
			{Role: view.EarnsForWaiting, Earned: 5, Aborted: 5},
		},
		Slashed: 250, Burned: 250, Faults: []view.NamedFault{{Fault: task.Faults[0]}, {Fault: task.Faults[1]}},
	}
	got := view.PayoutsOf(task, rounds)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	sum := uint64(0)
	for _, e := range got.Earnings {
		sum += e.Earned
	}
	if got.Paid+got.Refunded+got.Burned != got.Escrow+got.Slashed {
		t.Errorf("paid, refunded and burned are not the escrow and what was slashed: %+v", got)
	}
	if sum != task.Paid || sum+got.Refunded != got.Escrow {
		t.Errorf("%d earned and %d refunded: want %d together", sum, got.Refunded, got.Escrow)
	}
}
