package demo

import (
	"testing"

	"github.com/althing-network/althing/spec"
)

// Bounds that a demo states for a private task are valid whatever the numbers are.
func TestBounds(t *testing.T) {
	nan := float32(0)
	nan /= nan
	for _, values := range [][]float32{{1, 2, nan}, {3}, {nan}, {}, {-1e38, 3e38}, {3.4028235e38}, {1e30}, {0, 1e-45}} {
		least, most := bounds(len(values), func(i int) float32 { return values[i] })
		s := spec.Schema{Label: "y", Classes: []string{"a", "b"}, Columns: []spec.Column{{Name: "x", Kind: spec.ColumnNumber, Min: least, Max: most}}}
		if err := s.Validate(); err != nil {
			t.Errorf("%v: %v", values, err)
		}
	}
}
