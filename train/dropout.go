package train

import (
	"math/rand/v2"

	"github.com/althing-network/althing/spec"
)

// dropout sets a random fraction of the values to 0 during training, drawn for each row,
// and scales the others up to keep the mean (inverted dropout: Srivastava et al. 2014,
// section 10). It works in place. In evaluation it does nothing. In a private job it draws
// once per step for all rows: see drawForAllRows.
type dropout struct {
	width          int
	rate           spec.PPM
	scale          float32
	random         *rand.PCG
	factors        []float32 // by value: 0 or scale
	sameForAllRows bool      // set by drawForAllRows
}

func newDropout(p layerConfig) *dropout {
	d := &dropout{width: p.Out.Values(), rate: p.Layer.Rate, random: p.random}
	if d.random != nil {
		d.scale = float32(float64(spec.One) / float64(spec.One-d.rate))
		d.factors = make([]float32, p.batch*d.width)
	}
	return d
}

func (d *dropout) forward(y, _ []float32, rows int) {
	if d.random == nil {
		return
	}
	if !d.sameForAllRows {
		d.draw(rows)
	}
	for i := range y[:rows*d.width] {
		y[i] *= d.factors[i]
	}
}

func (d *dropout) draw(rows int) {
	for i := range d.factors[:rows*d.width] {
		d.factors[i] = 0
		// The upper 32 bits of a draw, scaled to an integer from 0 to 999,999.
		if d.random.Uint64()>>32*uint64(spec.One)>>32 >= uint64(d.rate) {
			d.factors[i] = d.scale
		}
	}
}

// drawForAllRows draws the factors of one row and uses them for all rows until its next
// call. So a row's gradient does not depend on the rows beside it; draws per row would
// shift with their number.
func (d *dropout) drawForAllRows() {
	d.sameForAllRows = true
	d.draw(1)
	for rest := d.factors[d.width:]; len(rest) > 0; rest = rest[d.width:] {
		copy(rest, d.factors[:d.width])
	}
}

func (d *dropout) backward(dx, _, _ []float32, rows int) {
	for i := range dx[:rows*d.width] {
		dx[i] *= d.factors[i]
	}
}
