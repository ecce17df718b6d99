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

// Child is a Python script in a process of its own that is asked in lines of JSON and
// answers each in one.
type Child struct {
	python  string
	process *exec.Cmd
	said    bytes.Buffer // on stderr: warnings of libraries, until it dies; read once it has
	stdin   io.WriteCloser
	ask     *json.Encoder
	answers *json.Decoder
}

// Start runs a script. It gets variables beside those of this process.
func Start(ctx context.Context, python, script string, variables ...string) (*Child, error) {
	process := exec.CommandContext(ctx, python, "-u", "-c", script)
	process.Env = append(os.Environ(), variables...)
	c := &Child{python: python, process: process}
	process.Stderr = &c.said
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

// Python is the one that runs the script.
func (c *Child) Python() string { return c.python }

// Ask writes a question and reads its answer.
func (c *Child) Ask(question, answer any) error {
	if err := c.ask.Encode(question); err != nil {
		return fmt.Errorf("%s: %w", c.python, err)
	}
	return c.Read(answer)
}

// Read waits for a line that nothing was asked for, as the first one.
func (c *Child) Read(answer any) error {
	if err := c.answers.Decode(answer); err != nil {
		return fmt.Errorf("%s: %w", c.python, err)
	}
	return nil
}

// Close ends the child. What it said is part of the error when it did not end well.
func (c *Child) Close() error {
	_ = c.stdin.Close()
	if err := c.process.Wait(); err != nil {
		return fmt.Errorf("%s: %w\n%s", c.python, err, bytes.TrimSpace(c.said.Bytes()))
	}
	return nil
}
