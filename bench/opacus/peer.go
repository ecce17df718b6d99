package main

import (
	"context"
	_ "embed"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/althing-network/althing/bench/peer"
	"github.com/althing-network/althing/data"
)

//go:embed opacus.py
var script string

// The versions that we compare with, and the folder into which they are installed, relative
// to the root of the module. The folder is not under version control. It takes 6 GB, because
// PyTorch's package installs GPU libraries, which are not used here.
const (
	torchVersion  = "2.15.0"
	opacusVersion = "1.6.0"
	folder        = ".cache/opacus"
)

// How Opacus computes the norms of the gradients of rows: hooks computes the gradient of each
// row, which is the default; ghost needs two passes and no gradients of rows.
const (
	hooks = "hooks"
	ghost = "ghost"
)

// opacus is Opacus in a child process, with one setting at a time.
type opacus struct{ *peer.Child }

// question is a line to opacus.py.
type question struct {
	Ask          string   `json:"ask"` // load, train or epsilon
	Widths       []uint32 `json:"widths,omitempty"`
	Batch        int      `json:"batch,omitempty"`
	LearningRate float64  `json:"learning_rate,omitempty"`
	Clip         float64  `json:"clip,omitempty"`
	X            string   `json:"x,omitempty"` // base64 of float32, little endian, row by row
	Y            []int32  `json:"y,omitempty"`
	HeldX        string   `json:"held_x,omitempty"`
	HeldY        []int32  `json:"held_y,omitempty"`
	Mode         string   `json:"mode,omitempty"`
	Weights      string   `json:"weights,omitempty"`
	Seed         uint64   `json:"seed"`
	Noise        float64  `json:"noise,omitempty"`
	Rate         float64  `json:"rate,omitempty"`
	Divisor      uint64   `json:"divisor,omitempty"`
	Steps        int      `json:"steps,omitempty"`
	Delta        float64  `json:"delta,omitempty"`
}

// answer is a line from opacus.py.
type answer struct {
	Seconds  float64 `json:"seconds"` // CPU time
	Accuracy float64 `json:"accuracy"`
	RDP      float64 `json:"rdp"`
	PRV      float64 `json:"prv"`
	Error    string  `json:"error"`
}

// python is the named Python. If none is named, it is one with Opacus, which is installed if
// it is missing.
func python(ctx context.Context, named string, log io.Writer) (string, error) {
	return peer.Environment{
		Folder:   folder,
		Installs: [][]string{{"torch==" + torchVersion, "opacus==" + opacusVersion}},
		Versions: "from importlib.metadata import version; print('torch', version('torch'), 'opacus', version('opacus'))",
		Want:     "torch " + torchVersion + " opacus " + opacusVersion,
	}.Python(ctx, named, log)
}

// start starts the child on one thread, as ours is. The child writes its first line when it
// has loaded.
func start(ctx context.Context, python string) (opacus, error) {
	c, err := peer.Start(ctx, python, script, "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "MKL_NUM_THREADS=1")
	if err != nil {
		return opacus{}, err
	}
	if err := c.Read(&answer{}); err != nil {
		return opacus{}, fmt.Errorf("cannot load opacus: %w", errors.Join(err, c.Close()))
	}
	return opacus{c}, nil
}

func (p opacus) ask(q question) (a answer, err error) {
	if err = p.Ask(q, &a); err == nil && a.Error != "" {
		err = errors.New(a.Error)
	}
	return a, err
}

// load sends another setting to the child.
func (p opacus) load(s setting) error {
	_, err := p.ask(question{
		Ask: "load", Widths: s.widths(), Batch: s.batch(), LearningRate: share(s.learningRate), Clip: s.clip, Noise: s.noise,
		X: encode(pixels(s.rows)), Y: s.rows.Y, HeldX: encode(pixels(s.held)), HeldY: s.held.Y,
	})
	return err
}

// train runs all steps of the loaded setting.
func (p opacus) train(s setting, mode string, seed uint64) (trained, error) {
	w, err := s.weights(seed)
	if err != nil {
		return trained{}, err
	}
	a, err := p.ask(question{Ask: "train", Mode: mode, Weights: encode(w), Seed: seed, Rate: share(s.rate), Divisor: s.divisor, Steps: s.steps})
	return trained{time.Duration(a.Seconds * float64(time.Second)), a.Accuracy}, err
}

// costs is the epsilon of all steps by its two accountants.
func (p opacus) costs(s setting) (rdp, prv float64, err error) {
	a, err := p.ask(question{Ask: "epsilon", Noise: s.noise, Rate: share(s.rate), Steps: s.steps, Delta: s.delta})
	return a.RDP, a.PRV, err
}

// pixels are the features of all rows, row by row.
func pixels(t data.Table) (all []float32) {
	for i := range t.Rows() {
		all = append(all, t.Row(i)...)
	}
	return all
}

func encode(values []float32) string {
	b := make([]byte, 0, 4*len(values))
	b, _ = binary.Append(b, binary.LittleEndian, values)
	return base64.StdEncoding.EncodeToString(b)
}
