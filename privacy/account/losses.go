package account

import "math"

// losses is a distribution of the privacy loss on the multiples of a step, as P sees
// it. It is never better than the law it was made from: whatever the mechanism, the
// delta it gives is an upper bound at every epsilon, also after composition.
type losses struct {
	step     float64
	first    int       // mass[i] is at (first+i)*step
	mass     []float64 // not normalised: rounded up one by one
	infinite float64   // mass at an infinite loss
}

// tailError bounds how wrong the difference of two probabilities of a [pair] may be, as a
// part of the larger one, where q is that under Q. An error in the argument of a normal
// tail grows with the square of the argument, which is twice the logarithm of the tail.
func tailError(q float64) float64 {
	const most = 1 << 18 // where q is too small for a float64
	return math.Min(128-160*math.Log(q), most) * ulp
}

// discretise connects the dots (Doroshenko, Ghazi, Kamath, Kumar and Manurangsi
// 2022): what lies between two multiples of the step goes to these two, so that the
// mass under P and the mass under Q both stay. What lies above high goes to
// infinity, what lies below -low goes up to it.
func (l tails) discretise(step, low, high float64) losses {
	left, right := int(math.Ceil(low/step)), int(math.Ceil(high/step))
	d := losses{step: step, first: -left, mass: make([]float64, left+right+1)}
	// split gives a cell's mass to its ends; dot is the lower one.
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
		lost := tailError(p0) // the smaller one, below 0
		split(-i-1, p0-p, q0-q, p0*lost, q0*lost)
		p0, q0 = p, q
	}
	d.mass[0] += p0 * (1 + tailError(p0))
	d.mass[left] += math.Max(0, atZero)
	return d
}

// variance of one loss.
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

// generating is ln E_P[e^(tilt*loss)] over the finite losses. Powers are multiplied
// up, from the end where they are largest, and computed afresh every so often, which
// costs less than all exponentials.
func (d losses) generating(tilt float64) float64 {
	const fresh = 64
	last := len(d.mass) - 1
	largest := d.first + last
	if tilt < 0 {
		largest = d.first
	}
	falling := -math.Abs(tilt) * d.step
	ratio, sum := math.Exp(falling), 0.0
	for start := 0; start <= last; start += fresh {
		power := math.Exp(falling * float64(start))
		if power == 0 {
			break
		}
		for i := start; i < start+fresh && i <= last; i++ {
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
