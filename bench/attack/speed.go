package main

import (
	"slices"
	"time"
)

// span is a quiet or an attacked time.
type span struct{ from, to time.Time }

// perSecond is the number of events per second in a span. Times are the times of all events,
// before, in and after the span, in order. Progress between two events is taken to be even.
func perSecond(times []time.Time, s span) float64 {
	return (done(times, s.to) - done(times, s.from)) / s.to.Sub(s.from).Seconds()
}

// done is the number of events until a time, with the fraction of the next one.
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

// left is the speed under attack divided by the quiet speed, as the median over the turns.
// Turns with a quiet speed of 0 are ignored.
func left(quiet, attacked []float64) float64 {
	var shares []float64
	for i, q := range quiet {
		if q > 0 {
			shares = append(shares, attacked[i]/q)
		}
	}
	return median(shares)
}

// median is the median of a list, and 0 if the list is empty.
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
