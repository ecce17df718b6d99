package trainer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/privacy/terms"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// ErrDeclined is wrapped by every refusal of a private round, whatever it is for. Others
// see one and the same of it: a node that says nothing. It is decided by the task, the
// shape of the registered data set, the node's engine, its alarm and the owner's ledger,
// and by nothing that a row holds, nor by how many rows there are.
var ErrDeclined = errors.New("declines the private round")

// private puts the node's update of a private task into its store.
//
// In the mode local, whatever trained, and whatever it gave, what is stored is a vector of
// the length that the task allows with the noise that it asks for. In the mode example the
// built-in engine trains with noise in each step, and what the weights moved by is stored
// as it is. In the mode central the noise is a share, and where the unit is the example the
// update is a sum of gradients. That nothing came of the training, that it failed or
// panicked, is not told either: then nothing moved. Only the time that a training takes is
// not hidden.
//
// The owner's own ledger is charged before anything is stored. One that refuses ends the
// work.
func (a Train) private(ctx context.Context, t role.Tools, slot spec.Slot) (Trained, error) {
	asked := a.asked()
	if t.Alarm != nil {
		if err := t.Alarm.Raised(); err != nil {
			return Trained{}, a.declined(err)
		}
	}
	made, err := mechanismOf(asked)
	if err != nil {
		return Trained{}, a.declined(err)
	}
	base, err := t.Model(ctx, a.Task, a.Round.Base)
	if err != nil {
		return Trained{}, err
	}
	rows, err := a.hidden(t, base)
	if err != nil {
		return Trained{}, err
	}
	stream, err := privacy.NewStream(t.Random)
	if err != nil {
		return Trained{}, err
	}
	defer stream.Wipe()
	began := t.Now()
	if asked.Privacy.Mode == spec.PrivacyCentral && asked.Privacy.Unit == spec.UnitExample {
		update, noise, err := a.gradients(ctx, t, made, train.Job{Weights: base.Weights, Table: rows}, stream)
		switch {
		case ctx.Err() != nil:
			return Trained{}, ctx.Err()
		case err != nil:
			return Trained{}, a.declined(err)
		}
		return a.store(ctx, t, slot, began, update, noise)
	}
	job := train.Job{Model: asked.Model, Training: asked.Training, Weights: slices.Clone(base.Weights), Seed: asked.OrderSeed(t.Name, a.Round.Number), Table: rows}
	var noise *Noise
	if asked.Privacy.Mode == spec.PrivacyExample {
		noise, err = made.inside(&job, t, asked.Privacy, stream)
	} else {
		noise, err = listen(t, made.law, len(base.Weights), 1)
	}
	if err != nil {
		return Trained{}, a.declined(err)
	}
	var result train.Result
	err = role.Guard(func() (err error) {
		result, err = t.Trainer.Train(ctx, job, nil)
		return err
	})
	if ctx.Err() != nil { // not what the trainer says of it: it has seen rows
		return Trained{}, ctx.Err()
	}
	if err != nil {
		result.Weights = nil
	}
	values := contribution(result.Weights, base.Weights, asked.Aggregation.ScaleBits)
	if asked.Privacy.Mode == spec.PrivacyExample {
		noise.inside(asked, base.Weights, result.Weights)
	} else {
		if err := made.bound.Clip(values); err != nil {
			return Trained{}, a.declined(err)
		}
		noise.Add(stream, values)
	}
	return a.store(ctx, t, slot, began, narrow(values), noise)
}

// store puts the update of a private task, which carries its noise, into the node's store.
// The owner's own ledger is charged first.
func (a Train) store(ctx context.Context, t role.Tools, slot spec.Slot, began time.Time, values []int32, noise *Noise) (Trained, error) {
	if t.Charge != nil {
		err := t.Charge(ctx, a.Task, a.Round)
		if errors.Is(err, role.ErrFinal) {
			return Trained{}, a.declined(err)
		}
		if err != nil { // it is asked again
			return Trained{}, fmt.Errorf("task %d round %d: %w", a.Task.ID, a.Round.Number, err)
		}
	}
	update, err := model.EncodeUpdate(model.UpdateHeader{Slot: slot, ScaleBits: a.Task.Spec.Aggregation.ScaleBits, Count: uint64(len(values))}, values)
	if err != nil {
		return Trained{}, a.declined(err)
	}
	if a.Task.Spec.Privacy.Mode != spec.PrivacyExample {
		noise.behind(values)
	}
	done := Trained{Task: a.Task.ID, Round: a.Round.Number, Took: t.Now().Sub(began), Withheld: true, Noise: noise}
	return done, keep(ctx, t, slot, update)
}

