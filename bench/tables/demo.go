package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// missedTarget is the exit code of a demo whose model does not reach the target.
const missedTarget = 3

// althing builds the program, once.
func (b *bench) althing(ctx context.Context) (string, error) {
	program := filepath.Join(b.folder, "althing")
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	if said, err := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/althing").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, said)
	}
	return program, nil
}

// demonstrate trains on a data set with althing demo, which splits the data set itself, and
// with scikit-learn on the rows of the same trainers.
func (b *bench) demonstrate(ctx context.Context, t table, r *record) error {
	program, err := b.althing(ctx)
	if err != nil {
		return err
	}
	home := filepath.Join(b.folder, "demo")
	defer os.RemoveAll(home)
	arguments := []string{"demo", "--json", "--data", t.path, "--target", "0", "--home", home, "--seed", fmt.Sprint(r.Split)}
	if t.says.Missing != "" {
		arguments = append(arguments, "--missing", t.says.Missing)
	}
	if t.says.Regression != nil {
		arguments = append(arguments, fmt.Sprintf("--regression=%t", *t.says.Regression))
	}
	var end struct {
		Wall float64 `json:"wall_seconds"`
	}
	if err := last(ctx, &end, program, arguments...); err != nil {
		return err
	}
	r.Seconds = end.Wall
	trained, err := filepath.Glob(filepath.Join(home, "trainer-*", "rows.csv"))
	if err != nil {
		return err
	}
	judged, err := filepath.Glob(filepath.Join(home, "evaluator-*", "rows.csv"))
	if err != nil {
		return err
	}
	holdout := filepath.Join(home, "holdout.csv")
	if r.Held, err = join(holdout, judged); err != nil {
		return err
	}
	if r.Rows, err = join(filepath.Join(home, "trained.csv"), trained); err != nil {
		return err
	}
	var found struct {
		Accuracy float64 `json:"accuracy"`
		R2       float64 `json:"r2"`
	}
	if err := last(ctx, &found, program, "predict", "--json", "--model", filepath.Join(home, "model.safetensors"), "--input", holdout); err != nil {
		return err
	}
	r.Ours = found.Accuracy + found.R2 // one of them is 0
	r.Theirs, err = b.peer.score(trained, judged, t.asked.Schema.Label, t.regression())
	return err
}

// last runs the program and decodes the last line of its output.
func last(ctx context.Context, end any, program string, arguments ...string) error {
	c := exec.CommandContext(ctx, program, arguments...)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if missed, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || missed.ExitCode() != missedTarget) {
		return fmt.Errorf("althing %s: %w", arguments[0], err)
	}
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	return json.Unmarshal(lines[len(lines)-1], end)
}

// join joins several files with the same header, and counts the rows.
func join(path string, parts []string) (rows int, err error) {
	var all []byte
	for i, part := range parts {
		b, err := os.ReadFile(part)
		if err != nil {
			return 0, err
		}
		header := bytes.IndexByte(b, '\n') + 1
		if i == 0 {
			all = append(all, b[:header]...)
		}
		all = append(all, b[header:]...)
		rows += bytes.Count(b[header:], []byte("\n"))
	}
	if rows == 0 {
		return 0, fmt.Errorf("%d files for %s have no rows: want at least 1", len(parts), path)
	}
	return rows, os.WriteFile(path, all, 0o600)
}
