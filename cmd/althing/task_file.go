package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/althing-network/althing/spec"
)

// readTaskFile reads a task file; "-" is the standard input.
func readTaskFile(ctx context.Context, stdin io.Reader, path string) (spec.TaskSpec, error) {
	file, err := readFile(ctx, stdin, path)
	if err != nil {
		return spec.TaskSpec{}, err
	}
	asked, err := spec.ParseTask(file)
	if err != nil {
		return asked, fmt.Errorf("%s: %w", path, err)
	}
	return asked, nil
}

// readFile reads a file; "-" is the standard input. A pipe into which nobody writes is read
// until ctx ends.
func readFile(ctx context.Context, stdin io.Reader, path string) ([]byte, error) {
	var file []byte
	read := make(chan error, 1)
	go func() {
		var err error
		if path == "-" {
			file, err = io.ReadAll(stdin)
		} else {
			file, err = os.ReadFile(path)
		}
		read <- err
	}()
	select {
	case err := <-read:
		return file, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
