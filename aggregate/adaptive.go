package aggregate

import (
	"iter"
	"math"
)

// decay is beta 2, how much of the second moment FedAdam and FedYogi keep (Reddi
// et al. 2021, section 5), and fresh is the rest of it.
const (
	decay float32 = 0.99
	fresh float32 = 0.01
)

// FedAdagrad adds up squares, v <- v + u^2, in the step of [adaptive] (Reddi et al. 2021, algorithm 2).
type FedAdagrad struct{ Rate, Momentum, Tau float32 }

// FedAdam keeps a decaying mean of squares, v <- 0.99 v + 0.01 u^2, in the step of
// [adaptive] (Reddi et al. 2021, algorithm 2).
type FedAdam struct{ Rate, Momentum, Tau float32 }

// FedYogi moves the second moment towards the square s of an update, by a hundredth
// of that square: v <- v - 0.01 s sign(v - s), in the step of [adaptive] (Reddi et
// al. 2021, algorithm 2).
type FedYogi struct{ Rate, Momentum, Tau float32 }

var (
	_ Optimiser = FedAdagrad{}
	_ Optimiser = FedAdam{}
	_ Optimiser = FedYogi{}
)

// Moments implements [Optimiser].
func (FedAdagrad) Moments() []string { return adaptiveMoments() }

// Moments implements [Optimiser].
func (FedAdam) Moments() []string { return adaptiveMoments() }

// Moments implements [Optimiser].
func (FedYogi) Moments() []string { return adaptiveMoments() }

// Step implements [Optimiser].
func (o FedAdagrad) Step(weights []float32, update Update, moments [][]float32) ([]float32, [][]float32, error) {
	return adaptive(o.Rate, o.Momentum, o.Tau, o.second, weights, update, moments)
}

// Step implements [Optimiser].
func (o FedAdam) Step(weights []float32, update Update, moments [][]float32) ([]float32, [][]float32, error) {
	return adaptive(o.Rate, o.Momentum, o.Tau, o.second, weights, update, moments)
}

// Step implements [Optimiser].
func (o FedYogi) Step(weights []float32, update Update, moments [][]float32) ([]float32, [][]float32, error) {
	return adaptive(o.Rate, o.Momentum, o.Tau, o.second, weights, update, moments)
}

func (FedAdagrad) second(v, square float32) float32 {
	return float32(v + square)
}

func (FedAdam) second(v, square float32) float32 {
	return float32(float32(decay*v) + float32(fresh*square))
}

func (FedYogi) second(v, square float32) float32 {
	move := float32(fresh * square)
	switch {
	case v > square:
		return float32(v - move)
	case v < square:
		return float32(v + move)
	}
	return v
}

// adaptiveMoments are the names of m and v.
func adaptiveMoments() []string { return []string{"momentum", "second_moment"} }

// adaptive is the step that FedAdagrad, FedYogi and FedAdam share (Reddi et al.
// 2021, algorithm 2), u being the update of a round, m zero and v tau squared
// before the first:
//
//	m <- momentum m + (1 - momentum) u
//	v <- second(v, u^2)
//	w <- w + rate m / (sqrt(v) + tau)
func adaptive(rate, momentum, tau float32, second func(v, square float32) float32, weights []float32, update Update, moments [][]float32) ([]float32, [][]float32, error) {
	moments, err := begin(weights, update, moments, 0, float32(tau*tau))
	if err != nil {
		return nil, nil, err
	}
	m, v, next := moments[0], moments[1], make([]float32, len(weights))
	rest := float32(1 - momentum)
	spread(len(weights), func(blocks iter.Seq2[int, int]) {
		for from, to := range blocks {
			for i := from; i < to; i++ {
				u := update.Float32(i)
				m[i] = float32(float32(momentum*m[i]) + float32(rest*u))
				v[i] = second(v[i], float32(u*u))
				// The root of a float32 is rounded once: float64 has more than twice its bits.
				divisor := float32(float32(math.Sqrt(float64(v[i]))) + tau)
				next[i] = float32(weights[i] + float32(float32(rate*m[i])/divisor))
			}
		}
	})
	return end(next, moments)
}
