package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestProgramName: hints name the program as its user can call it.
func TestProgramName(t *testing.T) {
	dir := t.TempDir()
	installed := filepath.Join(dir, "althing")
	if err := os.WriteFile(installed, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ executable, found, folder, want string }{
		{"/tmp/go-build4058761837/b001/exe/althing", "", "/src", "go run ./cmd/althing"},
		{"/home/ada/.cache/go-build/0a/" + strings.Repeat("0a", 32) + "-d/althing", "", "/src", "go run ./cmd/althing"},
		{"/var/cache/gocache/0a/" + strings.Repeat("0a", 32) + "-d/althing", installed, "/src", "go run ./cmd/althing"},
		{installed, installed, "/src", "althing"},
		{installed, "", dir, "./althing"},
		{installed, "/somewhere/else/althing", "/src", installed},
		{"/opt/my programs/althing", "", "/src", "'/opt/my programs/althing'"},
	} {
		if got := calledAs(c.executable, c.found, c.folder); got != c.want {
			t.Errorf("%s, with %q on the path, in %s: called as %q, want %q", c.executable, c.found, c.folder, got, c.want)
		}
	}
	s := &session{program: "./althing"}
	if got, want := s.asTyped("althing localnet net && althing start --home net/althing"), "./althing localnet net && ./althing start --home net/althing"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := s.commandLine("predict", "--model", "a b"), "./althing predict --model 'a b'"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// failing is an output whose writes fail.
type failing struct{ error }

// Write implements [io.Writer].
func (f failing) Write([]byte) (int, error) { return 0, f.error }

// TestOutputFails: a command whose output cannot be written ends with code 1: with one error
// where a disk is full, silently where the reader of a pipe has gone.
func TestOutputFails(t *testing.T) {
	for _, c := range []struct {
		why    error
		stderr string
	}{
		{syscall.EPIPE, ""},
		{&os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}, "althing: error: cannot write the output: "},
		{errors.New("gone"), "althing: error: cannot write the output: gone\n"},
	} {
		for _, args := range [][]string{{"--help"}, {"task", "template"}, {"task", "template", "--json"}, {"demo", "--home", filepath.Join(t.TempDir(), "demo")}} {
			var stderr bytes.Buffer
			code := run(t.Context(), args, io.Writer(failing{c.why}), &stderr)
			if code != codeFailed || !strings.HasPrefix(stderr.String(), c.stderr) || c.stderr == "" && stderr.Len() > 0 {
				t.Errorf("althing %v, %v: code %d, %q", args, c.why, code, stderr.String())
			}
		}
	}
}
