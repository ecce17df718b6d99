package chain_test

import (
	"testing"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
)

// TestFalseAccusationCostsItsGas: every accusation pays for its gas; a false one changes nothing
// else.
func TestFalseAccusationCostsItsGas(t *testing.T) {
	c := training(t, 3, nil)
	var before, after taskpb.QueryTaskResponse
	c.ask("/althing.task.v1.Query/Task", &taskpb.QueryTask{Id: 1}, &before)
	wrong := &taskpb.MsgAccuse{
		Owner: account("bob").String(), Task: 1, Round: 1, Aggregator: before.Task.Aggregators[0].Node, Trainer: 3,
		First:  taskpb.Given{Commitment: make([]byte, 32), Signature: make([]byte, 64)},
		Second: taskpb.Given{Commitment: append(make([]byte, 31), 1), Signature: make([]byte, 64)},
	}
	if c.check(c.says("bob", 0, 0, wrong)).Code == 0 {
		t.Error("an accusation is free")
	}
	const fee = 10_000
	has := c.balance("bob")
	res := c.block(c.says("bob", fee, 1, wrong))[0]
	if res.Code != round.ErrContradiction.Code || res.Codespace != "task" {
		t.Errorf("a false accusation: got %s/%d: %s", res.Codespace, res.Code, res.Log)
	}
	if got := c.balance("bob"); got != has-fee {
		t.Errorf("bob has %d of %d uthing: want %d less, the price of the gas", got, has, fee)
	}
	c.ask("/althing.task.v1.Query/Task", &taskpb.QueryTask{Id: 1}, &after)
	if len(after.Task.Faults) != 0 {
		t.Errorf("a false accusation is recorded: %v", after.Task.Faults)
	}
}
