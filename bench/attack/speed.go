package main

import (
	"slices"
	"time"
)

// span is a quiet or an attacked time.
type span struct{ from, to time.Time }

// perSecond is how fast something goes on in a span. Times are those at which it went
// on by one, in their order, before, in and after the span; between two of them it is
// taken to go on evenly.
func perSecond(times []time.Time, s span) float64 {
	return (done(times, s.to) - done(times, s.from)) / s.to.Sub(s.from).Seconds()
}

// done is how often it has gone on until a time, fractions included.
func done(times []time.Time, at time.Time) float64 {
	after, exactly := slices.BinarySearchFunc(times, at, time.Time.Compare)
	if exactly {
		after++
	}
	switch {
	case after == 0:
		return 0
	case after == len(times):
		return float64(after)
	}
	before, next := times[after-1], times[after]
	return float64(after) + at.Sub(before).Seconds()/next.Sub(before).Seconds()
}

// left is the median over the turns of what is left of a speed under attack: 1 is all
// of it. Turns in which nothing went on in quiet times count for nothing.
func left(quiet, attacked []float64) float64 {
	var shares []float64
	for i, q := range quiet {
		if q > 0 {
			shares = append(shares, attacked[i]/q)
		}
	}
	return median(shares)
}

// median is 0 of nothing.
func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	n := len(v)
	switch {
	case n == 0:
		return 0
	case n%2 == 1:
		return v[n/2]
	}
	return (v[n/2-1] + v[n/2]) / 2
}
