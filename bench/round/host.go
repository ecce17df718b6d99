package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/althing-network/althing/daemon"
)

// host runs all home folders of a network in this process, as the demo does, until the
// context ends. If one ends early, all end.
func host(ctx context.Context, dir string) error {
	names, err := homes(dir)
	if err != nil {
		return err
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	failed := make([]error, len(names))
	var all sync.WaitGroup
	for i, name := range names {
		log := slog.New(slog.NewTextHandler(os.Stderr, nil))
		all.Go(func() {
			defer end()
			if err := daemon.Start(ctx, filepath.Join(dir, name), log); err != nil {
				failed[i] = fmt.Errorf("%s: %w", name, err)
			}
		})
	}
	all.Wait()
	return errors.Join(failed...)
}

// homes are the names of a network's home folders, validators first, without the guests,
// which are not started.
func homes(dir string) (names []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var nodes []string
	for _, e := range entries {
		switch {
		case !e.IsDir() || strings.HasPrefix(e.Name(), "guest-"):
		case strings.HasPrefix(e.Name(), "validator-"):
			names = append(names, e.Name())
		default:
			nodes = append(nodes, e.Name())
		}
	}
	return append(names, nodes...), nil
}
