package task_test

import (
	"fmt"
	"testing"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/client"
)

// ante is what signature, size and fee of a transaction cost, rounded up.
const ante = 60_000

// costs are the gas that each kind of owed message uses at most in a round with
// so many trainers and a committee of so many on either side; asking whether it
// is owed is part of it.
func costs(t *testing.T, trainers, committee int) map[string]uint64 {
	w := network(t, trainers, committee, committee)
	asked := digits()
	asked.Selection.Trainers = max(1, uint32(trainers*10/13))
	asked.Selection.Aggregators, asked.Selection.Evaluators = uint32(committee), uint32(committee)
	asked.Selection.MinTrainers, asked.Escrow = 1, 1_000_000
	id := w.create("alice", asked)
	most := map[string]uint64{}
	for range 60 {
		for _, msg := range w.owed(id) {
			ctx := w.ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
			if !w.Owed(ctx, msg) {
				t.Fatalf("%T is not owed", msg)
			}
			w.must(w.run(ctx, msg))
			kind := sdk.MsgTypeURL(msg)[len("/althing.task.v1.Msg"):]
			most[kind] = max(most[kind], ctx.GasMeter().GasConsumed())
		}
		if w.round(id).Number == 2 {
			break
		}
		w.end()
	}
	return most
}

// What a client offers covers what a message uses, with half as much again to
// spare.
func TestClientsOfferEnoughGas(t *testing.T) {
	for _, c := range []struct{ trainers, committee int }{{1, 1}, {3, 1}, {10, 4}, {10, 31}, {64, 7}, {128, 13}, {255, 1}, {255, 31}} {
		participants := c.trainers + 2*c.committee
		offer, most := client.Gas(participants), uint64(0)
		all := costs(t, c.trainers, c.committee)
		if len(all) != 7 {
			t.Errorf("%d kinds of messages in a round, want 7: %v", len(all), all)
		}
		for kind, used := range all {
			if offer < (used+ante)*3/2 {
				t.Errorf("%d trainers, committee of %d: %s uses %d, offered %d", c.trainers, c.committee, kind, used+ante, offer)
			}
			most = max(most, used+ante)
		}
		t.Log(fmt.Sprintf("trainers %d, committee 2x%d:", c.trainers, c.committee), all, "most", most, "offered", offer)
	}
}
