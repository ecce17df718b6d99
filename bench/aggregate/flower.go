package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/althing-network/althing/bench/flwr"
)

//go:embed baseline.py
var script string

// flower is Flower in a child process.
type flower struct {
	python  string
	process *exec.Cmd
	said    bytes.Buffer // on stderr; read once it has died
	stdin   io.WriteCloser
	ask     *json.Encoder
	answers *json.Decoder
}

// question is a line to baseline.py.
type question struct {
	Ask     string `json:"ask"`              // load, aggregate or ingest
	Folder  string `json:"folder,omitempty"` // to load from, or to write what was aggregated to
	Samples []int  `json:"samples,omitempty"`
}

// answer is a line from baseline.py.
type answer struct {
	Version  string  `json:"version"`
	NumPy    string  `json:"numpy"`
	Seconds  float64 `json:"seconds"`
	Function string  `json:"function"` // the fastest
	Error    string  `json:"error"`
}

// findFlower starts the Python that is named, else the one that package flwr installs.
func findFlower(ctx context.Context, python string, log io.Writer) (*flower, error) {
	python, err := flwr.Python(ctx, python, log)
	if err != nil {
		return nil, err
	}
	return startFlower(ctx, python)
}

func startFlower(ctx context.Context, python string) (*flower, error) {
	c := exec.CommandContext(ctx, python, "-u", "-c", script)
	c.Env = append(os.Environ(), "FLWR_TELEMETRY_ENABLED=0", "FLWR_DISABLE_UPDATE_CHECK=1")
	f := &flower{python: python, process: c}
	c.Stderr = &f.said
	stdin, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, fmt.Errorf("%w: %w", flwr.ErrMissing, err)
	}
	f.stdin, f.ask, f.answers = stdin, json.NewEncoder(stdin), json.NewDecoder(stdout)
	hello, err := f.read()
	switch {
	case err == nil && hello.Version != flwr.Version:
		err = fmt.Errorf("%s has flwr %s, not %s", python, hello.Version, flwr.Version)
	case err == nil:
		return f, nil
	}
	return nil, fmt.Errorf("%w: %w", flwr.ErrMissing, errors.Join(err, f.close()))
}

// exchange asks a question and returns the time the answer took.
func (f *flower) exchange(q question) (time.Duration, string, error) {
	if err := f.ask.Encode(q); err != nil {
		return 0, "", fmt.Errorf("%s: %w", f.python, err)
	}
	a, err := f.read()
	return time.Duration(a.Seconds * float64(time.Second)), a.Function, err
}

func (f *flower) read() (a answer, err error) {
	if err := f.answers.Decode(&a); err != nil {
		return a, fmt.Errorf("%s: %w", f.python, err)
	}
	if a.Error != "" {
		return a, fmt.Errorf("%s: %s", f.python, a.Error)
	}
	return a, nil
}

// close ends the child. What it said is part of the error when it did not end well.
func (f *flower) close() error {
	_ = f.stdin.Close()
	if err := f.process.Wait(); err != nil {
		return fmt.Errorf("%s: %w\n%s", f.python, err, bytes.TrimSpace(f.said.Bytes()))
	}
	return nil
}
