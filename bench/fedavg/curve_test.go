package main

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBestNeverFalls(t *testing.T) {
	got := best([]float64{0.1, 0.5, 0.3, 0.6, 0.6, 0.2})
	if diff := cmp.Diff([]float64{0.1, 0.5, 0.5, 0.6, 0.6, 0.6}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCrossingByHand(t *testing.T) {
	for name, c := range map[string]struct {
		curve   []float64
		target  float64
		rounds  float64
		reached bool
	}{
		"half way":                {[]float64{0, 0.4, 0.8}, 0.6, 1.5, true},
		"at a round":              {[]float64{0, 0.4, 0.8}, 0.4, 1, true},
		"between the first two":   {[]float64{0.2, 0.6}, 0.3, 0.25, true},
		"from the best, not last": {[]float64{0, 0.6, 0.1, 0.8}, 0.7, 2.5, true},
		"first time":              {[]float64{0, 0.8, 0.1, 0.9}, 0.4, 0.5, true},
		"model 0":                 {[]float64{0.5}, 0.4, 0, true},
		"never":                   {[]float64{0, 0.4, 0.39}, 0.5, 0, false},
		"nothing":                 {nil, 0.5, 0, false},
	} {
		rounds, reached := crossing(c.curve, c.target)
		if math.Abs(rounds-c.rounds) > 1e-12 || reached != c.reached {
			t.Errorf("%s: got %v, %v: want %v, %v", name, rounds, reached, c.rounds, c.reached)
		}
	}
}
