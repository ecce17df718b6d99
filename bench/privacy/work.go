package main

import (
	crand "crypto/rand"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/privacy/cost"
)

const (
	drawn        = 1 << 16 // samples from a table per piece of work
	drawnExact   = 1 << 13 // samples from the exact sampler per piece of work
	speedTarget  = 100     // million samples per CPU-second
	updateTarget = 10      // CPU-ms
)

// sampled is a law of noise, and the corresponding float law of the plain side.
type sampled struct {
	law      privacy.Law
	variance float64
	plain    func(*rand.Rand) float64
	target   float64
}

func laws() []sampled {
	gaussian := func(sigma float64) func(*rand.Rand) float64 {
		return func(r *rand.Rand) float64 { return math.Round(sigma * r.NormFloat64()) }
	}
	laplace := func(scale float64) func(*rand.Rand) float64 {
		return func(r *rand.Rand) float64 { return math.Round(scale * (r.ExpFloat64() - r.ExpFloat64())) }
	}
	a := privacy.Ratio{Num: 1, Den: 100}
	return []sampled{
		{privacy.Skellam{Variance: 10_000, Shares: 1}, 1e4, gaussian(100), speedTarget},
		{skellam(), 8192 * 8192, gaussian(8192), speedTarget},
		{privacy.Polya{A: a, Shares: 100}, 200, nil, speedTarget}, // there is no common float version of a share of Laplace
		{privacy.Polya{A: a, Shares: 4}, 5000, nil, speedTarget},
		{privacy.DiscreteLaplace{A: a}, 20_000, laplace(100), 0},
		{privacy.RoundedGaussian{Sigma: privacy.Ratio{Num: 100, Den: 1}}, 1e4, gaussian(100), 0},
	}
}

// skellam is a trainer's share of noise for a model: the norm of an update is at most 8192
// quanta, the standard deviation is ten times that, and 100 trainers share the noise.
func skellam() privacy.Skellam { return privacy.Skellam{Variance: 81920 * 81920, Shares: 100} }

func contests(parameters int) (all []contest, err error) {
	s, err := privacy.NewStream(crand.Reader)
	if err != nil {
		return nil, err
	}
	var exact, made []contest
	var noise *privacy.Table
	for _, l := range laws() {
		table, err := privacy.NewTable(l.law)
		if err != nil {
			return nil, err
		}
		if l.law == skellam() {
			noise = table
		}
		c := contest{what: "samples", of: l.law.String(), pieces: drawn, target: l.target, variance: l.variance, ours: fromTable(table, s)}
		if l.plain != nil {
			c.plain = plainly(l.plain, drawn)
		}
		all = append(all, c)
		if d, ok := l.law.(interface {
			Draw(*privacy.Stream) (int64, error)
		}); ok {
			c.what, c.pieces, c.target, c.plain, c.ours = "exact", drawnExact, 0, plainly(l.plain, drawnExact), exactly(d.Draw, s)
			exact = append(exact, c)
		}
		made = append(made, contest{what: "table", of: l.law.String(), ours: side{work: func() error {
			_, err := privacy.NewTable(l.law)
			return err
		}}})
	}
	return slices.Concat(all, exact, made, []contest{private(parameters, noise, s)}), nil
}

func fromTable(table *privacy.Table, s *privacy.Stream) side {
	values := make([]int64, drawn)
	return side{func() error {
		clear(values)
		table.Add(s, values)
		return nil
	}, floats(values)}
}

func exactly(draw func(*privacy.Stream) (int64, error), s *privacy.Stream) side {
	values := make([]int64, drawnExact)
	return side{func() (err error) {
		for i := range values {
			if values[i], err = draw(s); err != nil {
				return err
			}
		}
		return nil
	}, floats(values)}
}

func plainly(draw func(*rand.Rand) float64, count int) side {
	values, r := make([]float64, count), rand.New(rand.NewPCG(1, 2))
	return side{func() error {
		for i := range values {
			values[i] = draw(r)
		}
		return nil
	}, func() []float64 { return values }}
}

func floats(values []int64) func() []float64 {
	return func() []float64 {
		all := make([]float64, len(values))
		for i, v := range values {
			all[i] = float64(v)
		}
		return all
	}
}

// private makes an update private, from the integers of a trainer to those that it sends.
func private(parameters int, noise *privacy.Table, s *privacy.Stream) contest {
	r := rand.New(rand.NewPCG(3, 4))
	values, plain := make([]int32, parameters), make([]float32, parameters)
	for i := range values {
		values[i] = int32(1000 * r.NormFloat64())
		plain[i] = float32(values[i])
	}
	m := privacy.Mechanism{
		Unit:      cost.Client,
		Adjacency: cost.ZeroOut,
		Bound:     privacy.Bound{Norm: privacy.L2, Limit: 8192 * 8192},
		Noise:     noise,
		Vectors:   1000,
		Ring:      privacy.Ring{Bits: 32},
	}
	turn := privacy.Rotation{}
	for n := turn.Size(parameters); n > 2; n /= 4 {
		turn.Shift++
	}
	wide, out := make([]int64, parameters), make([]float32, parameters)
	return contest{
		what: "update", of: skellam().String(), target: updateTarget,
		ours: side{work: func() error {
			for i, v := range values {
				wide[i] = int64(v)
			}
			turned, err := turn.Turn(wide)
			if err != nil {
				return err
			}
			return m.Release(s, turned)
		}},
		plain: side{work: func() error {
			squares := 0.0
			for _, v := range plain {
				squares += float64(v) * float64(v)
			}
			factor := min(1, 8192/math.Sqrt(squares))
			for i, v := range plain {
				out[i] = float32(float64(v)*factor + 8192*r.NormFloat64())
			}
			return nil
		}},
	}
}
