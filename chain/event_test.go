package chain_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cosmos/gogoproto/proto"
	"github.com/google/go-cmp/cmp"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/spec"
)

// typed returns the events of tasks in the newest block, decoded as messages.
func (n *network) typed() (events []proto.Message) {
	n.Helper()
	for _, e := range n.told {
		if !strings.HasPrefix(e.Type, "althing.task.v1.") {
			continue
		}
		e.Attributes = slices.DeleteFunc(slices.Clone(e.Attributes), func(a abci.EventAttribute) bool {
			return a.Key == "mode" || a.Key == "msg_index" // the SDK adds these to every event
		})
		events = append(events, must(sdk.ParseTypedEvent(e)))
	}
	return events
}

// TestTaskEventsAreTyped: wallets and explorers read about tasks in typed events of blocks. The
// payments and refunds in the events add up to the escrow, and each account has received what the
// events say.
func TestTaskEventsAreTyped(t *testing.T) {
	c := training(t, 3, nil)
	before := map[string]uint64{}
	for name := range c.numbers {
		before[account(name).String()] = c.balance(name)
	}
	all := c.typed()
	c.block(c.says("trainer2", 0, 0, &taskpb.MsgDecline{Owner: account("trainer2").String(), Task: 1, Round: 1, Why: taskpb.DeclineFromSpec(spec.DeclinePolicy)}))
	for blocks := 0; ; blocks++ {
		if all = append(all, c.typed()...); c.over() {
			break
		}
		if blocks == 200 {
			t.Fatalf("the task never ends: %s", c.where())
		}
		c.block(c.honest()...)
	}
	bob := c.task()
	c.all(c.says("bob", 10_000, 0, &taskpb.MsgCreate{Owner: account("bob").String(), Spec: taskpb.TaskSpecFromSpec(bob)}))
	all = append(all, c.typed()...)

	paid, seen := uint64(0), map[string]int{}
	for _, e := range all {
		seen[strings.TrimPrefix(reflect.TypeOf(e).Elem().Name(), "Event")]++
		switch e := e.(type) {
		case *taskpb.EventPaid:
			paid += e.Amount
			before[e.Account] += e.Amount
		case *taskpb.EventValidatorsPaid:
			paid += e.Amount
		case *taskpb.EventRefunded:
			paid += e.Amount
			before[e.Account] += e.Amount
		case *taskpb.EventDeclined:
			want := &taskpb.EventDeclined{Task: 1, Round: 1, Node: e.Node, Why: "policy"}
			if diff := cmp.Diff(want, e); diff != "" || c.nameOf(e.Node) != "trainer2" {
				t.Errorf("who declined (-want +got):\n%s", diff)
			}
		case *taskpb.EventCreated:
			want := &taskpb.EventCreated{Task: 2, Owner: account("bob").String(), Escrow: bob.Escrow}
			if diff := cmp.Diff(want, e); diff != "" {
				t.Errorf("a task that was created (-want +got):\n%s", diff)
			}
		}
	}
	if escrow := c.task().Escrow; paid != escrow {
		t.Errorf("events have payments and refunds of %d, want %d", paid, escrow)
	}
	for name := range c.numbers {
		if name != "bob" && name != "validator" && c.balance(name) != before[account(name).String()] {
			t.Errorf("%s has %d: want %d", name, c.balance(name), before[account(name).String()])
		}
	}
	rounds := int(c.task().Target.Rounds)
	delete(seen, "Paid")
	want := map[string]int{ // round 1 had begun before
		"Created": 1, "RoundOpened": rounds - 1, "Declined": 1, "RoundSettled": rounds, "ValidatorsPaid": rounds, "Closed": 1, "Refunded": 1,
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}
