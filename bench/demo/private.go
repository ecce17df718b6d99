package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// setting is a demo with privacy.
type setting struct {
	Mode      string `json:"mode"`
	Mechanism string `json:"mechanism"`
	Epsilon   string `json:"epsilon"`
	Asked     int    `json:"asked_rounds"` // 0: the default of the demo for the mode
}

// guarded has the figures of one setting over all seeds.
type guarded struct {
	setting
	Rounds   int     `json:"rounds"`
	Seeds    int     `json:"seeds"`
	Accuracy float64 `json:"accuracy"` // median, on the rows of all evaluators
	Least    float64 `json:"least"`
	Most     float64 `json:"most"`
	Spent    float64 `json:"spent"` // epsilon spent per owner by the ledger, the largest over all seeds
	Seconds  float64 `json:"seconds"`
}

// settings are the settings of docs/privacy-accuracy.md.
func settings() []setting {
	return []setting{
		{"example", "gaussian", "8", 0},
		{"central", "gaussian", "8", 0},
		{"central", "gaussian", "8", 100},
		{"central", "laplace", "8", 0},
		{"local", "gaussian", "8", 0},
		{"example", "gaussian", "0.1", 0},
		{"central", "gaussian", "0.1", 0},
	}
}

func (s setting) args(seed int, home string) []string {
	args := []string{
		"demo", "--json", "--model", "softmax", "--privacy", s.Mode, "--mechanism", s.Mechanism, "--epsilon", s.Epsilon,
		"--seed", fmt.Sprint(seed), "--home", home,
	}
	if s.Asked > 0 {
		args = append(args, "--rounds", fmt.Sprint(s.Asked))
	}
	return args
}

// private measures demos with privacy, in all modes or only in the named one.
func private(ctx context.Context, program, dir string, seeds int, only string, asJSON bool) error {
	for _, s := range settings() {
		if only != "" && s.Mode != only {
			continue
		}
		g := guarded{setting: s, Seeds: seeds}
		var accuracy, seconds []float64
		for seed := range seeds {
			home := filepath.Join(dir, "private")
			reached, end, err := s.run(ctx, program, home, seed+1)
			if err != nil {
				return fmt.Errorf("%v, seed %d: %w", s, seed+1, err)
			}
			accuracy, seconds = append(accuracy, reached), append(seconds, end.Wall)
			g.Rounds, g.Spent = end.Rounds, max(g.Spent, end.Epsilon)
			if err := os.RemoveAll(home); err != nil {
				return err
			}
		}
		g.Accuracy, g.Seconds, g.Least, g.Most = median(accuracy), median(seconds), slices.Min(accuracy), slices.Max(accuracy)
		if asJSON {
			if err := json.NewEncoder(os.Stdout).Encode(g); err != nil {
				return err
			}
			continue
		}
		fmt.Printf("%-8s %-8s epsilon %-4s %3d rounds: accuracy %.3f (%.3f to %.3f) of %d seeds, %.4f spent, %.0f s\n",
			g.Mode, g.Mechanism, s.Epsilon, g.Rounds, g.Accuracy, g.Least, g.Most, g.Seeds, g.Spent, g.Seconds)
	}
	return nil
}

// run runs one demo, and returns the accuracy of its model on the rows of all evaluators and
// its summary.
func (s setting) run(ctx context.Context, program, home string, seed int) (accuracy float64, end event, err error) {
	c := exec.CommandContext(ctx, program, s.args(seed, home)...)
	c.Stderr = os.Stderr
	out, err := c.Output()
	// An aborted round is charged, so on a busy machine a limit may be spent before all rounds
	// have run. Then the demo ends with exit code 3, and still has a model.
	if spent, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || spent.ExitCode() != 3) {
		return 0, end, err
	}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		if err := json.Unmarshal(lines.Bytes(), &end); err != nil { // the last line is the summary
			return 0, end, err
		}
	}
	shards, err := filepath.Glob(filepath.Join(home, "evaluator-*", "rows.csv"))
	if err != nil {
		return 0, end, err
	}
	var right, all int
	for _, shard := range shards {
		c := exec.CommandContext(ctx, program, "predict", "--model", filepath.Join(home, "model.safetensors"), "--input", shard, "--json")
		c.Stderr = os.Stderr
		out, err := c.Output()
		if err != nil {
			return 0, end, err
		}
		var last struct{ Rows, Correct int }
		for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
			if err := json.Unmarshal(lines.Bytes(), &last); err != nil {
				return 0, end, err
			}
		}
		right, all = right+last.Correct, all+last.Rows
	}
	if all == 0 {
		return 0, end, fmt.Errorf("%s has no rows of an evaluator: want evaluator-*/rows.csv", home)
	}
	return float64(right) / float64(all), end, nil
}
