package aggregate

import (
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

const (
	// maxTotal bounds the sum of weights: times 2^30, the largest value of an
	// update, it stays below 2^62.
	maxTotal = 1<<32 - 1
	// chunk is how many values are read at a time.
	chunk = 4096
)

// sum is the exact weighted sum of the updates added so far.
type sum struct {
	values    []int64 // one for each weight of the model
	weight    uint64  // at most maxTotal
	scaleBits uint32
	chunk     [chunk]int32
}

// weightedMean adds the weighted mean of the updates to the global weights.
func weightedMean(global []float32, scaleBits uint32, sources []Source, weight func(Source) uint64) ([]float32, error) {
	if len(sources) == 0 {
		return nil, ErrNoUpdates
	}
	if scaleBits > model.MaxScaleBits {
		return nil, fmt.Errorf("aggregate: scale of %d bits: want at most %d", scaleBits, model.MaxScaleBits)
	}
	s := &sum{values: make([]int64, len(global)), scaleBits: scaleBits}
	seen := make(map[spec.Slot]bool, len(sources))
	for _, source := range sources {
		if seen[source.Slot] {
			return nil, fmt.Errorf("aggregate: node %d has two updates", source.Slot.Node)
		}
		seen[source.Slot] = true
		if err := s.add(source, weight(source)); err != nil {
			return nil, fmt.Errorf("aggregate node %d: %w", source.Slot.Node, err)
		}
	}
	return s.apply(global)
}

// add streams one update into the sum. After an error the sum is of no use.
func (s *sum) add(source Source, weight uint64) (err error) {
	if weight == 0 || weight > maxTotal-s.weight {
		return fmt.Errorf("weight %d, after a sum of %d: want at least 1 and a sum of at most %d", weight, s.weight, uint64(maxTotal))
	}
	s.weight += weight
	r, err := source.Open()
	if err != nil {
		return fmt.Errorf("open update: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	update, err := model.NewUpdateReader(r, model.UpdateHeader{
		Slot: source.Slot, ScaleBits: s.scaleBits, Count: uint64(len(s.values)),
	})
	if err != nil {
		return err
	}
	rest := s.values
	for {
		n, err := update.Read(s.chunk[:])
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i, v := range s.chunk[:n] {
			rest[i] += int64(weight) * int64(v) // at most 2^62 in magnitude: see maxTotal
		}
		rest = rest[n:]
	}
}

// apply gives global + sum / (weight * 2^scaleBits), one weight at a time.
//
// The same bits come out of every machine: conversion of integers, division,
// addition and narrowing are each rounded once, to nearest even, as IEEE 754
// defines them, and the explicit conversions forbid the compiler to fuse any
// two (Go specification, "Floating-point operators"). A sum beyond 2^53 rounds
// when it becomes a float64, in the same way everywhere. No weight can become
// infinite: the quotient is at most 2^30, which is less than half a step at the
// largest float32.
func (s *sum) apply(global []float32) ([]float32, error) {
	divisor := float64(s.weight << s.scaleBits) // below 2^62
	next := make([]float32, len(global))
	for i, w := range global {
		if math.IsNaN(float64(w)) || math.IsInf(float64(w), 0) {
			return nil, fmt.Errorf("aggregate: global weight %d is %v", i, w)
		}
		mean := float64(float64(s.values[i]) / divisor)
		next[i] = float32(float64(float64(w) + mean))
	}
	return next, nil
}
