package demo

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

// TestCalibrate: the noise is the least that fits, to a millionth of the clip.
func TestCalibrate(t *testing.T) {
	task := spec.DefaultTask()
	task.Name, task.Data.Name, task.Escrow = "digits", "digits", spec.Thing
	task.Model = spec.Model{Kind: spec.ModelSoftmax, Inputs: 64, Classes: 10}
	task.Training.Rate, task.Target.Rounds, task.Aggregation.Rule = spec.One/10, 10, spec.RuleMean
	task.Privacy = spec.Privacy{Mode: spec.PrivacyLocal, Kind: spec.KindGaussian, Clip: spec.One / 10}
	limit := cost.Limit{Unit: cost.Client, Adjacency: cost.ZeroOut, Epsilon: 8 * cost.OneEpsilon, Delta: cost.OneDelta / 100_000}
	if err := calibrate(&task, limit); err != nil {
		t.Fatal(err)
	}
	if task.Privacy.Noise < 2_000_000 || task.Privacy.Noise > 2_100_000 { // 2.018 by the Renyi divergences of all integer orders to 64
		t.Errorf("the noise is %s", task.Privacy.Noise)
	}
}

// TestSmallEpsilonHasSettings: however little may be lost, a demo finds noise that fits
// into the integers of an update.
func TestSmallEpsilonHasSettings(t *testing.T) {
	for _, mode := range []string{spec.PrivacyLocal, spec.PrivacyExample, spec.PrivacyCentral} {
		for _, kind := range []string{spec.KindGaussian, spec.KindLaplace} {
			for _, epsilon := range []string{"8", "0.1"} {
				n := Network{
					Validators: 1, Trainers: 10, Aggregators: 4, Evaluators: 4, Model: spec.ModelSoftmax, Seed: 1, Rounds: 20, Alpha: 1, Commit: time.Second,
					Privacy: Privacy{Mode: mode, Mechanism: kind, Epsilon: epsilon},
				}
				_, asked, err := n.Write(filepath.Join(t.TempDir(), "net"), 0)
				if err != nil {
					t.Errorf("%s, %s, epsilon %s: %v", mode, kind, epsilon, err)
					continue
				}
				p := view.PromiseOf(asked)
				if ledger, err := p.Ledger.Float64(); err != nil || epsilon == "0.1" && (ledger > 0.1 || ledger < 0.09) {
					t.Errorf("%s, %s, epsilon %s: the ledger counts %s (%v)", mode, kind, epsilon, p.Ledger, err)
				}
			}
		}
	}
}
