package theorem

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sync"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// Curve is a curve that was measured over some seeds.
type Curve struct {
	Mean   []float64 // of |w_t - w*|^2 over the seeds, for t = 0, 1, ...
	Sigma2 float64   // the largest variance of a gradient, over all w_t of all seeds
	Eta    float64
	Mu     float64
}

// Measure runs a number of rounds from model 0 with each of the seeds 1 to seeds, on all
// processors; their number does not change the result. It calls progress, unless that is
// nil, after every seed, one call at a time. It fails if there are fewer trainers than are
// drawn per round, or if a round fails.
func (f Federation) Measure(ctx context.Context, rounds, seeds int, progress func()) (Curve, error) {
	if f.Drawn < 1 || f.Drawn > len(f.Shards) || f.Batch < 1 {
		return Curve{}, fmt.Errorf("%d of %d trainers drawn, batches of %d: want at least 1 each, and not more than all trainers", f.Drawn, len(f.Shards), f.Batch)
	}
	c := Curve{Mean: make([]float64, rounds+1), Eta: float64(f.Rate) / float64(spec.One), Mu: f.Problem.Mu}
	runs, failures := make([]run, seeds), make([]error, seeds)
	var all sync.WaitGroup
	var one sync.Mutex
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for i := range next {
				runs[i], failures[i] = f.run(ctx, rounds, uint64(i+1))
				if progress != nil {
					one.Lock()
					progress()
					one.Unlock()
				}
			}
		})
	}
	for i := range seeds {
		next <- i
	}
	close(next)
	all.Wait()
	for i, r := range runs {
		if failures[i] != nil {
			return Curve{}, failures[i]
		}
		c.Sigma2 = max(c.Sigma2, r.variance)
		for t, d := range r.distances {
			c.Mean[t] += d / float64(seeds)
		}
	}
	return c, nil
}

// run is the result of one seed.
type run struct {
	distances []float64 // before each round, and after the last
	variance  float64   // the largest
}

func (f Federation) run(ctx context.Context, rounds int, seed uint64) (r run, err error) {
	w, err := model.Init(f.Problem.Model())
	if err != nil {
		return run{}, err
	}
	wide := make([]float64, len(w))
	for t := range rounds + 1 {
		for i, v := range w {
			wide[i] = float64(v)
		}
		r.distances = append(r.distances, f.Problem.Distance(w))
		r.variance = max(r.variance, f.Variance(wide))
		if t == rounds {
			break
		}
		if w, err = f.Round(ctx, w, seed, uint64(t)); err != nil {
			return run{}, err
		}
	}
	return r, nil
}

// Bound is a right-hand side of the theorem.
type Bound func(t int) float64

// Quoted is the bound with sigma^2 / mu^2.
func (c Curve) Quoted() Bound { return c.bound(c.Sigma2 / square(c.Mu)) }

// Tight is the bound with eta sigma^2 / mu.
func (c Curve) Tight() Bound { return c.bound(c.Eta * c.Sigma2 / c.Mu) }

func (c Curve) bound(floor float64) Bound {
	return func(t int) float64 { return math.Pow(1-c.Eta*c.Mu, float64(t))*c.Mean[0] + floor }
}

// Leaves is the first t for which the mean is above a bound, and whether there is
// one.
func (c Curve) Leaves(b Bound) (t int, leaves bool) {
	for t, d := range c.Mean {
		if !(d <= b(t)) {
			return t, true
		}
	}
	return 0, false
}
