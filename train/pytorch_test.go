package train_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// pytorch is the output of testdata/pytorch.py, which describes the fields.
type pytorch struct {
	Jobs map[string]struct {
		Model   spec.Model
		Weights []float32
		Rows    []float32
		Labels  []int32
		Targets []float32
	}
	Cases []struct {
		Job      string
		Training spec.Training
		Losses   []float64
		After    []float64
	}
}

// The engine agrees with PyTorch in float64: every loss during training and every weight at
// the end has an error of at most 2e-6, relative for values above 1.
func TestEngineAgreesWithPyTorch(t *testing.T) {
	const tolerance = 2e-6
	text, err := os.ReadFile("testdata/pytorch.json")
	if err != nil {
		t.Fatal(err)
	}
	var all pytorch
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	worst := 0.0
	differ := func(got, want float64) bool {
		d := math.Abs(got-want) / max(1, math.Abs(want))
		worst = max(worst, d)
		return !(d <= tolerance)
	}
	for i, c := range all.Cases {
		t.Run(fmt.Sprintf("%d %s %s", i, c.Job, c.Training.Optimiser), func(t *testing.T) {
			j := all.Jobs[c.Job]
			table := data.Table{X: j.Rows, Y: j.Labels, Targets: j.Targets, Features: int(j.Model.Inputs), Classes: int(j.Model.Classes)}
			job := train.Job{Model: j.Model, Training: c.Training, Weights: j.Weights, Table: table}
			var result train.Result
			for step, want := range c.Losses {
				job.Training.Epochs = uint32(step + 1)
				result, err = train.Engine{}.Train(context.Background(), job, nil)
				if err != nil {
					t.Fatal(err)
				}
				if differ(result.Loss, want) {
					t.Errorf("the loss before step %d is %v, PyTorch has %v", step+1, result.Loss, want)
				}
			}
			if len(result.Weights) != len(c.After) {
				t.Fatalf("%d weights, PyTorch has %d", len(result.Weights), len(c.After))
			}
			for i, want := range c.After {
				if differ(float64(result.Weights[i]), want) {
					t.Errorf("weight %d is %v, PyTorch has %v", i, result.Weights[i], want)
				}
			}
		})
	}
	if len(all.Cases) == 0 {
		t.Error("testdata/pytorch.json has no cases")
	}
	t.Logf("the largest difference is %.2g", worst)
}