// declined is the refusal of a round for a reason, which would come again.
func (a Train) declined(reason error) error {
	return fmt.Errorf("task %d round %d: %w: %w: %w", a.Task.ID, a.Round.Number, ErrDeclined, reason, role.ErrFinal)
}

// contribution is what the weights moved by, in quanta, before it is clipped. Weights of
// another number than the model's, or of which one is no number, count as not moved.
func contribution(local, base []float32, scaleBits uint32) []int64 {
	values := make([]int64, len(base))
	if len(local) != len(base) {
		return values
	}
	const most = 1 << 61 // of a magnitude: more is clipped to the same
	for i := range values {
		v := math.RoundToEven(math.Ldexp(float64(local[i])-float64(base[i]), int(scaleBits)))
		if math.IsNaN(v) {
			clear(values)
			return values
		}
		values[i] = int64(max(-most, min(v, most)))
	}
	return values
}

// mechanism is how one release, or each step of it, is bounded and noised: with all of
// the noise, or in the mode central with a share.
type mechanism struct {
	bound privacy.Bound
	law   privacy.Law
}

// mechanismOf makes what the book is charged for into what the node does.
func mechanismOf(asked spec.TaskSpec) (mechanism, error) {
	charged, err := terms.Release(asked)
	if err != nil {
		return mechanism{}, err
	}
	wide := privacy.Bound{Norm: privacy.L2, Limit: charged.Norm.L2Squared}
	switch noise := charged.Noise.(type) {
	case cost.Gaussian:
		return mechanism{wide, privacy.RoundedGaussian{Sigma: privacy.Ratio(noise.Sigma)}}, nil
	case cost.Skellam:
		return mechanism{wide, privacy.Skellam{Variance: noise.Variance.Num, Shares: asked.Honest()}}, nil
	case cost.Laplace:
		m := mechanism{privacy.Bound{Norm: privacy.L1, Limit: charged.Norm.L1}, privacy.DiscreteLaplace{A: privacy.Ratio(noise.Rate)}}
		if asked.Privacy.Mode == spec.PrivacyCentral {
			m.law = privacy.Polya{A: privacy.Ratio(noise.Rate), Shares: asked.Honest()}
		}
		return m, nil
	}
	return mechanism{}, fmt.Errorf("no trainer draws a %T", charged.Noise)
}

// inside makes a job one whose steps are clipped and noised, each row by itself.
func (m mechanism) inside(job *train.Job, t role.Tools, asked spec.Privacy, stream *privacy.Stream) (*Noise, error) {
	if _, built := t.Trainer.(train.Engine); !built {
		return nil, fmt.Errorf("the mode %s needs the noise inside the training: only the built-in engine adds it, and this node's trainer is a %T", asked.Mode, t.Trainer)
	}
	noise, err := listen(t, m.law, len(job.Weights), int(asked.Steps))
	if err != nil {
		return nil, err
	}
	plan := privacy.Sampled{
		Examples: privacy.Examples{
			Values: len(job.Weights), Bits: uint(asked.Bits(0)), Rows: spec.MaxSamples, Bound: m.bound, Noise: m.law,
		},
		Rate: uint32(asked.Rate), Divisor: uint64(asked.Divisor),
	}
	job.Steps = int(asked.Steps)
	job.Private, err = plan.Begin(noise, stream)
	return noise, err
}

// narrow makes an update of values that carry their noise: what the fixed point cannot
// hold stands at its end, which tells nothing more.
func narrow(values []int64) []int32 {
	update := make([]int32, len(values))
	for i, v := range values {
		update[i] = int32(max(-model.MaxValue, min(v, model.MaxValue)))
	}
	return update
}
