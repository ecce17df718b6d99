// Package peer runs what others wrote in Python and benches compare with: it finds a
// Python that has it, installs it where it is missing, and asks a script of the bench
// in lines of JSON. It measures nothing.
package peer

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
)

// Environment is packages of pinned versions, and a folder that gets a Python with them.
type Environment struct {
	Folder   string     // relative to the folder of the module, not kept under version control
	Installs [][]string // what pip installs, one call after the other
	Versions string     // a script that prints which versions there are
	Want     string     // what it must print
}

// Python is the one that is named, else the one in the folder, where the packages are
// installed if they are not there; a log is told.
func (e Environment) Python(ctx context.Context, named string, log io.Writer) (string, error) {
	if named != "" {
		return named, e.has(ctx, named)
	}
	python, err := filepath.Abs(filepath.Join(e.Folder, "bin", "python"))
	if err != nil || e.has(ctx, python) == nil {
		return python, err
	}
	fmt.Fprintf(log, "installing %s into %s\n", e.Want, e.Folder)
	commands := [][]string{{"python3", "-m", "venv", e.Folder}}
	for _, packages := range e.Installs {
		commands = append(commands, append([]string{python, "-m", "pip", "install", "--quiet"}, packages...))
	}
	for _, command := range commands {
		c := exec.CommandContext(ctx, command[0], command[1:]...)
		c.Stdout, c.Stderr = log, log
		if err := c.Run(); err != nil {
			return "", fmt.Errorf("%v: %w", command, err)
		}
	}
	return python, e.has(ctx, python)
}

func (e Environment) has(ctx context.Context, python string) error {
	said, err := exec.CommandContext(ctx, python, "-c", e.Versions).CombinedOutput()
	got := strings.TrimSpace(string(said))
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w\n%s", python, err, got)
	case got != e.Want:
		return fmt.Errorf("%s has %s, not %s", python, got, e.Want)
	}
	return nil
}
