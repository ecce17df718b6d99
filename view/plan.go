package view

import (
	"encoding/json"
	"fmt"

	"github.com/althing-network/althing/privacy/account"
	"github.com/althing-network/althing/privacy/cost"
)

// The mechanisms that a plan may have.
const (
	Gaussian        = "gaussian"
	Laplace         = "laplace"
	DiscreteLaplace = "discrete-laplace"
	Skellam         = "skellam"
)

// Plan is a plan of equal releases and what is proved about it.
type Plan struct {
	Epsilon    float64            `json:"epsilon"`
	Delta      float64            `json:"delta"`
	Accountant account.Accountant `json:"accountant"`
	Label      string             `json:"label,omitempty"`
	// Reached is the delta at which the epsilon holds, where it is smaller than Delta.
	Reached *float64 `json:"reached_delta,omitempty"`
	// Ledger is the epsilon that the chain would count; empty where it cannot count the plan.
	Ledger    json.Number    `json:"ledger_epsilon,omitempty"`
	Mechanism string         `json:"mechanism"`
	Noise     float64        `json:"noise,omitempty"`
	Epsilon0  float64        `json:"epsilon0,omitempty"`
	A         float64        `json:"a,omitempty"`
	L2Squared int64          `json:"l2_squared,omitempty"`
	L1        int64          `json:"l1,omitempty"`
	Q         float64        `json:"q"`
	Sampling  string         `json:"sampling"`
	N         int64          `json:"n,omitempty"`
	M         int64          `json:"m,omitempty"`
	Steps     int            `json:"steps"`
	Adjacency cost.Adjacency `json:"adjacency"`
	Unit      cost.Unit      `json:"unit"`

	Releases account.Plan `json:"-"` // as accountants take it: one part, of all steps
}

// Page shows the plan, and a curve of epsilon over its releases.
func (v Plan) Page() Page {
	var p Part
	p.Row("releases", fmt.Sprintf("%d, %s", v.Steps, v.Releases.Parts[0].Sampling))
	p.Row("mechanism", v.mechanismText())
	p.Row("protects", fmt.Sprintf("unit %s, adjacency %s", v.Unit, v.Adjacency))
	p.Row("epsilon", fmt.Sprintf("%s at delta %s, by %s", EpsilonText(v.Epsilon), SixDigits(v.Delta), v.Accountant))
	if v.Reached != nil {
		p.Row("", fmt.Sprintf("even at delta %s", SixDigits(*v.Reached)))
	}
	if v.Label != "" {
		p.Row("", Cell{v.Label, Bad})
	}
	var decides Part
	if v.Ledger == "" {
		p.Row("ledger", "cannot count this plan")
	} else {
		p.Row("ledger", fmt.Sprintf("%s at the same delta", v.Ledger))
		decides.Text = decidesText(v.Accountant)
	}
	return of(p, decides, Part{Plot: v.curve(), Drawing: true})
}

// mechanismText is how one release is made.
func (v Plan) mechanismText() string {
	switch v.Mechanism {
	case Laplace:
		return fmt.Sprintf("%s, epsilon %v per release", v.Mechanism, v.Epsilon0)
	case DiscreteLaplace:
		return fmt.Sprintf("%s, a %v, L1 norm at most %d", v.Mechanism, v.A, v.L1)
	case Skellam:
		return fmt.Sprintf("%s, noise %v, squared L2 norm at most %d, L1 norm at most %d", v.Mechanism, v.Noise, v.L2Squared, v.L1)
	}
	return fmt.Sprintf("%s, noise %v", v.Mechanism, v.Noise)
}

// curve is epsilon over the number of releases, by the accountant that answered; nil for one
// release, and where the accountant knows no epsilon for fewer.
func (v Plan) curve() *Plot {
	if v.Steps == 1 {
		return nil
	}
	plot := &Plot{
		FromZero: true, Decimals: 2, Width: 60, Height: 8,
		Caption: fmt.Sprintf("epsilon after 1 to %d releases, by %s", v.Steps, v.Accountant),
	}
	points := min(20, v.Steps)
	for i := range points {
		plan, part := v.Releases, v.Releases.Parts[0]
		part.Steps = 1 + (v.Steps-1)*i/(points-1)
		plan.Parts = []account.Part{part}
		answer, err := plan.EpsilonBy(v.Accountant, v.Delta)
		if err != nil {
			return nil
		}
		plot.Values = append(plot.Values, answer.Epsilon)
	}
	return plot
}
