package peer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// Child is a Python script in a process of its own. Each question is a line of JSON, and so is
// each answer.
type Child struct {
	python  string
	process *exec.Cmd
	stderr  bytes.Buffer // read only after the process has ended
	stdin   io.WriteCloser
	ask     *json.Encoder
	answers *json.Decoder
}

// Start starts a script, with environment variables in addition to those of this process.
func Start(ctx context.Context, python, script string, variables ...string) (*Child, error) {
	process := exec.CommandContext(ctx, python, "-u", "-c", script)
	process.Env = append(os.Environ(), variables...)
	c := &Child{python: python, process: process}
	process.Stderr = &c.stderr
	stdin, err := process.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := process.Start(); err != nil {
		return nil, err
	}
	c.stdin, c.ask, c.answers = stdin, json.NewEncoder(stdin), json.NewDecoder(stdout)
	return c, nil
}

// Python is the Python that runs the script.
func (c *Child) Python() string { return c.python }

// Ask writes a question and reads its answer.
func (c *Child) Ask(question, answer any) error {
	if err := c.ask.Encode(question); err != nil {
		return fmt.Errorf("%s: %w", c.python, err)
	}
	return c.Read(answer)
}

// Read reads a line without asking a question, for example the first line.
func (c *Child) Read(answer any) error {
	if err := c.answers.Decode(answer); err != nil {
		return fmt.Errorf("%s: %w", c.python, err)
	}
	return nil
}

// Close ends the child. If it failed, the error contains its output on stderr.
func (c *Child) Close() error {
	_ = c.stdin.Close()
	if err := c.process.Wait(); err != nil {
		return fmt.Errorf("%s: %w\n%s", c.python, err, bytes.TrimSpace(c.stderr.Bytes()))
	}
	return nil
}
