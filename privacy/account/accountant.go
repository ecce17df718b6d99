package account

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Accountant names a method to bound the privacy loss of a plan.
type Accountant string

// The accountants.
const (
	// Basic adds up pure epsilons.
	Basic Accountant = "basic"
	// KOV composes steps with the same pure epsilon optimally (Kairouz, Oh and Viswanath 2015).
	KOV Accountant = "kov"
	// RDP adds up Renyi divergences at many orders (Mironov 2017).
	RDP Accountant = "rdp"
	// ZCDP adds up the two parameters of zero-concentrated privacy, xi and rho (Bun and
	// Steinke 2016).
	ZCDP Accountant = "zcdp"
	// PLD composes the distributions of privacy losses (Doroshenko et al. 2022).
	PLD Accountant = "pld"
	// Exact is exact for Gaussians without sampling (Balle and Wang 2018).
	Exact Accountant = "exact"
)

// Accountants lists every accountant, the fastest first.
func Accountants() []Accountant { return []Accountant{Basic, Exact, ZCDP, RDP, KOV, PLD} }

// ParseAccountant reads the word for an accountant.
func ParseAccountant(s string) (Accountant, error) {
	if slices.Contains(Accountants(), Accountant(s)) {
		return Accountant(s), nil
	}
	return "", fmt.Errorf("no accountant is called %q: want one of %s", s, wordList(Accountants()))
}

func wordList(accountants []Accountant) string {
	all := make([]string, len(accountants))
	for i, a := range accountants {
		all[i] = string(a)
	}
	return strings.Join(all, ", ")
}

// ErrUnsound is wrapped if an accountant has no valid bound for a plan; another may have
// one.
var ErrUnsound = errors.New("the accountant is not sound for this plan")

func (a Accountant) unsound(why string, args ...any) error {
	return fmt.Errorf("%w: %s %s", ErrUnsound, a, fmt.Sprintf(why, args...))
}

// prove is what the accountant can prove about the releases of a plan. Its error wraps
// [ErrUnsound].
func (a Accountant) prove(all []release) (proof, error) {
	switch a {
	case Basic:
		return newBasic(all)
	case KOV:
		return newKOV(all)
	case RDP:
		return newRDP(all)
	case ZCDP:
		return newZCDP(all)
	case PLD:
		return newPLD(all)
	case Exact:
		return newExact(all)
	}
	_, err := ParseAccountant(string(a))
	return nil, err
}

// Epsilon is the smallest epsilon that any accountant can prove for a delta.
func (p Plan) Epsilon(delta float64) (Answer, error) {
	return p.tightest(func(a Accountant) (Answer, error) { return p.epsilonBy(a, delta) },
		func(a Answer) float64 { return a.Epsilon })
}

// Delta is the smallest delta that any accountant can prove for an epsilon.
func (p Plan) Delta(epsilon float64) (Answer, error) {
	return p.tightest(func(a Accountant) (Answer, error) { return p.deltaBy(a, epsilon) },
		func(a Answer) float64 { return a.Delta })
}

// tightest is the best answer of all accountants. If Exact has an answer, no other is asked.
func (p Plan) tightest(ask func(Accountant) (Answer, error), size func(Answer) float64) (best Answer, err error) {
	if answer, err := ask(Exact); !errors.Is(err, ErrUnsound) {
		return answer, err
	}
	found := false
	for _, a := range Accountants() {
		answer, err := ask(a)
		switch {
		case errors.Is(err, ErrUnsound):
		case err != nil:
			return Answer{}, err
		case !found || size(answer) < size(best):
			best, found = answer, true
		}
	}
	if !found {
		return Answer{}, fmt.Errorf("%w: no accountant has a bound for %v", ErrUnsound, p)
	}
	return best, nil
}

// EpsilonBy is the epsilon that one accountant proves for a delta. An error that wraps
// [ErrUnsound] names the accountants that are sound for the plan.
func (p Plan) EpsilonBy(a Accountant, delta float64) (Answer, error) {
	answer, err := p.epsilonBy(a, delta)
	return answer, p.nameOthers(a, err)
}

// DeltaBy is the delta that one accountant proves for an epsilon, with the same errors.
func (p Plan) DeltaBy(a Accountant, epsilon float64) (Answer, error) {
	answer, err := p.deltaBy(a, epsilon)
	return answer, p.nameOthers(a, err)
}

func (p Plan) epsilonBy(a Accountant, delta float64) (Answer, error) {
	if err := checkDelta(delta); err != nil {
		return Answer{}, err
	}
	c, err := p.proof(a)
	if err != nil {
		return Answer{}, err
	}
	epsilon := epsilonOf(c, delta)
	if !(epsilon < math.Inf(1)) {
		return Answer{}, a.unsound("has no finite epsilon at delta %v", delta)
	}
	proved, order := c.delta(epsilon)
	if proved > 0 {
		proved = delta
	}
	return p.answer(a, epsilon, proved, order), nil
}

func (p Plan) deltaBy(a Accountant, epsilon float64) (Answer, error) {
	if err := checkEpsilon(epsilon); err != nil {
		return Answer{}, err
	}
	c, err := p.proof(a)
	if err != nil {
		return Answer{}, err
	}
	delta, order := c.delta(epsilon)
	if !(delta < 1) {
		return Answer{}, a.unsound("has no delta below 1 at epsilon %v", epsilon)
	}
	return p.answer(a, epsilon, delta, order), nil
}

// Sound lists the accountants that have a bound for the plan, the fastest first.
func (p Plan) Sound() (sound []Accountant, err error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	for _, a := range Accountants() {
		if _, err := a.prove(p.releases()); err == nil {
			sound = append(sound, a)
		}
	}
	return sound, nil
}

func (p Plan) proof(a Accountant) (proof, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	return a.prove(p.releases())
}

// nameOthers adds to an [ErrUnsound] of one accountant the names of those that are sound.
func (p Plan) nameOthers(a Accountant, refusal error) error {
	if !errors.Is(refusal, ErrUnsound) {
		return refusal
	}
	sound, err := p.Sound()
	others := slices.DeleteFunc(sound, func(other Accountant) bool { return other == a })
	if err != nil || len(others) == 0 {
		return refusal
	}
	return fmt.Errorf("%w; sound for it: %s", refusal, wordList(others))
}

func (p Plan) answer(a Accountant, epsilon, delta, order float64) Answer {
	return Answer{Epsilon: epsilon, Delta: delta, Accountant: a, Unit: p.Unit, Adjacency: p.Adjacency, Order: order}
}
