package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// leave removes a folder but for some files in it, and the folders on the way to them.
func leave(dir string, kept ...string) error {
	under := func(path string) bool {
		return slices.ContainsFunc(kept, func(k string) bool { return strings.HasPrefix(k, path+string(filepath.Separator)) })
	}
	if !under(dir) {
		return os.RemoveAll(dir)
	}
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if path := filepath.Join(dir, e.Name()); !slices.Contains(kept, path) {
			err = errors.Join(err, leave(path, kept...))
		}
	}
	return err
}
