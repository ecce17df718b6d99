package aggregate

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/model/fixed"
	"github.com/althing-network/althing/spec"
)

// Optimiser moves the model by the combined update of a round, which it uses in place of a
// negative gradient (Reddi et al. 2021, "Adaptive federated optimization", algorithm 1:
// ServerOpt).
//
// Each operation is rounded once to nearest even, in the order of the weights, so every
// machine gives the same bits. All operations are in float32, except the sum of [None].
type Optimiser interface {
	// Moments names the state that is kept from round to round: each moment has one value per
	// weight.
	Moments() []string
	// Step returns the next weights and the next moments, in new slices. The update and each
	// moment are as long as weights. The moments are those of the last accepted round, or nil
	// in the first round. A value that is not finite, in the arguments or in the result, is an
	// error.
	Step(weights []float32, update Update, moments [][]float32) (next []float32, remembered [][]float32, err error)
}

// OptimiserOf finds the optimiser that a task names, one of [spec.ServerOptimisers].
func OptimiserOf(a spec.Aggregation) (Optimiser, error) {
	rate, momentum, tau := float32(model.Fraction(a.Rate)), float32(model.Fraction(a.Momentum)), float32(model.Fraction(a.Tau))
	switch a.Optimiser {
	case spec.ServerNone:
		return None{}, nil
	case spec.ServerFedAvgM:
		return FedAvgM{Rate: rate, Momentum: momentum}, nil
	case spec.ServerFedAdam:
		return FedAdam{Rate: rate, Momentum: momentum, Tau: tau}, nil
	case spec.ServerFedYogi:
		return FedYogi{Rate: rate, Momentum: momentum, Tau: tau}, nil
	case spec.ServerFedAdagrad:
		return FedAdagrad{Rate: rate, Momentum: momentum, Tau: tau}, nil
	}
	return nil, fmt.Errorf("unknown server optimiser %q", a.Optimiser)
}

// begin checks the arguments of a step and returns the moments to start from, in new slices.
// In the first round all values of a moment are its initial value.
func begin(weights []float32, update Update, moments [][]float32, initial ...float32) ([][]float32, error) {
	if len(update.Sum) != len(weights) {
		return nil, fmt.Errorf("aggregate: an update of %d values for %d weights", len(update.Sum), len(weights))
	}
	if update.Divisor == 0 {
		return nil, errors.New("aggregate: an update with a divisor of 0")
	}
	if i := notFinite(weights); i >= 0 {
		return nil, fmt.Errorf("aggregate: global weight %d is %v", i, weights[i])
	}
	if moments != nil && len(moments) != len(initial) {
		return nil, fmt.Errorf("aggregate: %d moments: the optimiser has %d", len(moments), len(initial))
	}
	from := make([][]float32, len(initial))
	for k, value := range initial {
		if moments == nil {
			from[k] = slices.Repeat([]float32{value}, len(weights))
			continue
		}
		if len(moments[k]) != len(weights) {
			return nil, fmt.Errorf("aggregate: a moment of %d values for %d weights", len(moments[k]), len(weights))
		}
		from[k] = slices.Clone(moments[k])
	}
	return from, nil
}

// end returns the result of a step, or an error if a value of it is not finite.
func end(next []float32, moments [][]float32) ([]float32, [][]float32, error) {
	for _, values := range append([][]float32{next}, moments...) {
		if i := notFinite(values); i >= 0 {
			return nil, nil, fmt.Errorf("aggregate: the server's optimiser makes %v of weight %d: its rate is too high", values[i], i)
		}
	}
	return next, moments, nil
}

// notFinite is the index of the first value that is infinite or NaN, or -1.
func notFinite(values []float32) int {
	var mu sync.Mutex
	first := len(values)
	spread(len(values), func(blocks iter.Seq2[int, int]) {
		kernel := fixed.Best()
		for from, to := range blocks {
			if kernel.Finite(values[from:to]) {
				continue
			}
			i := slices.IndexFunc(values[from:to], func(v float32) bool { return v-v != 0 })
			mu.Lock()
			first = min(first, from+i)
			mu.Unlock()
		}
	})
	if first == len(values) {
		return -1
	}
	return first
}
