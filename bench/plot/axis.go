package plot

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Axis is one axis of a chart. If Min and Max are both 0, it covers all points, widened to
// round numbers or, if it is logarithmic, to powers of ten.
type Axis struct {
	Label    string // what is measured, and its unit
	Log      bool
	Min, Max float64
}

// scale is an axis with known limits: min < max, both positive if log.
type scale struct {
	log      bool
	min, max float64
	ticks    []tick
}

type tick struct {
	value float64
	label string
}

// fit finds the limits and ticks of an axis for some values.
func (a Axis) fit(values []float64) (scale, error) {
	s := scale{log: a.Log, min: a.Min, max: a.Max}
	if a.Min != 0 || a.Max != 0 {
		if !apparent(a.Min, a.Max) || !s.has(a.Min) || !s.has(a.Max) {
			return s, fmt.Errorf("limits %v to %v, logarithmic: %t: want a range, above 0 if it is logarithmic", a.Min, a.Max, a.Log)
		}
	} else {
		s.min, s.max = math.Inf(1), math.Inf(-1)
		for _, v := range values {
			if s.has(v) {
				s.min, s.max = min(s.min, v), max(s.max, v)
			}
		}
		if s.min > s.max {
			return s, errors.New("no point can be drawn")
		}
		s.widen()
	}
	s.mark()
	return s, nil
}

// The largest magnitude that can be drawn, and the smallest on a logarithmic axis.
const (
	largest  = 1e300
	smallest = 1e-300
)

// has reports whether a value can be placed on the axis, within its limits or outside.
func (s scale) has(v float64) bool {
	return math.Abs(v) <= largest && (!s.log || v >= smallest) // NaN fails every comparison
}

// apparent reports whether low and high are far enough apart for distinct floats in between.
func apparent(low, high float64) bool {
	return high-low > max(smallest, 1e-12*max(math.Abs(low), math.Abs(high)))
}

// at is the position of a value: 0 at the lower limit, 1 at the upper.
func (s scale) at(v float64) float64 {
	if s.log {
		return (math.Log(v) - math.Log(s.min)) / (math.Log(s.max) - math.Log(s.min))
	}
	return (v - s.min) / (s.max - s.min)
}

// widen moves the limits outward to round numbers.
func (s *scale) widen() {
	if s.log {
		low, high := decades(s.min, s.max)
		if low == high {
			high++
		}
		s.min, s.max = math.Pow10(low), math.Pow10(high)
		return
	}
	if !apparent(s.min, s.max) {
		around := max(1, math.Abs(s.max)/10)
		s.min, s.max = s.min-around, s.max+around
	}
	step := s.step()
	s.min, s.max = math.Floor(s.min/step)*step, math.Ceil(s.max/step)*step
}

// decades are the exponents of the powers of ten at or below low, and at or above high.
func decades(low, high float64) (from, to int) {
	const slack = 1e-9 // for a power of ten that is not exact
	return int(math.Floor(math.Log10(low) + slack)), int(math.Ceil(math.Log10(high) - slack))
}

// mark sets four to nine ticks at round numbers within the limits, or at powers of ten.
func (s *scale) mark() {
	if s.log {
		low, high := decades(s.min, s.max)
		for e, step := low, max(1, (high-low+7)/8); e <= high; e += step {
			s.tick(math.Pow10(e), power(e))
		}
		return
	}
	step := s.step()
	first, last := int(math.Ceil(s.min/step-1e-9)), int(math.Floor(s.max/step+1e-9))
	for i := first; i <= last; i++ {
		v := float64(i) * step
		s.tick(v, strconv.FormatFloat(v, 'g', 12, 64))
	}
}

// tick adds a tick, unless it is outside the axis.
func (s *scale) tick(value float64, label string) {
	if at := s.at(value); at > -1e-9 && at < 1+1e-9 {
		s.ticks = append(s.ticks, tick{value, label})
	}
}

// step is 1, 2 or 5 times a power of ten. It fits four to nine times into the range.
func (s *scale) step() float64 {
	minStep := (s.max - s.min) / 6
	unit := math.Pow(10, math.Floor(math.Log10(minStep)))
	for _, factor := range []float64{1, 2, 5} {
		if factor*unit >= minStep {
			return factor * unit
		}
	}
	return 10 * unit
}

// power is the text of 10 to the power of e, written in full for small exponents.
func power(e int) string {
	if e >= -2 && e <= 3 {
		return strconv.FormatFloat(math.Pow10(e), 'g', -1, 64)
	}
	return "10" + strings.NewReplacer("-", "⁻", "0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴",
		"5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹").Replace(strconv.Itoa(e))
}
