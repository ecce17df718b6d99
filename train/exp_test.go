package train_test

import (
	"math"
	"testing"

	"github.com/althing-network/althing/train"
)

// ulps is the error of got in units in the last place of a float32.
func ulps(got float32, exact float64) float64 {
	near := float32(exact)
	unit := float64(math.Nextafter32(near, float32(math.Inf(1)))) - float64(near)
	return math.Abs(float64(got)-exact) / unit
}

func TestExpError(t *testing.T) {
	worst, at := 0.0, float32(0)
	for x := float32(-87.3365); x < 88.7228; x += 1.0 / 4096 {
		if e := ulps(train.Exp(x), math.Exp(float64(x))); e > worst {
			worst, at = e, x
		}
	}
	if worst > 2 {
		t.Errorf("exp(%v) = %v is %.2f units from %v, want at most 2", at, train.Exp(at), worst, math.Exp(float64(at)))
	}
}

func TestLogError(t *testing.T) {
	worst, at := 0.0, float32(0)
	check := func(x float32) {
		if e := ulps(train.Log(x), math.Log(float64(x))); e > worst {
			worst, at = e, x
		}
	}
	for x := float32(0.5); x < 4; x += 1.0 / (1 << 20) {
		check(x)
	}
	const smallest, largest = 0x00800000, 0x7f7fffff
	for bits := uint32(smallest); bits <= largest; bits += 9973 {
		check(math.Float32frombits(bits))
	}
	if worst > 2 {
		t.Errorf("log(%v) = %v is %.2f units from %v, want at most 2", at, train.Log(at), worst, math.Log(float64(at)))
	}
}

func TestExpAndLogAtTheEdges(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, c := range []struct {
		name      string
		got, want float32
	}{
		{"exp 0", train.Exp(0), 1},
		{"exp -0", train.Exp(float32(math.Copysign(0, -1))), 1},
		{"exp of a tiny number", train.Exp(1e-30), 1},
		{"exp that underflows", train.Exp(-88), 0},
		{"exp -inf", train.Exp(-inf), 0},
		{"exp that overflows", train.Exp(89), inf},
		{"exp inf", train.Exp(inf), inf},
		{"exp nan", train.Exp(nan), nan},
		{"log 1", train.Log(1), 0},
		{"log inf", train.Log(inf), inf},
		{"log nan", train.Log(nan), nan},
	} {
		if c.got != c.want && (c.got == c.got || c.want == c.want) {
			t.Errorf("%s is %v, want %v", c.name, c.got, c.want)
		}
	}
}
