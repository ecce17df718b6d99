package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/guptarohit/asciigraph"

	"github.com/althing-network/althing/privacy/account"
)

func (s *session) showPlan(p planned) error {
	t := s.table()
	t.row("releases", fmt.Sprintf("%d, %s", p.Steps, p.plan.Parts[0].Sampling))
	t.row("mechanism", p.noise())
	t.row("protects", fmt.Sprintf("unit %s, adjacency %s", p.Unit, p.Adjacency))
	t.row("epsilon", fmt.Sprintf("%s at delta %s, by %s", micros(p.Epsilon), sixDigits(p.Delta), p.Accountant))
	if p.Reached != nil {
		t.row("", fmt.Sprintf("even at delta %s", sixDigits(*p.Reached)))
	}
	if p.Label != "" {
		t.row("", p.Label)
	}
	if p.Ledger == "" {
		t.row("ledger", "cannot count this plan")
	} else {
		t.row("ledger", fmt.Sprintf("%s at the same delta", p.Ledger))
	}
	if err := t.flush(); err != nil {
		return err
	}
	if p.Ledger != "" {
		fmt.Fprintf(s.out, "\nthe ledger's epsilon decides when to stop; %s stands beside it\n", owned(p.Accountant))
	}
	if plot := p.curve(); s.terminal() && plot != "" {
		fmt.Fprintf(s.out, "\n%s\n", plot)
	}
	return nil
}

// noise is the mechanism of one release, in words.
func (p planned) noise() string {
	switch p.Mechanism {
	case laplace:
		return fmt.Sprintf("%s, epsilon %v a release", p.Mechanism, p.Epsilon0)
	case discreteLaplace:
		return fmt.Sprintf("%s, a %v, L1 norm at most %d", p.Mechanism, p.A, p.L1)
	case skellam:
		return fmt.Sprintf("%s, noise %v, squared L2 norm at most %d, L1 norm at most %d", p.Mechanism, p.Noise, p.L2Squared, p.L1)
	}
	return fmt.Sprintf("%s, noise %v", p.Mechanism, p.Noise)
}

// owned is the epsilon of an accountant, in words.
func owned(a account.Accountant) string {
	switch a {
	case account.PLD, account.RDP, account.KOV:
		return strings.ToUpper(string(a)) + "'s"
	case account.ZCDP:
		return "zCDP's"
	default:
		return "the " + string(a) + " one"
	}
}

// curve draws epsilon over the releases, by the accountant that answered; nothing
// where there is one release, or an epsilon that is not known.
func (p planned) curve() string {
	const points, width, height = 20, 60, 8
	if p.Steps == 1 {
		return ""
	}
	var epsilons []float64
	plan := p.plan
	for i := range min(points, p.Steps) {
		part := plan.Parts[0]
		part.Steps = 1 + (p.Steps-1)*i/(min(points, p.Steps)-1)
		plan.Parts = []account.Part{part}
		answer, err := plan.EpsilonBy(p.Accountant, p.Delta)
		if err != nil {
			return ""
		}
		plan = p.plan
		epsilons = append(epsilons, answer.Epsilon)
	}
	return asciigraph.Plot(epsilons, asciigraph.Height(height), asciigraph.Width(width), asciigraph.LowerBound(0),
		asciigraph.Precision(2), asciigraph.Caption(fmt.Sprintf("epsilon after 1 to %d releases, by %s", p.Steps, p.Accountant)))
}

// micros is an epsilon for people, in as many decimals as the ledger's has, rounded
// upwards.
func micros(epsilon float64) string {
	const million = 1_000_000
	if scaled := epsilon * million; million < scaled && scaled < 1<<50 {
		return strconv.FormatFloat(math.Ceil(scaled*(1-slack))/million, 'f', -1, 64)
	}
	return sixDigits(epsilon)
}

// sixDigits is a number for people, rounded upwards.
func sixDigits(x float64) string {
	text := strconv.FormatFloat(rounded(x*(1-slack), 6, true), 'g', -1, 64)
	return strings.Replace(text, "e-0", "e-", 1)
}

// slack is what floating point may have added to a number that is shown: so little
// that it makes no digit more.
const slack = 1e-12

// rounded is the number of so many digits next to x, above it or below.
func rounded(x float64, figures int, upwards bool) float64 {
	near := nearest(x, figures)
	if near == x || near > x == upwards {
		return near
	}
	last := math.Pow10(int(math.Floor(math.Log10(x))) - figures + 1)
	if !upwards {
		last = -last
	}
	return nearest(near+last, figures)
}

// nearest is the number of so many digits that is nearest to x.
func nearest(x float64, figures int) float64 {
	near, err := strconv.ParseFloat(strconv.FormatFloat(x, 'e', figures-1, 64), 64)
	if err != nil {
		return x
	}
	return near
}
