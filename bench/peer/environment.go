// Package peer runs Python programs with which benches compare. It finds or installs a Python
// with the needed packages ([Environment]), starts a script of the bench in it, and exchanges
// lines of JSON with the script ([Child]). It measures nothing.
package peer

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
)

// Environment are packages with pinned versions, and a folder for a Python with them.
type Environment struct {
	Folder   string     // relative to the root of the module, not under version control
	Installs [][]string // arguments of pip install, one call after the other
	Versions string     // a script that prints the installed versions
	Want     string     // what that script must print
}

// Python returns the named Python, which must have the packages. If none is named, it returns
// the one in the folder, where it installs missing packages, and writes that to log.
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
		return fmt.Errorf("%s has %s: want %s", python, got, e.Want)
	}
	return nil
}
