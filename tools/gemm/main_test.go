package main

import (
	"os"
	"path/filepath"
	"testing"
)

// The committed files are the output of this program.
func TestCommittedKernelsAreUpToDate(t *testing.T) {
	root := t.TempDir()
	for _, dir := range packages() {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := generate(root); err != nil {
		t.Fatal(err)
	}
	for _, dir := range packages() {
		written, err := os.ReadDir(filepath.Join(root, dir))
		if err != nil {
			t.Fatal(err)
		}
		if len(written) != 4 {
			t.Errorf("%d files are written to %s, want 4", len(written), dir)
		}
		for _, f := range written {
			got, err := os.ReadFile(filepath.Join(root, dir, f.Name()))
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(filepath.Join("../..", dir, f.Name()))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != string(want) {
				t.Errorf("%s of %s is not what is committed: run go generate ./%s", f.Name(), dir, dir)
			}
		}
	}
}
