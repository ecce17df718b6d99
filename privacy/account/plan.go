package account

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/althing-network/althing/privacy/cost"
)

// Plan is what is released, one part after the other, each part possibly chosen
// after the releases before it, and who is protected.
type Plan struct {
	Unit      cost.Unit
	Adjacency cost.Adjacency
	Parts     []Part
}

// Part is a number of equal steps: in each the mechanism releases one sum over the
// units that the sampling draws anew.
type Part struct {
	Mechanism Mechanism
	Sampling  Sampling
	Steps     int
}

// maxSteps is as many steps as a plan may have; rounding is accounted for up to it.
const maxSteps = 100_000_000

// Validate reports what is wrong with the plan.
func (p Plan) Validate() error {
	if !p.Unit.Valid() {
		return fmt.Errorf("the unit of privacy is %q: want one of %v", string(p.Unit), cost.Units())
	}
	if !p.Adjacency.Valid() {
		return fmt.Errorf("the adjacency is %q: want one of %v", string(p.Adjacency), cost.Adjacencies())
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
			return fmt.Errorf("the plan has %d steps or more: at most %d can be counted", steps, maxSteps)
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
		return fmt.Errorf("it has %d steps: it must have between 1 and %d", part.Steps, maxSteps)
	case p.Unit == cost.Client && part.Sampling != Sampling{}:
		return fmt.Errorf("%s of clients amplifies nothing: who takes part in a round is public on the chain", part.Sampling)
	case p.Adjacency == cost.AddRemove && part.Sampling.Population != 0:
		return fmt.Errorf("%s fixes how many units there are, and neighbours under %s differ in that: want %s or %s",
			part.Sampling, p.Adjacency, cost.ZeroOut, cost.ReplaceOne)
	}
	return nil
}

// String says the plan in words.
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
	// Delta is 0 where the guarantee is pure, even if a positive one was asked for.
	Delta      float64        `json:"delta"`
	Accountant Accountant     `json:"accountant"`
	Unit       cost.Unit      `json:"unit"`
	Adjacency  cost.Adjacency `json:"adjacency"`
	// Order is that of the Renyi divergence which gave the answer; 0 if none did.
	Order float64 `json:"order,omitempty"`
}

// meaninglessEpsilon is the epsilon above which a guarantee says next to nothing.
const meaninglessEpsilon = 20

// Label is "no meaningful privacy" for an epsilon above 20, otherwise empty.
func (a Answer) Label() string {
	if a.Epsilon > meaninglessEpsilon {
		return "no meaningful privacy"
	}
	return ""
}

// String says the guarantee in words.
func (a Answer) String() string {
	s := fmt.Sprintf("epsilon %.6g at delta %.6g by %s; unit %s, adjacency %s", a.Epsilon, a.Delta, a.Accountant, a.Unit, a.Adjacency)
	if label := a.Label(); label != "" {
		s += "; " + label
	}
	return s
}

// release is a part as the accountants see it.
type release struct {
	// whole is the mechanism if everybody were drawn, for neighbours as far apart as
	// the adjacency puts them. It is a bound with any sampling.
	whole Mechanism
	// sampled is the mechanism of which rate is drawn. If substituted, a neighbour has
	// another unit in the drawn one's place; otherwise it has none there, and the two
	// directions differ.
	sampled     Mechanism
	rate        float64
	substituted bool
	// removed is the mechanism for neighbours of which one lacks the unit, if each unit is
	// drawn by a coin of its own and a neighbour has another: both are as close to the data
	// without either. Otherwise it is nil.
	removed Mechanism
	steps   float64
}

// releases is the plan, with equal parts taken together. Without replacement the
// drawn set always has the same size, so whoever is not drawn leaves the place to
// another unit, whatever the adjacency.
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

// unsampled is the release with what sampling amplifies left out.
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

func checkEpsilon(epsilon float64) error { return positive("epsilon", epsilon) }

func checkDelta(delta float64) error {
	if !(delta > 0 && delta < 1) {
		return fmt.Errorf("delta is %v: it must be above 0 and below 1", delta)
	}
	return nil
}
