package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/privacy/account"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/view"
)

// planFlags describe a plan.
type planFlags struct {
	releaseFlags
	steps                       int
	epsilon, delta              float64
	adjacency, unit, accountant string
}

const defaultDelta = 1e-5

// planExample is the plan that explains the command.
const planExample = "althing budget plan --noise 1.1 --q 0.01 --steps 10000"

func (s *session) budgetPlan() *cobra.Command {
	var p planFlags
	c := &cobra.Command{
		Use:   "plan",
		Short: "Say what equal releases cost in privacy, or how much noise they need",
		Long: `Says what --steps equal releases cost. With the noise alone, it finds their epsilon at
--delta; with the noise and --epsilon, their delta; with --epsilon alone, the least noise
that keeps within it. Every answer is an upper bound and names its accountant. It needs no
chain.

A unit is what is protected: an example (the default where a sample is drawn), a client, or
a data subject. Noise is relative to the bound on what one unit adds: --noise 1 is a
standard deviation as large as that bound. Skellam noise also depends on how large the bound
is in integers: without --l2 and --l1 it is counted as if they were 1, which costs most.`,
		Example: "  " + planExample + "\n" +
			"  althing budget plan --mechanism laplace --epsilon0 0.1 --steps 100 --json\n" +
			"  althing budget plan --epsilon 1 --steps 25",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !s.json && cmd.Flags().NFlag() == 0 {
				fmt.Fprintf(s.out, "%s\n\nFor example\n\n  %s\n\n", cmd.Long, planExample)
				if err := cmd.ParseFlags(strings.Fields(planExample)[3:]); err != nil {
					return err
				}
			}
			answer, err := p.solve()
			if err != nil {
				return err
			}
			return s.show(answer)
		},
	}
	p.add(c)
	return c
}

func (p *planFlags) add(c *cobra.Command) {
	p.releaseFlags.add(c)
	f := c.Flags()
	f.IntVar(&p.steps, "steps", 1, "releases, one after the other")
	f.Float64Var(&p.epsilon, "epsilon", 0, "epsilon to stay within; with the noise: epsilon whose delta is to be found")
	f.Float64Var(&p.delta, "delta", defaultDelta, "probability with which epsilon may be exceeded")
	f.StringVar(&p.adjacency, "adjacency", string(cost.ZeroOut), "how neighbouring data sets differ in one unit: zero-out, add-remove or replace-one")
	f.StringVar(&p.unit, "unit", "", "what is protected: example, client or data-subject (default: example where a sample is drawn, else client)")
	f.StringVar(&p.accountant, "accountant", "", "basic, exact, zcdp, rdp, kov or pld (default: the tightest that is sound)")
}

// solve finds what the flags leave open: epsilon, delta or the noise.
func (p *planFlags) solve() (view.Plan, error) {
	plan, err := p.read()
	if err != nil {
		return view.Plan{}, err
	}
	plan, answer, err := p.findUnknown(plan)
	if errors.Is(err, account.ErrUnsound) && p.accountant != "" {
		err = hintFlags(p.cmd, err, "accountant", "") // the tightest of those that it names
	}
	if err != nil {
		return view.Plan{}, err
	}
	return p.planOf(plan, answer), nil
}

// read makes a plan of the flags. Where the noise is to be found, it is 1.
func (p *planFlags) read() (account.Plan, error) {
	if err := p.check(); err != nil {
		return account.Plan{}, err
	}
	adjacency, err := cost.ParseAdjacency(p.adjacency)
	if err != nil {
		return account.Plan{}, hintFlags(p.cmd, err, "adjacency", string(cost.ZeroOut))
	}
	unit, err := p.readUnit(p.unit)
	if err != nil {
		return account.Plan{}, err
	}
	if p.accountant != "" {
		if _, err := account.ParseAccountant(p.accountant); err != nil {
			return account.Plan{}, hintFlags(p.cmd, err, "accountant", string(account.PLD))
		}
	}
	if err := p.checkFigures(); err != nil {
		return account.Plan{}, err
	}
	amount := 1.0
	if p.isSet(p.noiseFlag()) {
		amount = p.noiseValue()
	}
	plan := account.Plan{Unit: unit, Adjacency: adjacency, Parts: []account.Part{{Mechanism: p.mechanismWith(amount), Sampling: p.accountantSampling(), Steps: p.steps}}}
	return plan, p.checkPlan(plan)
}

// checkFigures refuses figures out of their range, and questions without an unknown.
func (p *planFlags) checkFigures() error {
	const maxSteps = 100_000_000
	noise, epsilon, delta := p.isSet(p.noiseFlag()), p.isSet("epsilon"), p.isSet("delta")
	switch {
	case p.steps < 1 || p.steps > maxSteps:
		return hintFlags(p.cmd, fmt.Errorf("--steps %d: want 1 to %d", p.steps, maxSteps), "steps", "1")
	case epsilon && !(p.epsilon > 0 && p.epsilon < math.Inf(1)):
		return hintFlags(p.cmd, fmt.Errorf("--epsilon %v: want a number above 0", p.epsilon), "epsilon", "1")
	case !(p.delta > 0 && p.delta < 1):
		return hintFlags(p.cmd, fmt.Errorf("--delta %v: want a number above 0 and below 1", p.delta), "delta", "1e-5")
	case !noise && !epsilon:
		return hintFlags(p.cmd, fmt.Errorf("--%s is missing: want the noise, or --epsilon to find it", p.noiseFlag()), p.noiseFlag(), "1")
	case noise && epsilon && delta:
		return hintFlags(p.cmd, fmt.Errorf("--%s, --epsilon and --delta leave nothing to be found: want two of them", p.noiseFlag()), "epsilon", "")
	}
	return nil
}

