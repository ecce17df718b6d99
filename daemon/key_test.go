package daemon_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/althing-network/althing/daemon"
)

func TestKeyIsKept(t *testing.T) {
	home := filepath.Join(t.TempDir(), "ann")
	made, err := daemon.NewKey(home)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := daemon.LoadKey(home)
	if err != nil || !loaded.Equals(made) {
		t.Fatalf("got another key than was made (%v)", err)
	}
	if _, err := daemon.NewKey(home); err == nil {
		t.Error("a key was replaced")
	}
	path := filepath.Join(home, "key.json")
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got mode %v (%v), want 0600", info.Mode(), err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), `"address": "althing1`) {
		t.Error("key.json does not name the address")
	}
}

func FuzzLoadKey(f *testing.F) {
	home := f.TempDir()
	if _, err := daemon.NewKey(home); err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile(filepath.Join(home, "key.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"address":"althing1","private":"00"}`))
	f.Add([]byte(`{"address":"","private":"` + strings.Repeat("00", 32) + `"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		home := t.TempDir()
		if err := os.WriteFile(filepath.Join(home, "key.json"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		key, err := daemon.LoadKey(home)
		if err == nil && len(key.Key) != 32 {
			t.Errorf("got a key of %d bytes", len(key.Key))
		}
	})
}
