package account

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Accountant is a way to count. Its word says which one gave an answer.
type Accountant string

// The accountants.
const (
	// Basic adds up pure epsilons.
	Basic Accountant = "basic"
	// KOV composes steps of one pure epsilon optimally (Kairouz, Oh and Viswanath 2015).
	KOV Accountant = "kov"
	// RDP adds up Renyi divergences at many orders (Mironov 2017).
	RDP Accountant = "rdp"
	// ZCDP adds up two numbers, xi and rho (Bun and Steinke 2016).
	ZCDP Accountant = "zcdp"
	// PLD composes the distributions of privacy losses (Doroshenko et al. 2022).
	PLD Accountant = "pld"
	// Exact knows unsampled Gaussians exactly (Balle and Wang 2018).
	Exact Accountant = "exact"
)

// Accountants lists every accountant, the cheapest first.
func Accountants() []Accountant { return []Accountant{Basic, Exact, ZCDP, RDP, KOV, PLD} }

// ParseAccountant reads the word for an accountant.
func ParseAccountant(s string) (Accountant, error) {
	if slices.Contains(Accountants(), Accountant(s)) {
		return Accountant(s), nil
	}
	names := make([]string, 0, len(Accountants()))
	for _, a := range Accountants() {
		names = append(names, string(a))
	}
	return "", fmt.Errorf("no accountant is called %q: want one of %s", s, strings.Join(names, ", "))
}

// ErrUnsound is wrapped when an accountant cannot give a bound that holds for what a
// plan composes; another may.
var ErrUnsound = errors.New("the accountant is not sound for this plan")

func (a Accountant) unsound(why string, args ...any) error {
	return fmt.Errorf("%w: %s %s", ErrUnsound, a, fmt.Sprintf(why, args...))
}

// counter is one accountant's view of one plan. Both are upper bounds.
type counter interface {
	epsilon(delta float64) (epsilon, reached, order float64)
	delta(epsilon float64) (delta, order float64)
}

func (a Accountant) count(all []release) (counter, error) {
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

// Epsilon is the least epsilon that any accountant can prove for a delta.
func (p Plan) Epsilon(delta float64) (Answer, error) {
	return p.tightest(func(a Accountant) (Answer, error) { return p.EpsilonBy(a, delta) },
		func(a Answer) float64 { return a.Epsilon })
}

// Delta is the least delta that any accountant can prove for an epsilon.
func (p Plan) Delta(epsilon float64) (Answer, error) {
	return p.tightest(func(a Accountant) (Answer, error) { return p.DeltaBy(a, epsilon) },
		func(a Answer) float64 { return a.Delta })
}

// tightest asks every accountant. What is known exactly needs no other.
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
		return Answer{}, fmt.Errorf("%w: no accountant knows %v", ErrUnsound, p)
	}
	return best, nil
}

// EpsilonBy is the epsilon that one accountant proves for a delta.
func (p Plan) EpsilonBy(a Accountant, delta float64) (Answer, error) {
	if err := checkDelta(delta); err != nil {
		return Answer{}, err
	}
	c, err := p.counter(a)
	if err != nil {
		return Answer{}, err
	}
	epsilon, reached, order := c.epsilon(delta)
	if !(epsilon < math.Inf(1)) {
		return Answer{}, a.unsound("reaches no epsilon at delta %v", delta)
	}
	return p.answer(a, epsilon, reached, order), nil
}

// DeltaBy is the delta that one accountant proves for an epsilon.
func (p Plan) DeltaBy(a Accountant, epsilon float64) (Answer, error) {
	if err := checkEpsilon(epsilon); err != nil {
		return Answer{}, err
	}
	c, err := p.counter(a)
	if err != nil {
		return Answer{}, err
	}
	delta, order := c.delta(epsilon)
	if !(delta < 1) {
		return Answer{}, a.unsound("reaches no delta below 1 at epsilon %v", epsilon)
	}
	return p.answer(a, epsilon, delta, order), nil
}

func (p Plan) counter(a Accountant) (counter, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	return a.count(p.releases())
}

func (p Plan) answer(a Accountant, epsilon, delta, order float64) Answer {
	return Answer{Epsilon: epsilon, Delta: delta, Accountant: a, Unit: p.Unit, Adjacency: p.Adjacency, Order: order}
}
