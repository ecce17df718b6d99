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
			answer, err := p.answer()
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
	f.Float64Var(&p.epsilon, "epsilon", 0, "epsilon to keep within, or to find the delta of")
	f.Float64Var(&p.delta, "delta", defaultDelta, "chance by which epsilon may be exceeded")
	f.StringVar(&p.adjacency, "adjacency", string(cost.ZeroOut), "how neighbouring data sets differ in one unit: zero-out, add-remove or replace-one")
	f.StringVar(&p.unit, "unit", "", "what is protected: example, client or data-subject (default: example where a sample is drawn, else client)")
	f.StringVar(&p.accountant, "accountant", "", "basic, exact, zcdp, rdp, kov or pld (default: the tightest that is sound)")
}

// answer counts.
func (p *planFlags) answer() (view.Plan, error) {
	plan, err := p.read()
	if err != nil {
		return view.Plan{}, err
	}
	plan, answer, err := p.count(plan)
	if errors.Is(err, account.ErrUnsound) && p.accountant != "" {
		err = again(p.cmd, err, "accountant", "") // the tightest of those that it names
	}
	if err != nil {
		return view.Plan{}, err
	}
	return p.report(plan, answer), nil
}

// read makes a plan of the flags, its noise being 1 where it is to be found.
func (p *planFlags) read() (account.Plan, error) {
	if err := p.check(); err != nil {
		return account.Plan{}, err
	}
	adjacency, err := cost.ParseAdjacency(p.adjacency)
	if err != nil {
		return account.Plan{}, again(p.cmd, err, "adjacency", string(cost.ZeroOut))
	}
	unit, err := p.protects(p.unit)
	if err != nil {
		return account.Plan{}, err
	}
	if p.accountant != "" {
		if _, err := account.ParseAccountant(p.accountant); err != nil {
			return account.Plan{}, again(p.cmd, err, "accountant", string(account.PLD))
		}
	}
	if err := p.bounds(); err != nil {
		return account.Plan{}, err
	}
	amount := 1.0
	if p.given(p.measure()) {
		amount = p.amount()
	}
	plan := account.Plan{Unit: unit, Adjacency: adjacency, Parts: []account.Part{{Mechanism: p.with(amount), Sampling: p.draws(), Steps: p.steps}}}
	return plan, p.valid(plan)
}

// bounds refuses figures out of their range, and questions without an unknown.
func (p *planFlags) bounds() error {
	const maxSteps = 100_000_000
	noise, epsilon, delta := p.given(p.measure()), p.given("epsilon"), p.given("delta")
	switch {
	case p.steps < 1 || p.steps > maxSteps:
		return again(p.cmd, fmt.Errorf("--steps %d: want 1 to %d", p.steps, maxSteps), "steps", "1")
	case epsilon && !(p.epsilon > 0 && p.epsilon < math.Inf(1)):
		return again(p.cmd, fmt.Errorf("--epsilon %v: want a number above 0", p.epsilon), "epsilon", "1")
	case !(p.delta > 0 && p.delta < 1):
		return again(p.cmd, fmt.Errorf("--delta %v: want a number above 0 and below 1", p.delta), "delta", "1e-5")
	case !noise && !epsilon:
		return again(p.cmd, fmt.Errorf("--%s is missing: want the noise, or --epsilon to find it", p.measure()), p.measure(), "1")
	case noise && epsilon && delta:
		return again(p.cmd, fmt.Errorf("--%s, --epsilon and --delta leave nothing to be found: want two of them", p.measure()), "epsilon", "")
	}
	return nil
}

// valid refuses what cannot be promised.
func (p *planFlags) valid(plan account.Plan) error {
	if plan.Adjacency == cost.AddRemove && p.sampling == withoutReplacement {
		err := fmt.Errorf("%s fixes how many units there are, and neighbours under %s differ in that", plan.Parts[0].Sampling, plan.Adjacency)
		return again(p.cmd, err, "adjacency", string(cost.ZeroOut))
	}
	return plan.Validate()
}