// checkPlan refuses a plan of which nothing can be promised.
func (p *planFlags) checkPlan(plan account.Plan) error {
	if plan.Adjacency == cost.AddRemove && p.sampling == withoutReplacement {
		err := fmt.Errorf("%s fixes how many units there are, and neighbours under %s differ in that", plan.Parts[0].Sampling, plan.Adjacency)
		return hintFlags(p.cmd, err, "adjacency", string(cost.ZeroOut))
	}
	return plan.Validate()
}

// findUnknown finds what the flags leave open.
func (p *planFlags) findUnknown(plan account.Plan) (account.Plan, account.Answer, error) {
	switch {
	case !p.isSet("epsilon"):
		answer, err := p.epsilonOf(plan)
		return plan, answer, err
	case p.isSet(p.noiseFlag()):
		answer, err := plan.DeltaBy(account.Accountant(p.accountant), p.epsilon)
		if p.accountant == "" {
			answer, err = plan.Delta(p.epsilon)
		}
		return plan, answer, err
	}
	return p.calibrate(plan)
}

func (p *planFlags) epsilonOf(plan account.Plan) (account.Answer, error) {
	if p.accountant == "" {
		return plan.Epsilon(p.delta)
	}
	return plan.EpsilonBy(account.Accountant(p.accountant), p.delta)
}

// calibrate finds the noise, rounded to nine digits where that keeps within epsilon.
func (p *planFlags) calibrate(plan account.Plan) (account.Plan, account.Answer, error) {
	var found account.Plan
	var answer account.Answer
	var err error
	if p.accountant == "" {
		found, answer, err = plan.Calibrate(p.epsilon, p.delta)
	} else {
		found, answer, err = plan.CalibrateBy(account.Accountant(p.accountant), p.epsilon, p.delta)
	}
	if err != nil {
		return plan, answer, p.noNoiseError(plan, err)
	}
	round := plan
	round.Parts = slices.Clone(plan.Parts)
	round.Parts[0].Mechanism = p.mechanismWith(view.Rounded(p.noiseOf(found.Parts[0].Mechanism), 9, p.noiseFlag() == "noise"))
	if rounded, err := p.epsilonOf(round); err == nil && rounded.Epsilon <= p.epsilon {
		return round, rounded, nil
	}
	return found, answer, nil
}

// noNoiseError says why no noise was found: no accountant knows the plan, no accountant proves
// so small an epsilon, or the noise is larger than what can be counted.
func (p *planFlags) noNoiseError(plan account.Plan, err error) error {
	if _, unsound := p.epsilonOf(plan); errors.Is(unsound, account.ErrUnsound) {
		return unsound
	}
	if errors.Is(err, account.ErrUnsound) {
		return err
	}
	return hintFlags(p.cmd, fmt.Errorf("no noise of %s that can be counted has an epsilon of %v at delta %v", p.mechanism, p.epsilon, p.delta), "epsilon", "1")
}

// planOf is a plan as it is shown: the answer, and all that it assumes.
func (p *planFlags) planOf(plan account.Plan, answer account.Answer) view.Plan {
	amount := p.noiseOf(plan.Parts[0].Mechanism)
	v := view.Plan{
		Epsilon: answer.Epsilon, Delta: p.delta, Accountant: answer.Accountant, Label: answer.Label(),
		Mechanism: p.mechanism, Q: p.q, Sampling: p.sampling, Steps: p.steps,
		Adjacency: plan.Adjacency, Unit: plan.Unit, Releases: plan,
	}
	switch {
	case p.isSet("epsilon") && p.isSet(p.noiseFlag()):
		v.Delta = answer.Delta
	case answer.Delta < p.delta:
		v.Reached = &answer.Delta
	}
	switch p.noiseFlag() {
	case "epsilon0":
		v.Epsilon0 = amount
	case "a":
		v.A = amount
	default:
		v.Noise = amount
	}
	if l1, square := p.normBounds(); p.mechanism == view.Skellam {
		v.L1, v.L2Squared = l1, square
	} else if p.mechanism == view.DiscreteLaplace {
		v.L1 = l1
	}
	if p.sampling == withoutReplacement {
		v.N, v.M = p.n, p.m
	}
	v.Ledger = p.ledgerEpsilon(amount, v)
	return v
}

// ledgerEpsilon is the epsilon of the plan in the integers that decide on the chain; empty
// where they cannot count it.
func (p *planFlags) ledgerEpsilon(amount float64, v view.Plan) json.Number {
	const attos = 1_000_000_000_000_000_000
	chance := exactDecimal(v.Delta)
	one, err := p.ledgerRelease(amount, v.Unit).Under(v.Adjacency).Cost()
	if err != nil {
		return ""
	}
	all, err := one.Times(uint64(p.steps))
	if err != nil {
		return ""
	}
	epsilon, err := view.EpsilonAt(all, cost.Delta(roundToInt(chance.Mul(chance, exactDecimal(attos)), false).Uint64()))
	if err != nil {
		return ""
	}
	return json.Number(epsilon.String())
}
