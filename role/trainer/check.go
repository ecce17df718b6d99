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

// Check looks at the noise of a private round after the update has left: whether the
// weights moved, and whether the noise was as large as its law has it, but for a chance
// below 1e-9 ([audit.Norm]). It changes nothing that has left or will leave of the round.
// Where something was wrong it raises the node's alarm, and the node takes part in no
// private round any more.
//
// Of the noise it knows the least and the largest squared norm of one release, which are
// in memory only: of a round that was trained before a restart nothing is checked.
type Check struct {
	Task, Round uint64

	noise *Noise
	norms *audit.Norms
}

// Key implements [role.Action].
func (a Check) Key() string { return role.RecordKey("check", a.Task, a.Round) }

// Checked is the event that the noise of a private round was looked at.
type Checked struct {
	Task, Round uint64
	Wrong       string // empty: nothing
}

// Event implements [role.Event].
func (Checked) Event() {}

// Do implements [role.Action].
func (a Check) Do(_ context.Context, t role.Tools) (role.Event, error) {
	wrong, err := a.noise.wrong(a.norms)
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

// Noise is a sampler that takes note of how large the noise is that is drawn. It is for
// one update.
type Noise struct {
	privacy.Sampler
	values, times int     // that the update needs: so many draws in each of so many releases
	released      int     // times that noise was added
	least, most   float64 // squared norm of the noise of one release
	moved         bool    // anything
	movable       bool    // noise of its law would have moved something
	before        []int64
}

// listen makes what draws the noise of an update.
func listen(t role.Tools, law privacy.Law, values, times int) (*Noise, error) {
	of := (*privacy.Samplers)(nil).Of
	if t.Samplers != nil {
		of = t.Samplers.Of
	}
	sampler, err := of(law, uint64(values)*uint64(times))
	return &Noise{Sampler: sampler, values: values, times: times}, err
}

// Add implements [privacy.Sampler].
func (h *Noise) Add(s *privacy.Stream, values []int64) {
	h.before = append(h.before[:0], values...)
	h.Sampler.Add(s, values)
	norm := 0.0
	for i, v := range h.before {
		e := float64(values[i] - v)
		norm += e * e
	}
	clear(h.before) // with what was added, it is the noise
	if h.released == 0 {
		h.least = norm
	}
	h.least, h.most = min(h.least, norm), max(h.most, norm)
	h.released++
}

// behind takes note of an update to which noise was added. That all of it is 0 has at most
// the chance that all noise is.
func (h *Noise) behind(update []int32) {
	h.movable = true
	for _, v := range update {
		h.moved = h.moved || v != 0
	}
}

// inside takes note of a training with noise in each of its steps. Of one that failed
// nothing leaves; its weights are nil.
//
// A step of plain descent moves a weight by the rate times the noise over the divisor,
// and no optimiser of the engine moves the first one by less, or it moves it by the rate.
// Where that is less than some thousands of the roundings of a weight, a task may have
// asked for steps too small to see, and standing still is nobody's fault.
func (h *Noise) inside(asked spec.TaskSpec, base, local []float32) {
	if local == nil {
		h.times = min(h.times, h.released)
		return
	}
	largest := 0.0
	for i, v := range local {
		h.moved = h.moved || i >= len(base) || v != base[i]
		largest = max(largest, math.Abs(float64(v)))
	}
	noise := float64(asked.Privacy.Noise) / float64(spec.One) * float64(asked.Privacy.Clip) / float64(spec.One)
	step := float64(asked.Training.Rate) / float64(spec.One) * min(1, noise/float64(asked.Privacy.Divisor))
	h.movable = step > largest*0x1p-12
}

// wrong says what is wrong with the noise, or nothing.
func (h *Noise) wrong(norms *audit.Norms) (string, error) {
	switch {
	case h.released < h.times:
		return fmt.Sprintf("noise was added %d times of %d", h.released, h.times), nil
	case h.times == 0:
		return "", nil
	}
	low, high, err := norms.Of(h.Law(), h.values, h.times)
	switch {
	case err != nil:
		return "", err
	case h.least < low:
		return "the noise is smaller than its law has it, but for a chance below 1e-9", nil
	case h.most > high:
		return "the noise is larger than its law has it, but for a chance below 1e-9", nil
	case h.movable && !h.moved && low > 0:
		return "there was noise, and no weight moved", nil
	}
	return "", nil
}
