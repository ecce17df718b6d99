package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/althing-network/althing/bench/peer"
)

//go:embed peers.py
var script string

// The versions of the programs that we compare with, and the folder into which they are
// installed, relative to the root of the module. The folder is not under version control.
const (
	googleVersion = "0.6.0"
	opacusVersion = "1.6.0"
	folder        = ".cache/accountants"
)

// peers are other programs' accountants in a child process.
type peers struct{ *peer.Child }

// question is a line to peers.py.
type question struct {
	By        string  `json:"by"`
	Mechanism string  `json:"mechanism"`
	Parameter float64 `json:"parameter"`
	Rate      float64 `json:"rate"`
	Steps     int     `json:"steps"`
	Delta     float64 `json:"delta"`
}

// answer is a line from peers.py.
type answer struct {
	Epsilon float64 `json:"epsilon"`
	Seconds float64 `json:"seconds"`
	Error   string  `json:"error"`
}

// python is the named Python. If none is named, it is one with the other programs, which are
// installed if they are missing.
func python(ctx context.Context, named string, log io.Writer) (string, error) {
	return peer.Environment{
		Folder:   folder,
		Installs: [][]string{{"dp-accounting==" + googleVersion}, {"--no-deps", "opacus==" + opacusVersion}},
		Versions: "from importlib.metadata import version; print('dp-accounting', version('dp-accounting'), 'opacus', version('opacus'))",
		Want:     "dp-accounting " + googleVersion + " opacus " + opacusVersion,
	}.Python(ctx, named, log)
}

// start starts the child on one thread, as ours is. The child writes its first line when it
// has loaded the accountants.
func start(ctx context.Context, python string) (*peers, error) {
	c, err := peer.Start(ctx, python, script, "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "MKL_NUM_THREADS=1")
	if err != nil {
		return nil, err
	}
	if err := c.Read(&answer{}); err != nil {
		return nil, fmt.Errorf("cannot load the other programs: %w", errors.Join(err, c.Close()))
	}
	return &peers{c}, nil
}

// measure asks one accountant. A setting that it cannot compute is not an error.
func (p *peers) measure(by string, s setting) (figure, error) {
	q := question{By: by, Mechanism: s.mechanism, Parameter: s.parameter, Rate: s.rate, Steps: s.steps, Delta: s.delta}
	var a answer
	err := p.Ask(q, &a)
	return figure{Epsilon: a.Epsilon, Time: time.Duration(a.Seconds * float64(time.Second)), Refused: a.Error}, err
}
