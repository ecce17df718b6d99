package aggregate_test

import (
	"fmt"

	"github.com/althing-network/althing/aggregate"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// Two trainers have changed the weights of a model. FedAvg weighs their updates by the
// number of rows that they claim; the server optimiser then adds the mean to the model. The
// bits of the next model do not depend on the order of the updates.
func Example() {
	const scaleBits = 20
	global := []float32{1, 1}
	locals := [][]float32{{1.5, 1}, {1, 3}}
	weights := aggregate.Weights([]uint32{300, 100}, 1000) // claimed rows, and the largest weight

	var sources []aggregate.Source
	for i, local := range locals {
		values, err := model.Quantise(local, global, scaleBits)
		if err != nil {
			fmt.Println(err)
			return
		}
		slot := spec.Slot{Chain: "althing-1", Task: 7, Round: 3, Node: uint64(i + 1)}
		encoded, err := model.EncodeUpdate(model.UpdateHeader{Slot: slot, ScaleBits: scaleBits, Count: 2}, values)
		if err != nil {
			fmt.Println(err)
			return
		}
		sources = append(sources, aggregate.InMemory(slot, weights[i], encoded))
	}

	combined, err := aggregate.FedAvg{}.Combine(len(global), scaleBits, sources)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("combined update:", combined.Float32(0), combined.Float32(1))
	next, _, err := aggregate.None{}.Step(global, combined, nil)
	fmt.Println("next model:", next, err)
	// Output:
	// combined update: 0.375 0.5
	// next model: [1.375 1.5] <nil>
}
