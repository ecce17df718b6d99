package daemon_test

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// TestNomineesAreServed: an owner puts files into the folder of nominees. Those that a task's
// aggregators would accept move into the store; each other file is logged once.
func TestNomineesAreServed(t *testing.T) {
	n, err := sim.Digits(sim.Config{}, 3)
	if err != nil {
		t.Fatal(err)
	}
	rules := sim.DigitsTask(1)
	rules.Governed = true
	id, err := n.Open("consumer", rules)
	if err != nil {
		t.Fatal(err)
	}
	weights, err := model.Init(rules.Model)
	if err != nil {
		t.Fatal(err)
	}
	good, err := model.File{Model: rules.Model, Weights: weights}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	rules.Model.Init = spec.Init{Model: spec.DigestOf(good), Holder: 1}
	rules.Model.Seed = 5
	starts, err := n.Open("consumer", rules)
	if err != nil {
		t.Fatal(err)
	}
	home, store := t.TempDir(), blob.NewMemory()
	var said bytes.Buffer
	log := slog.New(slog.NewTextHandler(&said, nil))
	daemon.TakeNominees(t.Context(), home, store, n.Records(), log, 1) // there is no folder
	if said.Len() > 0 {
		t.Errorf("without a folder: %s", &said)
	}
	put := func(name string, b []byte) {
		t.Helper()
		path := filepath.Join(home, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, b, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	put(daemon.NomineeFile(id, 7), good)
	put(daemon.NomineeFile(id, 8), good[:len(good)-1])
	put(daemon.NomineeFile(id, 9), append(bytes.Clone(good), make([]byte, 1000)...))
	put(daemon.NomineeFile(starts+1, 7), good)
	put(daemon.NomineeFile(starts, 0), good)
	put(daemon.NomineeFile(id, 0), good) // which starts with no model
	put(filepath.Join("nominees", "model.safetensors"), good)
	elsewhere := filepath.Join(home, "elsewhere") // of the right size as far as the link says
	if err := errors.Join(os.WriteFile(elsewhere, good, 0o600), os.Symlink(elsewhere, filepath.Join(home, daemon.NomineeFile(id, 10)))); err != nil {
		t.Fatal(err)
	}
	daemon.TakeNominees(t.Context(), home, store, n.Records(), log, 3)
	labels, err := store.Labels(t.Context())
	if err != nil || len(labels) != 2 || labels[0].Path() != "tasks/1/proposals/7/model" || labels[1].Path() != "tasks/2/rounds/0/start" || labels[1].Digest != spec.DigestOf(good) {
		t.Errorf("labels %v, %v", labels, err)
	}
	if _, err := os.Stat(filepath.Join(home, daemon.NomineeFile(id, 7))); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is still in the folder: %v", err)
	}
	if got := strings.Count(said.String(), "serves a nominated model"); got != 2 {
		t.Errorf("%d models are served, want 2:\n%s", got, &said)
	}
	for _, once := range []string{"file=task-1-start", "proposal-8", "proposal-9", "not a regular file", "task not found", "want task-1-proposal-2.safetensors"} {
		if got := strings.Count(said.String(), once); got != 1 {
			t.Errorf("%q is logged %d times, want once:\n%s", once, got, &said)
		}
	}
}
