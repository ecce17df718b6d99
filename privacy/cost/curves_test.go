package cost_test

import (
	"encoding/json"
	"math/big"
	"os"
	"testing"

	"github.com/althing-network/althing/privacy/cost"
)

// TestCurves compares whole curves of random settings with those that testdata/curves.py
// computes with 70 decimal digits: they are not below, and at most 1e-9 above.
func TestCurves(t *testing.T) {
	text, err := os.ReadFile("testdata/curves.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Noise         string
		Num, Den      uint64
		L1, L2Squared uint64
		Adjacency     cost.Adjacency
		Poisson       uint32
		Take, Of      uint64
		Nanos         []string
	}
	if err := json.Unmarshal(text, &cases); err != nil || len(cases) != 36 {
		t.Fatal(len(cases), err)
	}
	for i, c := range cases {
		fraction := cost.Fraction{Num: c.Num, Den: c.Den}
		noise := map[string]cost.Noise{
			"gaussian": cost.Gaussian{Sigma: fraction},
			"skellam":  cost.Skellam{Variance: fraction},
			"laplace":  cost.Laplace{Rate: fraction},
		}[c.Noise]
		amount, err := cost.Mechanism{
			Noise:     noise,
			Norm:      cost.Norm{L1: c.L1, L2Squared: c.L2Squared},
			Adjacency: c.Adjacency,
			Sampling:  cost.Sampling{Poisson: c.Poisson, Take: c.Take, Of: c.Of},
		}.Cost()
		if err != nil {
			t.Errorf("setting %d: %v", i+1, err)
			continue
		}
		for j, order := range cost.Orders() {
			exact, ok := new(big.Rat).SetString(c.Nanos[j])
			if !ok {
				t.Fatalf("setting %d: %q is no number", i+1, c.Nanos[j])
			}
			above := new(big.Rat).Sub(new(big.Rat).SetInt64(int64(amount.Curve[j])), exact)
			if above.Sign() < 0 || above.Cmp(big.NewRat(1, 1)) > 0 {
				t.Errorf("setting %d (%s, %s), order %d: got %d nanos, want %s rounded up", i+1, c.Noise, c.Adjacency, order, amount.Curve[j], c.Nanos[j])
			}
		}
	}
}
