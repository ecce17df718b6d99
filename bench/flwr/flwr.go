// Package flwr finds the Python in which benches run Flower, and installs it where it
// is missing. It measures nothing.
package flwr

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
)

// What is compared with, and where it is installed when no other Python has it:
// relative to the folder of the module, which is not kept under version control.
const (
	Version = "1.42.0"
	NumPy   = "2.4.6"
	Folder  = ".cache/flwr"
)

// ErrMissing is wrapped when a Python is missing, or has no Flower of the version.
var ErrMissing = errors.New("no Flower")

// Hint is what somebody can do about [ErrMissing].
const Hint = "python3 -m venv " + Folder + " && " + Folder + "/bin/pip install flwr==" + Version + " numpy==" + NumPy +
	", or name a Python that has them: --python PATH"

// Python is the one that is named, else the one where Flower is installed by this
// function, which it does when it is not there; it says so to a log.
func Python(ctx context.Context, named string, log io.Writer) (string, error) {
	if named != "" {
		return named, has(ctx, named)
	}
	python, err := filepath.Abs(filepath.Join(Folder, "bin", "python"))
	if err != nil || has(ctx, python) == nil {
		return python, err
	}
	fmt.Fprintf(log, "installing flwr %s and numpy %s into %s\n", Version, NumPy, Folder)
	for _, command := range [][]string{
		{"python3", "-m", "venv", Folder},
		{python, "-m", "pip", "install", "--quiet", "flwr==" + Version, "numpy==" + NumPy},
	} {
		c := exec.CommandContext(ctx, command[0], command[1:]...)
		c.Stdout, c.Stderr = log, log
		if err := c.Run(); err != nil {
			return "", fmt.Errorf("%w: %v: %w", ErrMissing, command, err)
		}
	}
	return python, has(ctx, python)
}

func has(ctx context.Context, python string) error {
	said, err := exec.CommandContext(ctx, python, "-c", "import flwr, numpy; print(flwr.__version__)").CombinedOutput()
	version := strings.TrimSpace(string(said))
	switch {
	case err != nil:
		return fmt.Errorf("%w: %s: %w\n%s", ErrMissing, python, err, version)
	case version != Version:
		return fmt.Errorf("%w: %s has flwr %s, not %s", ErrMissing, python, version, Version)
	}
	return nil
}
