package main

import (
	"fmt"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

// setting is what both sides train: the same model, rows, samples, clip, noise and steps.
type setting struct {
	name         string
	model        spec.Model
	rate         spec.PPM // of Poisson sampling
	divisor      uint64   // of a step's sum: the mean number of rows in a sample
	clip         float64  // of a row's gradient, in L2
	noise        float64  // noise multiplier: standard deviation divided by the clip
	steps        int
	learningRate spec.PPM
	delta        float64
	rows, held   data.Table
}

// settings are the compared models, each with samples of a fifth and of half of the rows.
func settings() (all []setting, err error) {
	table, err := data.Digits()
	if err != nil {
		return nil, err
	}
	rows, held, err := data.Holdout(table, spec.One/5, 1)
	if err != nil {
		return nil, err
	}
	for _, m := range []struct {
		name   string
		hidden []uint32
	}{{"softmax 64-10", nil}, {"perceptron 64-32-10", []uint32{32}}, {"perceptron 64-128-10", []uint32{128}}} {
		for _, s := range []setting{
			{rate: spec.One / 5, noise: 2.0625, steps: 200, learningRate: spec.One},
			{rate: spec.One / 2, noise: 2.75, steps: 80, learningRate: 2 * spec.One},
		} {
			s.name = fmt.Sprintf("%s, q %s", m.name, s.rate)
			s.model = spec.Model{Kind: spec.ModelSoftmax, Inputs: 64, Classes: 10}
			if m.hidden != nil {
				s.model.Kind, s.model.Hidden = spec.ModelMLP, m.hidden
			}
			s.clip, s.delta, s.rows, s.held = 1, 1e-5, rows, held
			s.divisor = uint64(rows.Rows()) * uint64(s.rate) / uint64(spec.One)
			all = append(all, s)
		}
	}
	return all, nil
}

// batch is the batch size with which Opacus samples at the same rate: its loader then has
// 1/rate batches.
func (s setting) batch() int {
	loads := int(spec.One / s.rate)
	return (s.rows.Rows() + loads - 1) / loads
}

// widths are the widths of all layers, inputs first.
func (s setting) widths() []uint32 {
	return append(append([]uint32{s.model.Inputs}, s.model.Hidden...), s.model.Classes)
}

// share is a number of parts per million as a number.
func share(v spec.PPM) float64 { return float64(v) / float64(spec.One) }
