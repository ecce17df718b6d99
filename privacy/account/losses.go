package account

import "math"

// losses is a distribution of the privacy loss under P on the multiples of a step. It is
// pessimistic: the delta that it gives is an upper bound at every epsilon, also after
// composition, for every mechanism.
type losses struct {
	step     float64
	first    int       // mass[i] is at (first+i)*step
	mass     []float64 // not normalised: each is rounded up
	infinite float64   // probability of an infinite loss
}

// tailError bounds the error of the difference of two probabilities of a [pair], relative to
// the larger one, where q is the larger one under Q. The error of a normal tail grows with
// the square of its argument, which is about twice the logarithm of the tail.
func tailError(q float64) float64 {
	const maxUnits = 1 << 18 // also if q underflows
	return math.Min(128-160*math.Log(q), maxUnits) * ulp
}

// discretise puts the losses on the multiples of step ("connect the dots": Doroshenko,
// Ghazi, Kamath, Kumar and Manurangsi 2022). The probability between two multiples is
// divided between them so that the totals under P and under Q are both kept. Losses above
// high become infinite; losses below -low are raised to -low.
func (l tails) discretise(step, low, high float64) losses {
	left, right := int(math.Ceil(low/step)), int(math.Ceil(high/step))
	d := losses{step: step, first: -left, mass: make([]float64, left+right+1)}
	// split divides the probability of a cell between its ends, of which dot is the lower.
	split := func(dot int, p, q, lostP, lostQ float64) {
		scale := math.Exp(float64(dot) * step)
		p += lostP
		raised := (p - q*scale + lostP + lostQ*scale) / -math.Expm1(-step)
		raised = math.Max(0, math.Min(p, raised))
		d.mass[dot+left] += p - raised
		d.mass[dot+left+1] += raised
	}
	p0, q0 := l.above(0)
	atZero := 1 - p0*(1-tailError(q0))
	for i := range right {
		p, q := l.above(float64(i+1) * step)
		lost := tailError(q0)
		split(i, p0-p, q0-q, p0*lost, q0*lost)
		p0, q0 = p, q
	}
	d.infinite = p0 * (1 + tailError(q0))
	p0, q0 = l.below(0)
	atZero -= p0 * (1 - tailError(p0))
	for i := range left {
		p, q := l.below(float64(i+1) * step)
		lost := tailError(p0) // below 0, P has the smaller probability
		split(-i-1, p0-p, q0-q, p0*lost, q0*lost)
		p0, q0 = p, q
	}
	d.mass[0] += p0 * (1 + tailError(p0))
	d.mass[left] += math.Max(0, atZero)
	return d
}

// variance is the variance of the finite losses.
func (d losses) variance() float64 {
	total, mean := 0.0, 0.0
	for i, p := range d.mass {
		total += p
		mean += p * float64(d.first+i)
	}
	mean /= total
	sum := 0.0
	for i, p := range d.mass {
		x := float64(d.first+i) - mean
		sum += p * x * x
	}
	return sum / total * d.step * d.step
}

// generating is ln E_P[e^(tilt*loss)] over the finite losses. It multiplies powers up from
// the end where they are largest, and calls Exp only for every 64th term, which is faster.
func (d losses) generating(tilt float64) float64 {
	const termsPerExp = 64
	last := len(d.mass) - 1
	largest := d.first + last
	if tilt < 0 {
		largest = d.first
	}
	falling := -math.Abs(tilt) * d.step
	ratio, sum := math.Exp(falling), 0.0
	for start := 0; start <= last; start += termsPerExp {
		power := math.Exp(falling * float64(start))
		if power == 0 {
			break
		}
		for i := start; i < start+termsPerExp && i <= last; i++ {
			if tilt < 0 {
				sum += d.mass[i] * power
			} else {
				sum += d.mass[last-i] * power
			}
			power *= ratio
		}
	}
	return math.Log(sum) + tilt*d.step*float64(largest)
}
