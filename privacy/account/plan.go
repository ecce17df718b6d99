package account

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/althing-network/althing/privacy/cost"
)

// Plan is what is released and what is protected. Parts are released one after the other;
// each may be chosen after the releases before it are known.
type Plan struct {
	Unit      cost.Unit
	Adjacency cost.Adjacency
	Parts     []Part
}

// Part is a number of equal steps. In each step a new sample of units is drawn, and the
// mechanism releases one sum over them.
type Part struct {
	Mechanism Mechanism
	Sampling  Sampling
	Steps     int
}

// maxSteps is the maximum number of steps of a plan. The error analysis holds up to it.
const maxSteps = 100_000_000

// Validate reports what is wrong with the plan.
func (p Plan) Validate() error {
	if _, err := cost.ParseUnit(string(p.Unit)); err != nil {
		return err
	}
	if _, err := cost.ParseAdjacency(string(p.Adjacency)); err != nil {
		return err
	}
	if len(p.Parts) == 0 {
		return errors.New("the plan has no parts: nothing is released")
	}
	steps := 0
	for i, part := range p.Parts {
		if err := p.validate(part); err != nil {
			return fmt.Errorf("part %d of %d: %w", i+1, len(p.Parts), err)
		}
		if steps += part.Steps; steps > maxSteps {
			return fmt.Errorf("the plan has %d steps or more: want at most %d", steps, maxSteps)
		}
	}
	return nil
}

func (p Plan) validate(part Part) error {
	if part.Mechanism == nil {
		return errors.New("no mechanism is named")
	}
	if err := part.Mechanism.Validate(); err != nil {
		return err
	}
	if err := part.Sampling.Validate(); err != nil {
		return err
	}
	switch {
	case part.Steps < 1 || part.Steps > maxSteps:
		return fmt.Errorf("%d steps: want 1 to %d", part.Steps, maxSteps)
	case p.Unit == cost.Client && part.Sampling != Sampling{}:
		return fmt.Errorf("%s of clients: want no sampling, because it is public on the chain who takes part in a round", part.Sampling)
	case p.Adjacency == cost.AddRemove && part.Sampling.Population != 0:
		return fmt.Errorf("%s needs a fixed number of units, and neighbours under %s differ in that number: want %s or %s",
			part.Sampling, p.Adjacency, cost.ZeroOut, cost.ReplaceOne)
	}
	return nil
}

// String describes the plan in words.
func (p Plan) String() string {
	parts := make([]string, len(p.Parts))
	for i, part := range p.Parts {
		parts[i] = fmt.Sprintf("%d steps of %v, %s", part.Steps, part.Mechanism, part.Sampling)
	}
	return fmt.Sprintf("%s; unit %s, adjacency %s", strings.Join(parts, "; "), p.Unit, p.Adjacency)
}

// Answer is a guarantee: the plan is (Epsilon, Delta)-differentially private for its
// unit and adjacency.
type Answer struct {
	Epsilon float64 `json:"epsilon"`
	// Delta is 0 if the guarantee is pure, even if the question was for a positive delta.
	Delta      float64        `json:"delta"`
	Accountant Accountant     `json:"accountant"`
	Unit       cost.Unit      `json:"unit"`
	Adjacency  cost.Adjacency `json:"adjacency"`
	// Order is the order of the Renyi divergence that gave the answer; 0 if none did.
	Order float64 `json:"order,omitempty"`
}

// meaninglessEpsilon is the epsilon above which a guarantee has no practical meaning.
const meaninglessEpsilon = 20

// Label is "no meaningful privacy" for an epsilon above 20, otherwise empty.
func (a Answer) Label() string {
	if a.Epsilon > meaninglessEpsilon {
		return "no meaningful privacy"
	}
	return ""
}

// String describes the guarantee in words.
func (a Answer) String() string {
	s := fmt.Sprintf("epsilon %.6g at delta %.6g by %s; unit %s, adjacency %s", a.Epsilon, a.Delta, a.Accountant, a.Unit, a.Adjacency)
	if label := a.Label(); label != "" {
		s += "; " + label
	}
	return s
}

// release is a part as the accountants see it.
type release struct {
	// whole is the mechanism without sampling, for neighbours under the plan's adjacency.
	// It is an upper bound for any sampling.
	whole Mechanism
	// sampled is the mechanism in which a unit takes part with probability rate. If
	// substituted, the neighbour has another unit in the place of a drawn one; otherwise it
	// has none there, and the directions add and remove differ.
	sampled     Mechanism
	rate        float64
	substituted bool
	// removed is set under Poisson sampling and [cost.ReplaceOne]: it is the mechanism for
	// data with and without the unit. The two neighbours are each that close to the data
	// without either unit. Otherwise it is nil.
	removed Mechanism
	steps   float64
}

// releases are the parts of the plan as accountants see them; equal parts are merged. A
// sample without replacement always has the same size, so a unit that is not drawn leaves
// its place to another unit, under every adjacency.
func (p Plan) releases() (all []release) {
	for _, part := range p.Parts {
		r := release{whole: part.Mechanism, rate: part.Sampling.rate(), steps: float64(part.Steps)}
		if p.Adjacency == cost.ReplaceOne {
			r.whole = r.whole.stretched()
		}
		if r.sampled = r.whole; r.rate < 1 {
			r.substituted = p.Adjacency == cost.ReplaceOne || part.Sampling.Population != 0
			if r.substituted {
				r.sampled = part.Mechanism.stretched()
			}
			if r.substituted && part.Sampling.Population == 0 {
				r.removed = part.Mechanism
			}
		}
		same := func(o release) bool {
			o.steps = r.steps
			return o == r
		}
		if i := slices.IndexFunc(all, same); i >= 0 {
			all[i].steps += r.steps
			continue
		}
		all = append(all, r)
	}
	return all
}

// unsampled is the release without amplification by sampling.
func (r release) unsampled() release {
	return release{whole: r.whole, sampled: r.whole, rate: 1, steps: r.steps}
}

// pure is the epsilon of one step with a delta of 0. Sampling turns e^epsilon - 1
// into rate times that (Balle, Barthe and Gaboardi 2018, Theorems 8 and 9).
func (r release) pure() float64 {
	whole, epsilon := r.whole.pure(), r.sampled.pure()
	switch {
	case r.rate == 1 || math.IsInf(epsilon, 1):
		return whole
	case epsilon > 30: // e^epsilon may be too large for a float64
		return math.Min(whole, up(logAdd(math.Log1p(-r.rate), math.Log(r.rate)+epsilon)))
	}
	return math.Min(whole, up(math.Log1p(r.rate*math.Expm1(epsilon))))
}

func checkEpsilon(epsilon float64) error { return checkPositive("epsilon", epsilon) }

func checkDelta(delta float64) error {
	if !(delta > 0 && delta < 1) {
		return fmt.Errorf("delta is %v: want above 0 and below 1", delta)
	}
	return nil
}
