// Command demo measures "althing demo" over several seeds: rounds to the target, blocks per
// round, time and memory. It is not a test: no figure is an error.
//
//	go run ./bench/demo --json
//	go run ./bench/demo --privacy
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
)

// event is a line of the demo's output, with the fields that are measured here.
type event struct {
	Event      string  `json:"event"`
	Round      int     `json:"round"`
	Rounds     int     `json:"rounds"`
	Accuracy   float64 `json:"accuracy"`
	Alone      float64 `json:"best_single_trainer"`
	Reached    bool    `json:"target_reached"`
	Blocks     int     `json:"blocks"`
	TrainBlock int     `json:"train_blocks"`
	Seconds    float64 `json:"seconds"`
	Training   float64 `json:"train_seconds"`
	Wall       float64 `json:"wall_seconds"`
	Epsilon    float64 `json:"epsilon"`
}

// row has the figures of one model over all seeds. A figure is a median unless its name says
// otherwise.
type row struct {
	Model       string  `json:"model"`
	Target      string  `json:"target"`
	Seeds       int     `json:"seeds"`
	Reached     int     `json:"reached"` // number of seeds that reached the target
	Rounds      float64 `json:"rounds"`
	RoundsMost  float64 `json:"rounds_most"`
	Accuracy    float64 `json:"accuracy"`
	Alone       float64 `json:"best_single_trainer"`
	Blocks      float64 `json:"blocks_beyond_training"` // per round
	RoundTime   float64 `json:"seconds_a_round"`
	WallSeconds float64 `json:"wall_seconds"`
	PeakMiB     float64 `json:"peak_mib"`
}

func main() {
	seeds := flag.Int("seeds", 5, "runs per model, with seeds from 1")
	asJSON := flag.Bool("json", false, "print JSON, one object per line")
	guarded := flag.Bool("privacy", false, "measure the demos with privacy instead")
	mode := flag.String("mode", "", "with --privacy: only this mode")
	flag.Parse()
	if err := run(context.Background(), *seeds, *guarded, *mode, *asJSON); err != nil {
		fmt.Fprintln(os.Stderr, "bench/demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, seeds int, guarded bool, mode string, asJSON bool) error {
	dir, err := os.MkdirTemp("", "althing-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "althing")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/althing").CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	if guarded {
		return private(ctx, program, dir, seeds, mode, asJSON)
	}
	for _, m := range [][2]string{{"mlp", "0.95"}, {"softmax", "0.94"}} {
		r, err := measure(ctx, program, dir, m[0], m[1], seeds)
		if err != nil {
			return err
		}
		if asJSON {
			if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
				return err
			}
			continue
		}
		fmt.Printf("%-8s target %s: %d of %d seeds in %.0f rounds (most %.0f), accuracy %.3f, best single trainer %.3f, %.1f blocks per round beyond training, %.2f s per round, %.1f s, %.0f MiB\n",
			r.Model, r.Target, r.Reached, r.Seeds, r.Rounds, r.RoundsMost, r.Accuracy, r.Alone, r.Blocks, r.RoundTime, r.WallSeconds, r.PeakMiB)
	}
	return nil
}

func measure(ctx context.Context, program, dir, model, target string, seeds int) (row, error) {
	r := row{Model: model, Target: target, Seeds: seeds}
	var rounds, accuracy, alone, blocks, times, wall, peak []float64
	for seed := range seeds {
		home := filepath.Join(dir, fmt.Sprintf("%s-%d", model, seed+1))
		c := exec.CommandContext(ctx, program, "demo", "--json", "--model", model, "--target", target, "--seed", fmt.Sprint(seed+1), "--home", home)
		c.Stderr = os.Stderr
		out, err := c.Output()
		if missed, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || missed.ExitCode() != 3) {
			return r, fmt.Errorf("%s seed %d: %w", model, seed+1, err)
		}
		for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
			var e event
			if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
				return r, err
			}
			switch e.Event {
			case "round":
				blocks = append(blocks, float64(e.Blocks-e.TrainBlock))
				times = append(times, e.Seconds)
			case "summary":
				rounds, accuracy = append(rounds, float64(e.Rounds)), append(accuracy, e.Accuracy)
				alone, wall = append(alone, e.Alone), append(wall, e.Wall)
				if e.Reached {
					r.Reached++
				}
			}
		}
		if use, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
			peak = append(peak, float64(use.Maxrss)/1024)
		}
		if err := os.RemoveAll(home); err != nil {
			return r, err
		}
	}
	r.Rounds, r.Accuracy, r.Alone = median(rounds), median(accuracy), median(alone)
	r.RoundsMost = slices.Max(rounds)
	r.Blocks, r.RoundTime, r.WallSeconds, r.PeakMiB = median(blocks), median(times), median(wall), median(peak)
	return r, nil
}

func median(v []float64) float64 {
	slices.Sort(v)
	n := len(v)
	if n%2 == 1 {
		return v[n/2]
	}
	return (v[n/2-1] + v[n/2]) / 2
}
