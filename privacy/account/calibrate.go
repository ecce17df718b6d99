package account

import (
	"errors"
	"fmt"
	"math"
)

// Calibrate multiplies the noise of all parts by one factor: about the smallest one with
// which the plan is (epsilon, delta)-private. It returns the plan with that noise and what
// is proved for it.
func (p Plan) Calibrate(epsilon, delta float64) (Plan, Answer, error) {
	return p.calibrate(epsilon, delta, func(q Plan) (Answer, error) { return q.Epsilon(delta) })
}

// CalibrateBy is Calibrate with one accountant, which must be sound for the plan.
func (p Plan) CalibrateBy(a Accountant, epsilon, delta float64) (Plan, Answer, error) {
	if _, err := p.proof(a); err != nil {
		return Plan{}, Answer{}, p.nameOthers(a, err)
	}
	return p.calibrate(epsilon, delta, func(q Plan) (Answer, error) { return q.EpsilonBy(a, delta) })
}

func (p Plan) calibrate(epsilon, delta float64, ask func(Plan) (Answer, error)) (Plan, Answer, error) {
	if err := errors.Join(checkEpsilon(epsilon), checkDelta(delta), p.Validate()); err != nil {
		return Plan{}, Answer{}, err
	}
	s := search{plan: p, epsilon: epsilon, ask: ask}
	if err := s.run(); err != nil {
		return Plan{}, Answer{}, err
	}
	return p.scaled(math.Exp(s.high)), s.answer, nil
}

// search looks for x, the logarithm of the factor that the noise of a plan needs.
type search struct {
	plan    Plan
	epsilon float64
	ask     func(Plan) (Answer, error)

	// At x = low the noise is too small, at x = high it is large enough; answer is for high.
	// The excess is the logarithm of the proved epsilon divided by the wanted one: above 0
	// at low, at most 0 at high.
	low, high             float64
	lowExcess, highExcess float64
	answer                Answer
}

// Limits of the search, and the accuracy of x at which it is done.
const (
	maxDoublings = 60
	maxHalvings  = 80
	tolerance    = 1e-9
)

func (s *search) run() error {
	if err := s.bracket(); err != nil {
		return err
	}
	for i := range maxHalvings {
		if s.high-s.low < tolerance || s.highExcess > -tolerance {
			break
		}
		// The proved epsilon is nearly a power of the noise, so interpolate; every third
		// step bisects instead.
		x := s.low + (s.high-s.low)*s.lowExcess/(s.lowExcess-s.highExcess)
		if i%3 == 2 {
			x = (s.low + s.high) / 2
		}
		if err := s.tryNoise(x); err != nil {
			return err
		}
	}
	return nil
}

// bracket finds low and high: it doubles the plan's noise until it is large enough, or
// halves it until it is too small.
func (s *search) bracket() error {
	s.low, s.high = math.Inf(-1), math.Inf(1)
	x, err := 0.0, error(nil)
	for range maxDoublings {
		if err = s.tryNoise(x); err != nil && !errors.Is(err, ErrUnsound) {
			return err
		}
		switch {
		case math.IsInf(s.high, 1):
			x += math.Ln2
		case math.IsInf(s.low, -1):
			x -= math.Ln2
		default:
			return nil
		}
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("no noise between 2^-%d and 2^%d times the plan's noise gives an epsilon of %v", maxDoublings, maxDoublings, s.epsilon)
}

// tryNoise asks for the epsilon with e^x times the noise and updates low or high. If there
// is no bound, the noise is too small.
func (s *search) tryNoise(x float64) error {
	const maxExcess = 10 // limits the logarithms of 0 and infinity
	answer, err := s.ask(s.plan.scaled(math.Exp(x)))
	excess := math.Max(-maxExcess, math.Min(maxExcess, math.Log(answer.Epsilon/s.epsilon)))
	switch {
	case errors.Is(err, ErrUnsound):
		s.low, s.lowExcess = x, maxExcess
	case err != nil:
		return err
	case excess > 0:
		s.low, s.lowExcess = x, excess
	default:
		s.high, s.highExcess, s.answer = x, excess, answer
	}
	return nil
}

func (p Plan) scaled(factor float64) Plan {
	parts := make([]Part, len(p.Parts))
	for i, part := range p.Parts {
		part.Mechanism = part.Mechanism.scaled(factor)
		parts[i] = part
	}
	p.Parts = parts
	return p
}
