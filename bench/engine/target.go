package main

import (
	"fmt"
	"math"

	"github.com/althing-network/althing/spec"
)

// target is a wanted figure and the measured one.
type target struct {
	what   string
	want   float64
	aim    float64 // an even better figure; 0: none
	figure float64
}

// String is a line like "cnn, batch 10: at least 0.7 (aim 0.9): 0.84, reached".
func (t target) String() string {
	aim, verdict := "", "missed"
	if t.aim > 0 {
		aim = fmt.Sprintf(" (aim %g)", t.aim)
	}
	if t.figure >= t.want {
		verdict = "reached"
	}
	return fmt.Sprintf("%s: at least %g%s: %.2f, %s", t.what, t.want, aim, t.figure, verdict)
}

// targets lists the targets for what was measured.
func targets(all []measurement) []target {
	var list []target
	for _, t := range []struct {
		model     string
		batch     int
		want, aim float64
	}{
		{spec.ModelSoftmax, 10, 3, 0},
		{spec.ModelSoftmax, 32, 3, 0},
		{spec.ModelMLP, 10, 2, 0},
		{spec.ModelMLP, 32, 1.2, 0},
		{spec.ModelCNNSmall, 10, 1, 0},
		{spec.ModelCNNSmall, 32, 1, 0},
		{spec.ModelCNN, 10, 0.7, 0.9},
		{spec.ModelCNN, 32, 0.6, 0.9},
	} {
		best := math.Inf(-1)
		for _, m := range all {
			if m.Model == t.model && m.Batch == t.batch && m.Mode == spec.ArithmeticFused {
				best = max(best, m.Ratio)
			}
		}
		if !math.IsInf(best, 0) {
			list = append(list, target{what: fmt.Sprintf("%s, batch %d, fused to PyTorch", t.model, t.batch), want: t.want, aim: t.aim, figure: best})
		}
	}
	return append(list, general(all)...)
}

// general lists the targets that concern all models together.
func general(all []measurement) (list []target) {
	var strict []float64
	worst, avx2 := math.Inf(1), math.Inf(1)
	for _, m := range all {
		if m.StrictOfFused > 0 {
			strict = append(strict, m.StrictOfFused)
			worst = min(worst, m.StrictOfFused)
		}
		if m.Kernel == "avx2" && m.Mode == spec.ArithmeticFused {
			avx2 = min(avx2, m.Ratio)
		}
	}
	if len(strict) > 0 {
		list = append(list,
			target{what: "strict to fused, median", want: 0.7, figure: median(strict)},
			target{what: "strict to fused, everywhere", want: 0.5, figure: worst})
	}
	if !math.IsInf(avx2, 0) {
		list = append(list, target{what: "avx2 to PyTorch, every model", want: 0.5, figure: avx2})
	}
	return list
}
