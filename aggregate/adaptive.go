package aggregate

import "math"

// decay is beta 2, how much of the second moment FedAdam and FedYogi keep (Reddi
// et al. 2021, section 5), and fresh is the rest of it.
const (
	decay float32 = 0.99
	fresh float32 = 0.01
)

// adaptive is the step that FedAdagrad, FedYogi and FedAdam share (Reddi et al.
// 2021, algorithm 2), u being the update of a round, m zero and v tau squared
// before the first:
//
//	m <- momentum m + (1 - momentum) u
//	v <- second(v, u^2)
//	w <- w + rate m / (sqrt(v) + tau)
func adaptive(rate, momentum, tau float32, second func(v, square float32) float32, weights, update []float32, moments [][]float32) ([]float32, [][]float32, error) {
	moments, err := begin(weights, update, moments, 0, float32(tau*tau))
	if err != nil {
		return nil, nil, err
	}
	m, v, next := moments[0], moments[1], make([]float32, len(weights))
	rest := float32(1 - momentum)
	for i, u := range update {
		m[i] = float32(float32(momentum*m[i]) + float32(rest*u))
		v[i] = second(v[i], float32(u*u))
		// The root of a float32 is rounded once: float64 has more than twice its bits.
		divisor := float32(float32(math.Sqrt(float64(v[i]))) + tau)
		next[i] = float32(weights[i] + float32(float32(rate*m[i])/divisor))
	}
	return end(next, moments)
}

// adaptiveMoments are the names of m and v.
func adaptiveMoments() []string { return []string{"momentum", "second_moment"} }
