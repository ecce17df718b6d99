package account

import (
	"errors"
	"fmt"
	"math"
)

// Calibrate multiplies the noise of all parts by one factor, about the least with
// which the plan is (epsilon, delta)-private. It gives the plan with that noise and
// what is proved of it.
func (p Plan) Calibrate(epsilon, delta float64) (Plan, Answer, error) {
	return p.calibrate(epsilon, delta, func(q Plan) (Answer, error) { return q.Epsilon(delta) })
}

// CalibrateBy is Calibrate with one accountant, which must be sound for the plan.
func (p Plan) CalibrateBy(a Accountant, epsilon, delta float64) (Plan, Answer, error) {
	if _, err := p.proof(a); err != nil {
		return Plan{}, Answer{}, p.naming(a, err)
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

// search is for x, the logarithm of the factor that the noise of a plan needs.
type search struct {
	plan    Plan
	epsilon float64
	ask     func(Plan) (Answer, error)

	// The noise is too little at low and enough at high, with the answer; by how much
	// stands beside it, as the logarithm of what is proved over what is wanted.
	low, high        float64
	tooMuch, toSpare float64
	answer           Answer
}

// When the search gives up, and when it is done.
const (
	maxDoublings = 60
	maxHalvings  = 80
	closeEnough  = 1e-9
)

func (s *search) run() error {
	if err := s.bracket(); err != nil {
		return err
	}
	for i := range maxHalvings {
		if s.high-s.low < closeEnough || s.toSpare > -closeEnough {
			break
		}
		// What is proved is nearly a power of the noise; every third try does not
		// rely on it.
		x := s.low + (s.high-s.low)*s.tooMuch/(s.tooMuch-s.toSpare)
		if i%3 == 2 {
			x = (s.low + s.high) / 2
		}
		if err := s.try(x); err != nil {
			return err
		}
	}
	return nil
}

// bracket goes up from the noise of the plan by doubling until it is enough, or down
// by halving until it is too little.
func (s *search) bracket() error {
	s.low, s.high = math.Inf(-1), math.Inf(1)
	x, err := 0.0, error(nil)
	for range maxDoublings {
		if err = s.try(x); err != nil && !errors.Is(err, ErrUnsound) {
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
	return fmt.Errorf("no noise between 2^-%d and 2^%d times that of the plan has an epsilon of %v", maxDoublings, maxDoublings, s.epsilon)
}

// try asks for one noise. One so little that no bound is left is too little.
func (s *search) try(x float64) error {
	const most = 10 // of a logarithm, so that zero and infinity have one
	answer, err := s.ask(s.plan.scaled(math.Exp(x)))
	over := math.Max(-most, math.Min(most, math.Log(answer.Epsilon/s.epsilon)))
	switch {
	case errors.Is(err, ErrUnsound):
		s.low, s.tooMuch = x, most
	case err != nil:
		return err
	case over > 0:
		s.low, s.tooMuch = x, over
	default:
		s.high, s.toSpare, s.answer = x, over, answer
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
