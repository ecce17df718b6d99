package main

import (
	"context"
	_ "embed"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/althing-network/althing/bench/command"
	"github.com/althing-network/althing/bench/peer"
	"github.com/althing-network/althing/spec"
)

//go:embed baseline.py
var script string

// torch is PyTorch in a child process. It is the [runner] of the last task that it loaded.
type torch struct {
	*peer.Child
	version string
	blas    string // the library that multiplies matrices
}

// question is a line to baseline.py.
type question struct {
	Ask     string       `json:"ask"` // load, train or losses
	Epochs  int          `json:"epochs,omitempty"`
	Steps   int          `json:"steps,omitempty"`
	Batch   uint32       `json:"batch,omitempty"`
	Rate    float64      `json:"rate,omitempty"`
	Stages  []spec.Stage `json:"stages,omitempty"`
	Weights string       `json:"weights,omitempty"` // base64 of float32, little endian
	X       string       `json:"x,omitempty"`       // likewise, row by row
	Y       []int32      `json:"y,omitempty"`
}

// answer is a line from baseline.py.
type answer struct {
	Version string    `json:"version"`
	BLAS    string    `json:"blas"`
	Seconds float64   `json:"seconds"` // CPU time
	Losses  []float64 `json:"losses"`
	Error   string    `json:"error"` // why this torch cannot be used
}

// errNoTorch is wrapped by errors about a missing Python, or one without a usable torch.
var errNoTorch error = &command.Hinted{
	Err:  errors.New("no PyTorch"),
	Hint: "apt-get install python3-torch libopenblas0-pthread, or name a Python that has torch: --python PATH",
}

// findTorch starts the first Python of a list that has torch.
func findTorch(ctx context.Context, pythons ...string) (*torch, error) {
	var failed []error
	for _, python := range pythons {
		t, err := startTorch(ctx, python)
		if err == nil {
			return t, nil
		}
		failed = append(failed, err)
	}
	return nil, errors.Join(failed...)
}

func startTorch(ctx context.Context, python string) (*torch, error) {
	c, err := peer.Start(ctx, python, script, append(blas(), "OMP_NUM_THREADS=1", "MKL_NUM_THREADS=1")...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoTorch, err)
	}
	t := &torch{Child: c}
	var hello answer
	if err := t.checked(&hello, c.Read(&hello)); err != nil {
		err = errors.Join(err, t.Close())
		if !errors.Is(err, errNoTorch) {
			err = fmt.Errorf("%w: %w", errNoTorch, err)
		}
		return nil, err
	}
	t.version, t.blas = hello.Version, hello.BLAS
	return t, nil
}

// load sends another task to the child.
func (t *torch) load(k task) error {
	stages, err := k.job.Model.Stages()
	if err != nil {
		return err
	}
	_, err = t.exchange(question{
		Ask: "load", Stages: stages, Batch: k.job.Training.Batch,
		Rate:    float64(k.job.Training.Rate) / float64(spec.One),
		Weights: encode(k.job.Weights), X: encode(k.job.Table.X), Y: k.job.Table.Y,
	})
	return err
}

func (t *torch) train(_ context.Context, epochs int) (time.Duration, error) {
	a, err := t.exchange(question{Ask: "train", Epochs: epochs})
	return time.Duration(a.Seconds * float64(time.Second)), err
}

func (t *torch) losses(_ context.Context, steps int) ([]float64, error) {
	a, err := t.exchange(question{Ask: "losses", Steps: steps})
	return a.Losses, err
}

func (t *torch) exchange(q question) (a answer, err error) {
	err = t.checked(&a, t.Ask(q, &a))
	return a, err
}

// checked returns err or, if that is nil, the error in the answer.
func (t *torch) checked(a *answer, err error) error {
	if err == nil && a.Error != "" {
		return fmt.Errorf("%w: %s: %s", errNoTorch, t.Python(), a.Error)
	}
	return err
}

func encode(values []float32) string {
	b := make([]byte, 0, 4*len(values))
	b, _ = binary.Append(b, binary.LittleEndian, values)
	return base64.StdEncoding.EncodeToString(b)
}
