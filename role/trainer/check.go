package trainer

import (
	"context"
	"fmt"
	"math"

	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/privacy/audit"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
)

// Check tests the noise of a private round after the update has left: whether the weights
// moved, and whether the noise had the size that its law predicts; a false alarm has a
// chance below 1e-9 ([audit.Norm]). It changes nothing about the round. If the test fails,
// it raises the node's alarm, and the node takes part in no private round any more.
//
// It uses the smallest and the largest squared norm of the noise of one release. These
// are in memory only: rounds trained before a restart are not checked.
type Check struct {
	Task, Round uint64

	noise *Noise
	norms *audit.Norms
}

// Key implements [role.Action].
func (a Check) Key() string { return role.RecordKey("check", a.Task, a.Round) }

// Checked is the event that the noise of a private round was tested.
type Checked struct {
	Task, Round uint64
	Wrong       string // the fault; empty: none
}

// Event implements [role.Event].
func (Checked) Event() {}

// Do implements [role.Action].
func (a Check) Do(_ context.Context, t role.Tools) (role.Event, error) {
	wrong, err := a.noise.fault(a.norms)
	if err != nil {
		wrong = err.Error()
	}
	if wrong == "" {
		return Checked{Task: a.Task, Round: a.Round}, nil
	}
	wrong = fmt.Sprintf("task %d round %d: %s", a.Task, a.Round, wrong)
	if t.Alarm != nil {
		if err := t.Alarm.Raise(wrong); err != nil {
			return nil, fmt.Errorf("privacy error: %s: %w", wrong, err)
		}
	}
	return Checked{Task: a.Task, Round: a.Round, Wrong: wrong}, nil
}

// Noise is a sampler that records how large the noise of one update is.
type Noise struct {
	privacy.Sampler
	values, releases int     // that the update needs: draws per release, and releases
	released         int     // times that noise was added
	minNorm, maxNorm float64 // squared norm of the noise of one release
	moved            bool    // some weight or value of the update moved
	movable          bool    // noise of its law should have moved one
	original         []int64
}

// newNoise returns the sampler of an update that needs so many releases of so many values.
func newNoise(t role.Tools, law privacy.Law, values, releases int) (*Noise, error) {
	newSampler := (*privacy.Samplers)(nil).Of
	if t.Samplers != nil {
		newSampler = t.Samplers.Of
	}
	sampler, err := newSampler(law, uint64(values)*uint64(releases))
	return &Noise{Sampler: sampler, values: values, releases: releases}, err
}

// Add implements [privacy.Sampler].
func (h *Noise) Add(s *privacy.Stream, values []int64) {
	h.original = append(h.original[:0], values...)
	h.Sampler.Add(s, values)
	norm := 0.0
	for i, v := range h.original {
		e := float64(values[i] - v)
		norm += e * e
	}
	clear(h.original) // together with values it would give away the noise
	if h.released == 0 {
		h.minNorm = norm
	}
	h.minNorm, h.maxNorm = min(h.minNorm, norm), max(h.maxNorm, norm)
	h.released++
}

// noteAfterTraining records an update to which noise was added after training. All its values
// are 0 with at most the probability that all noise is 0.
func (h *Noise) noteAfterTraining(update []int32) {
	h.movable = true
	for _, v := range update {
		h.moved = h.moved || v != 0
	}
}

// noteInTraining records a training with noise in each of its steps. If the training failed,
// local is nil and nothing leaves the node.
//
// A step of plain descent moves a weight by the rate times the noise divided by the
// divisor. The first step of every optimiser of the engine moves it by at least that much,
// or by the rate. If that is less than some thousand rounding units of the largest weight,
// the task may have asked for steps too small to see, so that weights that do not move are
// no fault.
func (h *Noise) noteInTraining(taskSpec spec.TaskSpec, base, local []float32) {
	if local == nil {
		h.releases = min(h.releases, h.released)
		return
	}
	largest := 0.0
	for i, v := range local {
		h.moved = h.moved || i >= len(base) || v != base[i]
		largest = max(largest, math.Abs(float64(v)))
	}
	noise := float64(taskSpec.Privacy.Noise) / float64(spec.One) * float64(taskSpec.Privacy.Clip) / float64(spec.One)
	step := float64(taskSpec.Training.Rate) / float64(spec.One) * min(1, noise/float64(taskSpec.Privacy.Divisor))
	h.movable = step > largest*0x1p-12
}

// fault says what is wrong with the noise; empty: nothing.
func (h *Noise) fault(norms *audit.Norms) (string, error) {
	switch {
	case h.released < h.releases:
		return fmt.Sprintf("noise was added %d times: want %d", h.released, h.releases), nil
	case h.releases == 0:
		return "", nil
	}
	low, high, err := norms.Of(h.Law(), h.values, h.releases)
	switch {
	case err != nil:
		return "", err
	case h.minNorm < low:
		return "the noise is smaller than its law allows (chance of a false alarm below 1e-9)", nil
	case h.maxNorm > high:
		return "the noise is larger than its law allows (chance of a false alarm below 1e-9)", nil
	case h.movable && !h.moved && low > 0:
		return "noise was added, but no weight moved", nil
	}
	return "", nil
}
