package aggregate

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/althing-network/althing/model/fixed"
	"github.com/althing-network/althing/spec"
)

// Optimiser moves the model by the combined update of a round, which it takes
// for the opposite of a gradient (Reddi et al. 2021, "Adaptive federated
// optimization", algorithm 1: ServerOpt).
//
// Each operation is rounded once to nearest even, in the order of the weights, so
// any machine gives the same bits. All is float32, but for the sum of [None].
type Optimiser interface {
	// Moments names what is remembered from round to round: one value a weight each.
	Moments() []string
	// Step gives, in new slices, the next weights and the next moments. The update
	// is as long as weights. So are the moments, which are those of the last accepted
	// round, or nil in the first.
	// It fails when a value, given or found, is no finite number.
	Step(weights []float32, update Update, moments [][]float32) (next []float32, remembered [][]float32, err error)
}

// OptimiserOf finds the optimiser a task asks for, one of [spec.ServerOptimisers].
func OptimiserOf(a spec.Aggregation) (Optimiser, error) {
	rate, momentum, tau := real(a.Rate), real(a.Momentum), real(a.Tau)
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

// real is the float32 next to some parts per million.
func real(p spec.PPM) float32 { return float32(float64(p) / float64(spec.One)) }

// begin checks what a step is given and returns, in new slices, the moments to go
// on from: in the first round each has its initial value everywhere.
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

// end returns what a step found, unless a value is no finite number.
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
