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
	"path/filepath"
	"slices"
	"time"
)

//go:embed peers.py
var script string

// What is compared with, and where it is installed: relative to the folder of the
// module, which is not kept under version control.
const (
	googleVersion = "0.6.0"
	opacusVersion = "1.6.0"
	folder        = ".cache/accountants"
)

// peers are other programs' accountants in a child process.
type peers struct {
	process *exec.Cmd
	said    bytes.Buffer // on stderr; read once it has died
	stdin   io.WriteCloser
	ask     *json.Encoder
	answers *json.Decoder
}

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
	Versions []string `json:"versions"` // of dp_accounting and Opacus, in the first line
	Epsilon  float64  `json:"epsilon"`
	Seconds  float64  `json:"seconds"`
	Error    string   `json:"error"`
}

// python is the one that is named, else the one that has the others' accountants,
// which are installed if they are not there.
func python(ctx context.Context, named string, log io.Writer) (string, error) {
	if named != "" {
		return named, nil
	}
	path, err := filepath.Abs(filepath.Join(folder, "bin", "python"))
	if err != nil {
		return "", err
	}
	installed := exec.CommandContext(ctx, path, "-m", "pip", "show", "--quiet", "dp-accounting", "opacus")
	if installed.Run() == nil {
		return path, nil
	}
	fmt.Fprintf(log, "installing dp-accounting %s and opacus %s into %s\n", googleVersion, opacusVersion, folder)
	for _, command := range [][]string{
		{"python3", "-m", "venv", folder},
		{path, "-m", "pip", "install", "--quiet", "dp-accounting==" + googleVersion},
		{path, "-m", "pip", "install", "--quiet", "--no-deps", "opacus==" + opacusVersion},
	} {
		c := exec.CommandContext(ctx, command[0], command[1:]...)
		c.Stdout, c.Stderr = log, log
		if err := c.Run(); err != nil {
			return "", fmt.Errorf("%v: %w", command, err)
		}
	}
	return path, nil
}

// start runs the child on one thread, as ours is.
func start(ctx context.Context, python string) (*peers, error) {
	c := exec.CommandContext(ctx, python, "-u", "-c", script)
	c.Env = append(os.Environ(), "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "MKL_NUM_THREADS=1")
	p := &peers{process: c}
	c.Stderr = &p.said
	stdin, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	p.stdin, p.ask, p.answers = stdin, json.NewEncoder(stdin), json.NewDecoder(stdout)
	var hello answer
	if err := p.answers.Decode(&hello); err != nil {
		return nil, fmt.Errorf("%s does not load the accountants: %w", python, errors.Join(err, p.close()))
	}
	if want := []string{googleVersion, opacusVersion}; !slices.Equal(hello.Versions, want) {
		return nil, errors.Join(fmt.Errorf("%s has dp_accounting and opacus %v, not %v", python, hello.Versions, want), p.close())
	}
	return p, nil
}

// measure asks one accountant. What it cannot count is no error of ours.
func (p *peers) measure(by string, s setting) (figure, error) {
	q := question{By: by, Mechanism: s.mechanism, Parameter: s.parameter, Rate: s.rate, Steps: s.steps, Delta: s.delta}
	if err := p.ask.Encode(q); err != nil {
		return figure{}, err
	}
	var a answer
	if err := p.answers.Decode(&a); err != nil {
		return figure{}, err
	}
	return figure{Epsilon: a.Epsilon, Time: time.Duration(a.Seconds * float64(time.Second)), Refused: a.Error}, nil
}

// close ends the child. What it said is part of the error when it did not end well.
func (p *peers) close() error {
	_ = p.stdin.Close()
	if err := p.process.Wait(); err != nil {
		return fmt.Errorf("%w\n%s", err, bytes.TrimSpace(p.said.Bytes()))
	}
	return nil
}
