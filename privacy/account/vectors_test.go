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

// knownAnswer is a published result for a plan, or the result of another program; Source
// says which.
type knownAnswer struct {
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

func (k knownAnswer) plan(t *testing.T) account.Plan {
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

func (k knownAnswer) closeTo(t *testing.T, got float64) {
	t.Helper()
	t.Logf("got %.12g, which differs by %.3g", got, got-k.Want)
	if math.Abs(got-k.Want) > k.Tolerance {
		t.Errorf("got %.12g, want %.12g within %g (%s)", got, k.Want, k.Tolerance, k.Source)
	}
}

// TestKnownAnswers compares the accountants with every line of testdata/known.json.
func TestKnownAnswers(t *testing.T) {
	text, err := os.ReadFile("testdata/known.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []knownAnswer
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&all); err != nil || len(all) != 23 {
		t.Fatalf("%d answers, %v: want 23", len(all), err)
	}
	for _, k := range all {
		t.Run(k.ID, func(t *testing.T) { k.check(t) })
	}
}

func (k knownAnswer) check(t *testing.T) {
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
			k.closeTo(t, got.Epsilon)
		} else if got.Epsilon > k.Want {
			t.Errorf("got %v, want at most %v, a known upper bound (%s)", got, k.Want, k.Source)
		}
	case "delta":
		got, err := k.plan(t).DeltaBy(k.By, k.Epsilon)
		if err != nil {
			t.Fatal(err)
		}
		k.closeTo(t, got.Delta)
	case "noise":
		plan, answer, err := k.plan(t).Calibrate(k.Epsilon, k.Delta)
		if err != nil || answer.Epsilon > k.Epsilon {
			t.Fatalf("%v, %v", answer, err)
		}
		switch m := plan.Parts[0].Mechanism.(type) {
		case account.Gaussian:
			k.closeTo(t, m.Noise)
		case account.Laplace:
			k.closeTo(t, 1/m.Epsilon)
		case account.DiscreteLaplace:
			k.closeTo(t, m.A)
		default:
			t.Fatalf("no check for the noise of a %T", m)
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
		k.closeTo(t, epsilon)
		if order != k.Order {
			t.Errorf("order %v, want %v", order, k.Order)
		}
	default:
		t.Fatalf("no check for answers of the group %q", k.Group)
	}
}
