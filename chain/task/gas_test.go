package task_test

import (
	"context"
	"testing"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/chain/task"
	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/spec"
)

// ante is the gas for signature, size and fee of a transaction, rounded up.
const ante = 60_000

// named is the additional gas for reading the largest number of owners that a task may name: 3 gas per
// byte of an address.
const named = 3 * spec.MaxOwners * 48

// bitmap is the size of an aggregator's bitmap in the largest round, in bytes.
const bitmap = spec.MaxTrainers / 8

// costs returns the most gas that each kind of owed message uses in a round with a number of trainers,
// aggregators and evaluators, including the check whether it is owed.
func costs(t *testing.T, trainers, committee int) map[string]uint64 {
	w := network(t, trainers, committee, committee)
	asked := digits()
	asked.Selection.Trainers = max(1, uint32(trainers*10/13))
	asked.Selection.Aggregators, asked.Selection.Evaluators = uint32(committee), uint32(committee)
	asked.Selection.MinTrainers, asked.Escrow = 1, 1_000_000
	asked.Model.Classes = spec.MaxCounts
	id := w.create("alice", asked)
	most := map[string]uint64{}
	for range 60 {
		for _, msg := range w.owed(id) {
			ctx := task.WithPrefetch(w.ctx.WithGasMeter(storetypes.NewInfiniteGasMeter()))
			if !w.Free(ctx, msg) {
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

// TestGasOfALargeRound: the gas of a message depends on the size of the committee, and hardly on the
// number of trainers. The gas limit of clients is enough for the largest round, with half as much
// to spare.
func TestGasOfALargeRound(t *testing.T) {
	for _, committee := range []int{1, 4, 31} {
		small, large := costs(t, 10, committee), costs(t, spec.MaxTrainers, committee)
		if len(large) != 7 {
			t.Errorf("%d kinds of messages in a round, want 7: %v", len(large), large)
		}
		for kind, used := range large {
			most := small[kind] * 11 / 10
			if kind == "Attest" {
				const read, written = 3, 30 // gas for a byte
				most += read*bitmap + written*bitmap
			}
			if used > most {
				t.Errorf("committee of %d: %s uses %d in a round of 10, %d in one of %d", committee, kind, small[kind], used, spec.MaxTrainers)
			}
			if offered := client.Gas; offered < (used+ante+named)*4/3 {
				t.Errorf("committee of %d: %s uses %d gas in a task with the most named owners, clients offer %d", committee, kind, used+ante+named, offered)
			}
			if offered := client.Gas; offered < (used+ante)*3/2 {
				t.Errorf("committee of %d: %s uses %d gas, clients offer %d", committee, kind, used+ante, offered)
			}
		}
		t.Log("committee of", committee, "in a round of 10:", small, "of", spec.MaxTrainers, large)
	}
}

// TestGasOfTheLongestAnswers: pages of the largest rounds, duties and tasks stay below the gas limit of
// a query.
func TestGasOfTheLongestAnswers(t *testing.T) {
	const committee, maxTasks, maxRounds, maxDuties = 31, 1000, 20, 10
	w := network(t, spec.MaxTrainers, committee, committee)
	asked := digits()
	asked.Selection.Trainers, asked.Selection.MinTrainers = spec.MaxTrainers*10/13, 1
	asked.Selection.Aggregators, asked.Selection.Evaluators = committee, committee
	asked.Escrow, asked.Model.Classes = 1_000_000, spec.MaxCounts
	id := w.create("alice", asked)
	w.play(id, 2, spec.PhaseTrain) // the scores of round 1 are open
	aggregator := w.round(id).Aggregates[0].Node
	for name, c := range map[string]struct {
		entries uint64
		ask     func(context.Context) error
	}{
		"task": {maxTasks, func(ctx context.Context) error { _, err := w.Task(ctx, &taskpb.QueryTask{Id: id}); return err }},
		"round": {maxRounds, func(ctx context.Context) error {
			_, err := w.Round(ctx, &taskpb.QueryRound{Task: id, Number: 1})
			return err
		}},
		"two rounds of a duty": {2 * maxDuties, func(ctx context.Context) error {
			_, err := w.Duties(ctx, &taskpb.QueryDuties{Node: aggregator})
			return err
		}},
	} {
		ctx := w.ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
		w.must(c.ask(ctx))
		used := ctx.GasMeter().GasConsumed()
		if used*c.entries > chain.MaxQueryGas {
			t.Errorf("a %s takes %d gas: an answer of %d more than %d", name, used, c.entries, chain.MaxQueryGas)
		}
		t.Logf("a %s takes %d gas", name, used)
	}
}
