package demo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/daemon"
)

// TestCache: the cache keeps the newest demos and those that run, and nothing else of its
// folder is deleted.
func TestCache(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir()) // where a system has no XDG_CACHE_HOME
	cache, err := CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"demo-20260101-000000", "demo-20260102-000000", "demo-20260103-000000", "demo-20260104-000000", "demo-20260105-000000", "other"} {
		if err := os.MkdirAll(filepath.Join(cache, name, "trainer-1"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	release, err := daemon.Lock(filepath.Join(cache, "demo-20260102-000000"))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC)
	for range 2 {
		if _, warning, err := newCached(now); err != nil || warning != "" {
			t.Fatalf("%q, %v", warning, err)
		}
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(cache)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	want := []string{"demo-20260102-000000", "demo-20260105-000000", "demo-20260201-120000", "demo-20260201-120000-2", "other"}
	if diff := cmp.Diff(want, left); diff != "" {
		t.Errorf("left in the cache (-want +got):\n%s", diff)
	}
}

// TestNoCache: where the cache cannot be written, a demo has a temporary folder and says so.
func TestNoCache(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CACHE_HOME", filepath.Join(file, "cache"))
	t.Setenv("HOME", file)
	t.Setenv("TMPDIR", t.TempDir())
	dir, warning, err := newCached(time.Now())
	if err != nil || !strings.HasPrefix(dir, os.TempDir()) || !strings.Contains(warning, "cannot be written") {
		t.Errorf("%s, warning %q, %v: want a temporary folder and a warning", dir, warning, err)
	}
}

// TestRemember: the cache finds a network that lies elsewhere, once per folder, and forgets it
// when its folder is gone.
func TestRemember(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir()) // where a system has no XDG_CACHE_HOME
	kept, gone := t.TempDir(), filepath.Join(t.TempDir(), "net")
	if err := os.Mkdir(gone, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{gone, kept} {
		if err := remember(dir); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	if err := remember(kept); err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, pattern := range Networks() {
		links, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range links {
			dir, err := os.Readlink(link)
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, dir)
		}
	}
	if diff := cmp.Diff([]string{kept}, found); diff != "" {
		t.Errorf("found by the cache (-want +got):\n%s", diff)
	}
}
