package model

import (
	"errors"
	"fmt"
	"math"
)

const (
	// MaxValue bounds the magnitude of an update value: 2^30.
	MaxValue = 1 << 30
	// MaxScaleBits bounds the scale of updates: at 2^30 they cover [-1, 1].
	MaxScaleBits = 30
)

// ErrRange is wrapped by errors about a value that fixed point cannot hold: NaN, infinite,
// above [MaxValue] or below -[MaxValue].
var ErrRange = errors.New("value beyond the fixed-point range")

// Quantise returns round((local - global) * 2^scaleBits), half to even, for each weight. The
// difference is a correctly rounded float64 and the scaling is exact, so the result is the
// same on every machine. The error wraps [ErrRange] if a value does not fit.
func Quantise(local, global []float32, scaleBits uint32) ([]int32, error) {
	if len(local) != len(global) {
		return nil, fmt.Errorf("quantise: %d local weights, %d global", len(local), len(global))
	}
	if scaleBits > MaxScaleBits {
		return nil, fmt.Errorf("quantise: scale of %d bits: want at most %d", scaleBits, MaxScaleBits)
	}
	scale := float64(uint64(1) << scaleBits)
	update := make([]int32, len(local))
	for i := range update {
		difference := float64(float64(local[i]) - float64(global[i]))
		v := math.RoundToEven(float64(difference * scale))
		if !(math.Abs(v) <= MaxValue) { // NaN fails every comparison
			return nil, fmt.Errorf("quantise: weight %d moved by %v at scale 2^%d: %w", i, difference, scaleBits, ErrRange)
		}
		update[i] = int32(v)
	}
	return update, nil
}
