package train_test

import (
	"context"
	"encoding/binary"
	"math"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// digits is the embedded data set with a quarter of the rows held out.
func digits(t testing.TB) (rows, holdout data.Table) {
	t.Helper()
	all, err := data.Digits()
	if err != nil {
		t.Fatal(err)
	}
	rows, holdout, err = data.Holdout(all, 250_000, 1)
	if err != nil {
		t.Fatal(err)
	}
	return rows, holdout
}

// digitsJob is one epoch over the digits from model 0.
func digitsJob(t testing.TB, kind string) train.Job {
	t.Helper()
	m := spec.Model{Kind: kind, Inputs: 64, Classes: 10, Seed: 1}
	if kind == spec.ModelMLP {
		m.Hidden = []uint32{64}
	}
	weights, err := model.Init(m)
	if err != nil {
		t.Fatal(err)
	}
	rows, _ := digits(t)
	return train.Job{
		Model:    m,
		Training: spec.Training{Optimiser: spec.OptimiserSGD, Batch: 10, Epochs: 1, Rate: 100_000},
		Weights:  weights,
		Seed:     1,
		Table:    rows,
	}
}

func digest(weights []float32) spec.Digest {
	var b []byte
	for _, w := range weights {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(w))
	}
	return spec.DigestOf(b)
}

// golden are the digests of the weights after three epochs over the digits. They hold on
// every architecture. A wrong digest means that operations were fused or reordered.
func golden() map[string]string {
	return map[string]string{
		spec.ModelSoftmax: "44b15a09a834c6d061939d26d49c3f32476887f8dec4fe57642d304c7e42c5a9",
		spec.ModelMLP:     "62ba792a66f1c6174090a714409336f04bde1b87082d32251ea591c0b06aa7b2",
	}
}

func TestSameJobSameBits(t *testing.T) {
	for kind, want := range golden() {
		job := digitsJob(t, kind)
		job.Training.Epochs = 3
		result, err := train.Engine{}.Train(context.Background(), job, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := digest(result.Weights).String(); got != want {
			t.Errorf("%s: weights after training have digest %s, want %s", kind, got, want)
		}
		job.Seed++
		result, err = train.Engine{}.Train(context.Background(), job, nil)
		if err != nil {
			t.Fatal(err)
		}
		if digest(result.Weights).String() == want {
			t.Errorf("%s: another seed gives the same weights", kind)
		}
	}
}

// Neither the number of processors nor concurrent jobs change a bit.
func TestProcessorsChangeNoBit(t *testing.T) {
	for _, processors := range []int{1, 2} {
		before := runtime.GOMAXPROCS(processors)
		var wait sync.WaitGroup
		for kind, want := range golden() {
			job := digitsJob(t, kind)
			job.Training.Epochs = 3
			for range 2 {
				wait.Go(func() {
					result, err := train.Engine{}.Train(context.Background(), job, nil)
					if err != nil || digest(result.Weights).String() != want {
						t.Errorf("%s on %d processors: digest %s, error %v, want %s", kind, processors, digest(result.Weights), err, want)
					}
				})
			}
		}
		wait.Wait()
		runtime.GOMAXPROCS(before)
	}
}

func TestLearnsDigits(t *testing.T) {
	_, holdout := digits(t)
	for kind, want := range map[string]spec.PPM{spec.ModelSoftmax: 930_000, spec.ModelMLP: 950_000} {
		job := digitsJob(t, kind)
		job.Training.Epochs = 30
		before := slices.Clone(job.Weights)
		result, err := train.Engine{}.Train(context.Background(), job, nil)
		if err != nil {
			t.Fatal(err)
		}
		e, err := train.Engine{}.Evaluate(context.Background(), job.Model, result.Weights, holdout)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: accuracy %s, loss %.4f, training loss %.4f", kind, e.Accuracy(), e.Loss, result.Loss)
		if e.Accuracy() <= want {
			t.Errorf("%s: accuracy %s, want more than %s", kind, e.Accuracy(), want)
		}
		if !slices.Equal(before, job.Weights) {
			t.Errorf("%s: training changed the weights it started from", kind)
		}
	}
}
