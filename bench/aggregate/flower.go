package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/althing-network/althing/bench/flwr"
	"github.com/althing-network/althing/bench/peer"
)

//go:embed baseline.py
var script string

// flower is Flower in a child process.
type flower struct{ *peer.Child }

// question is a line to baseline.py.
type question struct {
	Ask     string `json:"ask"`              // load, aggregate or ingest
	Folder  string `json:"folder,omitempty"` // to load from, or for the results of aggregate
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

// findFlower starts the named Python. If none is named, it starts the one that package flwr
// installs.
func findFlower(ctx context.Context, python string, log io.Writer) (*flower, error) {
	python, err := flwr.Python(ctx, python, log)
	if err != nil {
		return nil, err
	}
	return startFlower(ctx, python)
}

func startFlower(ctx context.Context, python string) (*flower, error) {
	c, err := peer.Start(ctx, python, script, "FLWR_TELEMETRY_ENABLED=0", "FLWR_DISABLE_UPDATE_CHECK=1")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", flwr.ErrMissing, err)
	}
	f := &flower{c}
	var hello answer
	err = f.checked(&hello, c.Read(&hello))
	switch {
	case err == nil && hello.Version != flwr.Version:
		err = fmt.Errorf("%s has flwr %s: want %s", python, hello.Version, flwr.Version)
	case err == nil:
		return f, nil
	}
	return nil, fmt.Errorf("%w: %w", flwr.ErrMissing, errors.Join(err, f.Close()))
}

// exchange asks a question, and returns the measured time and the name of the function.
func (f *flower) exchange(q question) (time.Duration, string, error) {
	var a answer
	err := f.checked(&a, f.Ask(q, &a))
	return time.Duration(a.Seconds * float64(time.Second)), a.Function, err
}

// checked returns err or, if that is nil, the error in the answer.
func (f *flower) checked(a *answer, err error) error {
	if err == nil && a.Error != "" {
		return fmt.Errorf("%s: %s", f.Python(), a.Error)
	}
	return err
}
