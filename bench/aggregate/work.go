package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/althing-network/althing/aggregate"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

const (
	chain     = "bench-1"
	classes   = 1000 // of the softmax model; the number of inputs gives its size
	scaleBits = 24
)

// work is one round: a model and the updates of its trainers.
type work struct {
	task    spec.Task
	base    model.File
	slots   []spec.Slot
	samples []int
	updates [][]byte // in canonical encoding
}

// newWork makes a round from a seed.
func newWork(parameters, updates int) (work, error) {
	w := work{task: spec.Task{ID: 1, Chain: chain}}
	w.task.Spec.Model = spec.Model{Kind: spec.ModelSoftmax, Inputs: uint32(parameters/classes - 1), Classes: classes, Seed: 1}
	w.task.Spec.Aggregation = spec.Aggregation{Rule: spec.RuleFedAvg, ScaleBits: scaleBits, MaxWeight: math.MaxUint32, Optimiser: spec.ServerNone}
	weights, err := model.Init(w.task.Spec.Model)
	if err != nil {
		return w, err
	}
	w.base = model.File{Model: w.task.Spec.Model, Weights: weights}
	source := rand.New(rand.NewPCG(1, 2))
	values := make([]int32, parameters)
	for i := range updates {
		slot := spec.Slot{Chain: chain, Task: 1, Round: 1, Node: uint64(i + 1)}
		for j := range values {
			values[j] = int32(source.Uint32()) >> 10 // up to an eighth
		}
		b, err := model.EncodeUpdate(model.UpdateHeader{Slot: slot, ScaleBits: scaleBits, Count: uint64(parameters)}, values)
		if err != nil {
			return w, err
		}
		w.slots, w.samples, w.updates = append(w.slots, slot), append(w.samples, 100+i), append(w.updates, b)
	}
	return w, nil
}

// bytes is the size of all values of a round, from which speeds are computed.
func (w work) bytes() float64 { return 4 * float64(len(w.base.Weights)) * float64(len(w.updates)) }

// values are the bytes of an update's values.
func (w work) values(i int) []byte {
	return w.updates[i][len(w.updates[i])-4*len(w.base.Weights):]
}

// local is the local model from which an update was computed.
func (w work) local(i int) []byte {
	b := w.values(i)
	to := make([]byte, len(b))
	for j, weight := range w.base.Weights {
		v := int32(binary.LittleEndian.Uint32(b[4*j:]))
		moved := float32(float64(weight) + float64(v)/(1<<scaleBits))
		binary.LittleEndian.PutUint32(to[4*j:], math.Float32bits(moved))
	}
	return to
}

// next is the next model, from updates in memory.
func (w work) next() ([]float32, error) {
	sources := make([]aggregate.Source, len(w.updates))
	for i, b := range w.updates {
		sources[i] = aggregate.InMemory(w.slots[i], uint64(w.samples[i]), b)
	}
	update, err := aggregate.FedAvg{}.Combine(len(w.base.Weights), scaleBits, sources)
	if err != nil {
		return nil, err
	}
	next, _, err := aggregate.None{}.Step(w.base.Weights, update, nil)
	return next, err
}

// give passes the same round to Flower, and fails if both sides do not compute the same next
// model.
func (w work) give(f *flower, folder string) error {
	for i := range w.updates {
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprint(i)), w.local(i), 0o600); err != nil {
			return err
		}
	}
	if _, _, err := f.exchange(question{Ask: "load", Folder: folder, Samples: w.samples}); err != nil {
		return err
	}
	results := filepath.Join(folder, "results")
	if err := os.Mkdir(results, 0o700); err != nil {
		return err
	}
	return w.compare(f, results)
}

// compare lets Flower write the result of each of its functions, and compares them with ours.
func (w work) compare(f *flower, folder string) error {
	if _, _, err := f.exchange(question{Ask: "aggregate", Folder: folder}); err != nil {
		return err
	}
	next, err := w.next()
	if err != nil {
		return err
	}
	files, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return errors.New("no model was written by Flower")
	}
	for _, file := range files {
		b, err := os.ReadFile(filepath.Join(folder, file.Name()))
		if err != nil {
			return err
		}
		if err := agree(next, b); err != nil {
			return fmt.Errorf("%s: %w", file.Name(), err)
		}
	}
	return nil
}

// tolerance is how much weights up to 1 may differ if float32 are added in another order.
const tolerance = 1e-5

// agree fails if encoded weights differ from the given ones.
func agree(weights []float32, b []byte) error {
	if len(b) != 4*len(weights) {
		return fmt.Errorf("%d bytes for %d weights", len(b), len(weights))
	}
	for i, w := range weights {
		v := math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		if d := math.Abs(float64(v) - float64(w)); !(d <= tolerance) {
			return fmt.Errorf("weight %d is %v here and %v in Flower: this is not the same aggregation", i, w, v)
		}
	}
	return nil
}

// memory goes from updates in memory to the next model.
func (w work) memory(context.Context) error {
	_, err := w.next()
	return err
}
