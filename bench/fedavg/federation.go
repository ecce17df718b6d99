package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"github.com/althing-network/althing/aggregate"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// scaleBits is the scale of updates, as in a task by default.
const scaleBits = 20

// federation is federated averaging (algorithm 1 of the paper) in one process, with the code
// of the network's trainers and aggregators: the engine, encoded updates in fixed point, the
// exact weighted mean. Its results do not depend on the number of workers.
type federation struct {
	model    spec.Model
	training spec.Training
	clients  []data.Table
	chosen   int          // clients per round
	holdout  []data.Table // split into pieces for the workers
	seed     uint64       // of model 0, the choice of clients and the order of their rows
	workers  int          // engines that run at the same time, each on one thread
}

// run runs rounds until the accuracy reaches the target, and returns the accuracy of every
// model, beginning with model 0. It calls seen, unless it is nil, with each accuracy. With
// an error it also returns the accuracies so far.
func (f federation) run(ctx context.Context, rounds int, target float64, seen func(round int, accuracy float64)) (curve []float64, err error) {
	weights, err := model.Init(f.model)
	if err != nil {
		return nil, err
	}
	for round := 0; ; round++ {
		accuracy, err := f.evaluate(ctx, weights)
		if err != nil {
			return curve, fmt.Errorf("round %d: %w", round, err)
		}
		curve = append(curve, accuracy)
		if seen != nil {
			seen(round, accuracy)
		}
		if round >= rounds || accuracy >= target {
			return curve, nil
		}
		if weights, err = f.round(ctx, uint64(round+1), weights); err != nil {
			return curve, fmt.Errorf("round %d: %w", round+1, err)
		}
	}
}

// round runs one round: some clients train, and the mean of their models is the next model.
func (f federation) round(ctx context.Context, number uint64, weights []float32) ([]float32, error) {
	clients := f.choose(number)
	claims := make([]uint32, len(clients))
	for i, client := range clients {
		claims[i] = uint32(f.clients[client].Rows())
	}
	samples := aggregate.Weights(claims, 0)
	sources := make([]aggregate.Source, len(clients))
	err := each(f.workers, len(clients), func(i int) error {
		slot := spec.Slot{Chain: "bench-fedavg", Task: f.seed, Round: number, Node: uint64(clients[i])}
		update, err := f.update(ctx, slot, weights)
		sources[i] = aggregate.InMemory(slot, samples[i], update)
		return err
	})
	if err != nil {
		return nil, err
	}
	update, err := aggregate.FedAvg{}.Combine(len(weights), scaleBits, sources)
	if err != nil {
		return nil, err
	}
	next, _, err := aggregate.None{}.Step(weights, update, nil)
	return next, err
}

// update is the encoded update of the client of a slot.
func (f federation) update(ctx context.Context, slot spec.Slot, weights []float32) ([]byte, error) {
	result, err := train.Engine{}.Train(ctx, train.Job{
		Model: f.model, Training: f.training, Weights: weights, Seed: order(slot), Table: f.clients[slot.Node],
	}, nil)
	if err != nil {
		return nil, fmt.Errorf("client %d: %w", slot.Node, err)
	}
	values, err := model.Quantise(result.Weights, weights, scaleBits)
	if err != nil {
		return nil, fmt.Errorf("client %d: %w", slot.Node, err)
	}
	update, err := model.EncodeUpdate(model.UpdateHeader{Slot: slot, ScaleBits: scaleBits, Count: uint64(len(values))}, values)
	if err != nil {
		return nil, fmt.Errorf("client %d: %w", slot.Node, err)
	}
	return update, nil
}

// order is the seed for the order in which the client of a slot uses its rows.
func order(slot spec.Slot) uint64 {
	var place [24]byte
	binary.BigEndian.PutUint64(place[:], slot.Task)
	binary.BigEndian.PutUint64(place[8:], slot.Round)
	binary.BigEndian.PutUint64(place[16:], slot.Node)
	d := spec.Statement("order of rows", []byte(slot.Chain), place[:])
	return binary.BigEndian.Uint64(d[:])
}

// evaluate is the fraction of the hold-out that a model classifies correctly.
func (f federation) evaluate(ctx context.Context, weights []float32) (float64, error) {
	found := make([]train.Evaluation, len(f.holdout))
	err := each(f.workers, len(f.holdout), func(i int) (err error) {
		found[i], err = train.Engine{}.Evaluate(ctx, f.model, weights, f.holdout[i])
		return err
	})
	if err != nil {
		return 0, err
	}
	var correct, samples int
	for _, e := range found {
		correct, samples = correct+e.Correct, samples+e.Samples
	}
	return float64(correct) / float64(samples), nil
}

// choose draws the clients of a round.
func (f federation) choose(number uint64) []int {
	clients := make([]int, len(f.clients))
	for i := range clients {
		clients[i] = i
	}
	data.Permute(clients, rand.NewPCG(f.seed, number))
	return clients[:f.chosen]
}
