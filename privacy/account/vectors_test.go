package account_test

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/althing-network/althing/privacy/account"
	"github.com/althing-network/althing/privacy/cost"
)

func steps(t int, m account.Mechanism, s account.Sampling) account.Plan {
	return account.Plan{Unit: cost.Example, Adjacency: cost.AddRemove, Parts: []account.Part{{Mechanism: m, Sampling: s, Steps: t}}}
}

func dpsgd(t int, q, sigma float64) account.Plan {
	return steps(t, account.Gaussian{Noise: sigma}, account.Poisson(q))
}

// known is what others publish or compute of a plan; the sources are those programs' own
// tests or runs.
type known struct {
	ID, Group, Source   string
	Mechanism           string
	Parameter           float64 // noise of a gaussian, a of discrete Laplace noise, else epsilon of a step
	Rate                float64
	Steps               int
	Adjacency           cost.Adjacency
	By                  account.Accountant
	Epsilon, Delta      float64
	Orders, Divergences []float64
	Order               float64 // of the answer; 0 if it is not published
	Want, Tolerance     float64
}

func (k known) plan(t *testing.T) account.Plan {
	t.Helper()
	mechanism, ok := map[string]account.Mechanism{
		"gaussian":         account.Gaussian{Noise: k.Parameter},
		"laplace":          account.Laplace{Epsilon: k.Parameter},
		"discrete-laplace": account.DiscreteLaplace{A: k.Parameter, L1: 1},
		"pure":             account.Pure{Epsilon: k.Parameter},
	}[k.Mechanism]
	if !ok {
		t.Fatalf("no mechanism is called %q", k.Mechanism)
	}
	p := steps(k.Steps, mechanism, account.Sampling{Rate: k.Rate})
	if k.Adjacency != "" {
		p.Adjacency = k.Adjacency
	}
	return p
}

func (k known) near(t *testing.T, got float64) {
	t.Helper()
	t.Logf("%.12g, off by %.3g", got, got-k.Want)
	if math.Abs(got-k.Want) > k.Tolerance {
		t.Errorf("%.12g, want %.12g within %g (%s)", got, k.Want, k.Tolerance, k.Source)
	}
}

// TestKnownAnswers holds the accountants to testdata/known.json, every line of it.
func TestKnownAnswers(t *testing.T) {
	text, err := os.ReadFile("testdata/known.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []known
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&all); err != nil || len(all) != 23 {
		t.Fatalf("%d answers, %v: want 23", len(all), err)
	}
	for _, k := range all {
		t.Run(k.ID, func(t *testing.T) { k.check(t) })
	}
}

func (k known) check(t *testing.T) {
	switch k.Group {
	case "epsilon", "epsilon below":
		got, err := k.plan(t).EpsilonBy(k.By, k.Delta)
		if err != nil {
			t.Fatal(err)
		}
		if k.Order != 0 && got.Order != k.Order {
			t.Errorf("order %v, want %v", got.Order, k.Order)
		}
		if k.Group == "epsilon" {
			k.near(t, got.Epsilon)
		} else if got.Epsilon > k.Want {
			t.Errorf("%v is above what is known to be more than the truth: %v (%s)", got, k.Want, k.Source)
		}
	case "delta":
		got, err := k.plan(t).DeltaBy(k.By, k.Epsilon)
		if err != nil {
			t.Fatal(err)
		}
		k.near(t, got.Delta)
	case "noise":
		plan, answer, err := k.plan(t).Calibrate(k.Epsilon, k.Delta)
		if err != nil || answer.Epsilon > k.Epsilon {
			t.Fatalf("%v, %v", answer, err)
		}
		switch m := plan.Parts[0].Mechanism.(type) {
		case account.Gaussian:
			k.near(t, m.Noise)
		case account.Laplace:
			k.near(t, 1/m.Epsilon)
		case account.DiscreteLaplace:
			k.near(t, m.A)
		default:
			t.Fatalf("nothing is known of the noise of a %T", m)
		}
	case "divergences":
		got, err := k.plan(t).Curve(k.Orders)
		if err != nil {
			t.Fatal(err)
		}
		for i, order := range k.Orders {
			if math.Abs(got.Divergences[i]/k.Divergences[i]-1) > k.Tolerance {
				t.Errorf("order %v: %.10g, want %.10g", order, got.Divergences[i], k.Divergences[i])
			}
		}
	case "constant":
		var curve account.Curve
		for order := 2.0; order <= 32; order++ {
			curve.Orders, curve.Divergences = append(curve.Orders, order), append(curve.Divergences, k.Parameter)
		}
		epsilon, order := curve.Epsilon(k.Delta)
		k.near(t, epsilon)
		if order != k.Order {
			t.Errorf("order %v, want %v", order, k.Order)
		}
	default:
		t.Fatalf("nobody checks answers of the group %q", k.Group)
	}
}
