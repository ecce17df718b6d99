package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

// TestDemoPrivate: each round is charged, the last one spends what the owners allow, and
// nobody trains on their rows beside it.
func TestDemoPrivate(t *testing.T) {
	said := demo(t, 0, filepath.Join(t.TempDir(), "demo"), "--validators", "1", "--trainers", "3", "--aggregators", "1", "--evaluators", "1",
		"--model", "softmax", "--rounds", "2", "--privacy", "local", "--mechanism", "laplace", "--epsilon", "2")
	var spent []float64
	for _, s := range said {
		spent = append(spent, s.Epsilon)
	}
	end := said[len(said)-1]
	if len(said) != 3 || spent[0] != 1 || spent[1] != 2 || spent[2] != 2 {
		t.Errorf("epsilon is spent as %v", spent)
	}
	if end.Delta != 1e-5 || end.Mechanism != "laplace" || end.Unit != "client" || end.Adjacency != "zero-out" || end.Against != "everybody" || end.Alone != 0 {
		t.Errorf("the summary is %+v", end)
	}
}

// TestDemoLearnsInPrivate: with few trainers a task learns where the noise is inside their
// training, or in the sum of all of them; each book is of rows, and is spent at the end.
func TestDemoLearnsInPrivate(t *testing.T) {
	for mode, against := range map[string]string{
		spec.PrivacyExample: "everybody", spec.PrivacyCentral: "everybody but the round's aggregators, while at most 1 owners collude",
	} {
		said := demo(t, 0, filepath.Join(t.TempDir(), "demo"), "--validators", "1", "--trainers", "4", "--aggregators", "1", "--evaluators", "1",
			"--model", "softmax", "--rounds", "3", "--privacy", mode, "--epsilon", "50")
		end := said[len(said)-1]
		if len(said) != 4 || end.Epsilon > 50 || end.Epsilon < 49 || end.Unit != "example" || end.Against != against || end.Accuracy < 0.3 {
			t.Errorf("%s: the summary is %+v", mode, end)
		}
	}
}

func TestDemoPrivateRefuses(t *testing.T) {
	for want, args := range map[string][]string{
		`--privacy "global": want none`:    {"--privacy", "global"},
		`--mechanism "cauchy": want gauss`: {"--privacy", "local", "--mechanism", "cauchy"},
		"want --privacy local":             {"--epsilon", "1"},
		"--epsilon: epsilon of a limit is": {"--privacy", "local", "--epsilon", "0"},
		"--epsilon: epsilon: \"-1\"":       {"--privacy", "local", "--epsilon", "-1"},
		"no noise is large enough":         {"--privacy", "local", "--epsilon", "0.000001"},
	} {
		var out, stderr bytes.Buffer
		if code := run(context.Background(), append([]string{"demo", "--home", t.TempDir()}, args...), &out, &stderr); code != codeFailed || !strings.Contains(stderr.String(), want) {
			t.Errorf("%v: exit code %d, %s", args, code, stderr.String())
		}
	}
}

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
				n := network{
					validators: 1, trainers: 10, aggregators: 4, evaluators: 4, architecture: spec.ModelSoftmax, seed: 1, rounds: 20, alpha: 1, commit: time.Second,
					guarding: guarding{mode: mode, kind: kind, epsilon: epsilon},
				}
				_, asked, err := n.write(filepath.Join(t.TempDir(), "net"), 0)
				if err != nil {
					t.Errorf("%s, %s, epsilon %s: %v", mode, kind, epsilon, err)
					continue
				}
				p := promiseOf(asked)
				if ledger, err := p.Ledger.Float64(); err != nil || epsilon == "0.1" && (ledger > 0.1 || ledger < 0.09) {
					t.Errorf("%s, %s, epsilon %s: the ledger counts %s (%v)", mode, kind, epsilon, p.Ledger, err)
				}
			}
		}
	}
}