// count finds what the flags leave open.
func (p *planFlags) count(plan account.Plan) (account.Plan, account.Answer, error) {
	switch {
	case !p.given("epsilon"):
		answer, err := p.ask(plan)
		return plan, answer, err
	case p.given(p.measure()):
		answer, err := plan.DeltaBy(account.Accountant(p.accountant), p.epsilon)
		if p.accountant == "" {
			answer, err = plan.Delta(p.epsilon)
		}
		return plan, answer, err
	}
	return p.calibrate(plan)
}

func (p *planFlags) ask(plan account.Plan) (account.Answer, error) {
	if p.accountant == "" {
		return plan.Epsilon(p.delta)
	}
	return plan.EpsilonBy(account.Accountant(p.accountant), p.delta)
}

// calibrate finds the noise, and says it with as many digits as can be typed.
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
		return plan, answer, p.hopeless(plan, err)
	}
	round := plan
	round.Parts = slices.Clone(plan.Parts)
	round.Parts[0].Mechanism = p.with(view.Rounded(p.amountOf(found.Parts[0].Mechanism), 9, p.measure() == "noise"))
	if again, err := p.ask(round); err == nil && again.Epsilon <= p.epsilon {
		return round, again, nil
	}
	return found, answer, nil
}

// hopeless says why no noise was found: an accountant may not know such a plan at all,
// or prove so small an epsilon of nothing, or the noise is beyond what is counted.
func (p *planFlags) hopeless(plan account.Plan, err error) error {
	if _, unsound := p.ask(plan); errors.Is(unsound, account.ErrUnsound) {
		return unsound
	}
	if errors.Is(err, account.ErrUnsound) {
		return err
	}
	return again(p.cmd, fmt.Errorf("no noise of %s that can be counted has an epsilon of %v at delta %v", p.mechanism, p.epsilon, p.delta), "epsilon", "1")
}

// report is an answer with all that it assumes.
func (p *planFlags) report(plan account.Plan, answer account.Answer) view.Plan {
	amount := p.amountOf(plan.Parts[0].Mechanism)
	made := view.Plan{
		Epsilon: answer.Epsilon, Delta: p.delta, Accountant: answer.Accountant, Label: answer.Label(),
		Mechanism: p.mechanism, Q: p.q, Sampling: p.sampling, Steps: p.steps,
		Adjacency: plan.Adjacency, Unit: plan.Unit, Releases: plan,
	}
	switch {
	case p.given("epsilon") && p.given(p.measure()):
		made.Delta = answer.Delta
	case answer.Delta < p.delta:
		made.Reached = &answer.Delta
	}
	switch p.measure() {
	case "epsilon0":
		made.Epsilon0 = amount
	case "a":
		made.A = amount
	default:
		made.Noise = amount
	}
	if l1, square := p.norm(); p.mechanism == view.Skellam {
		made.L1, made.L2Squared = l1, square
	} else if p.mechanism == view.DiscreteLaplace {
		made.L1 = l1
	}
	if p.sampling == withoutReplacement {
		made.N, made.M = p.n, p.m
	}
	made.Ledger = p.ledger(amount, made)
	return made
}

// ledger is the epsilon of the plan in the integers that decide on the chain; empty
// where they cannot count it.
func (p *planFlags) ledger(amount float64, made view.Plan) json.Number {
	const attos = 1_000_000_000_000_000_000
	chance := decimal(made.Delta)
	one, err := p.onChain(amount, made.Unit).Under(made.Adjacency).Cost()
	if err != nil {
		return ""
	}
	all, err := one.Times(uint64(p.steps))
	if err != nil {
		return ""
	}
	epsilon, err := view.EpsilonAt(all, cost.Delta(floor(chance.Mul(chance, decimal(attos)), false).Uint64()))
	if err != nil {
		return ""
	}
	return json.Number(epsilon.String())
}
