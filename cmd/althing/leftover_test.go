package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A demonstration without a home folder leaves what its summary names, and no more.
func TestLeave(t *testing.T) {
	for name, c := range map[string]struct{ kept, want []string }{
		"files":        {[]string{"model", "e-1/rows.csv"}, []string{"e-1/rows.csv", "model"}},
		"a folder":     {[]string{"e-1/rows"}, []string{"e-1/rows/images", "e-1/rows/labels"}},
		"nothing":      {nil, nil},
		"of that name": {[]string{"e"}, nil},
	} {
		dir := filepath.Join(t.TempDir(), "demo")
		for _, path := range []string{"model", "log.txt", "e-1/rows.csv", "e-1/key", "e-1/rows/images", "e-1/rows/labels", "e-10/rows.csv"} {
			path = filepath.Join(dir, path)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		kept := []string{""} // no round was accepted, so there is no such file
		for _, k := range c.kept {
			kept = append(kept, filepath.Join(dir, k))
		}
		if err := leave(dir, kept...); err != nil {
			t.Error(err)
		}
		var left []string
		_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() {
				path, err = filepath.Rel(dir, path)
				left = append(left, path)
			}
			return err
		})
		if d := cmp.Diff(c.want, left); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}
