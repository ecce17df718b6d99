package train

import (
	"math/rand/v2"

	"github.com/althing-network/althing/spec"
)

// dropout sets a fraction of the values to 0 while a network is trained, drawn
// anew for each row, and scales the others up to keep the mean (Srivastava et al.
// 2014, section 10: inverted). It works in place, and does nothing in a network
// that only classifies. In a private job it is drawn anew for each step: see dropAlike.
type dropout struct {
	width   int
	rate    spec.PPM
	scale   float32
	dice    *rand.PCG
	factors []float32 // of each value: 0 or scale
	alike   bool      // rows are dropped alike, as drawn by dropAlike
}

func newDropout(p place) *dropout {
	d := &dropout{width: p.Out.Values(), rate: p.Layer.Rate, dice: p.dice}
	if d.dice != nil {
		d.scale = float32(float64(spec.One) / float64(spec.One-d.rate))
		d.factors = make([]float32, p.batch*d.width)
	}
	return d
}

func (d *dropout) forward(y, _ []float32, rows int) {
	if d.dice == nil {
		return
	}
	if !d.alike {
		d.draw(rows)
	}
	for i := range y[:rows*d.width] {
		y[i] *= d.factors[i]
	}
}

func (d *dropout) draw(rows int) {
	for i := range d.factors[:rows*d.width] {
		d.factors[i] = 0
		// The upper half of a draw, scaled to a whole number of ppm.
		if d.dice.Uint64()>>32*uint64(spec.One)>>32 >= uint64(d.rate) {
			d.factors[i] = d.scale
		}
	}
}

// dropAlike draws for one row what is dropped of all from now on, until it draws
// again. So what a row does to the weights does not depend on the rows beside it, which
// would otherwise shift what is drawn for it.
func (d *dropout) dropAlike() {
	d.alike = true
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
