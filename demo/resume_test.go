package demo

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/spec"
)

// interrupter is a narrator that stops the demo when a round has ended.
type interrupter struct {
	Narrator
	after uint64 // round; 0: never
	stop  context.CancelCauseFunc
	ended []uint64 // rounds it was told of
}

var errInterrupted = errors.New("interrupted by the test")

// Round implements [Narrator].
func (i *interrupter) Round(e RoundEvent) error {
	i.ended = append(i.ended, e.Round)
	if e.Round == i.after {
		i.stop(errInterrupted)
	}
	return nil
}

// runUntil runs a demo until a round has ended, or to its end, and closes its folder.
func runUntil(t *testing.T, f *Folder, round uint64) (Summary, []uint64, error) {
	t.Helper()
	ctx, stop := context.WithCancelCause(t.Context())
	defer stop(nil)
	narrator := &interrupter{Narrator: JSONLines(io.Discard), after: round, stop: stop}
	s, err := f.Run(ctx, narrator)
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	return s, narrator.ended, err
}

// TestResume: a demo that is stopped in its second round and resumed ends in the model of one
// that was not stopped.
func TestResume(t *testing.T) {
	if testing.Short() {
		t.Skip("runs networks")
	}
	n := Network{
		Validators: 1, Trainers: 4, Aggregators: 4, Evaluators: 1, Rounds: 4, Alpha: 1, Model: spec.ModelSoftmax, Seed: 3, Commit: 20 * time.Millisecond,
		Given: func(flag string) bool { return flag == "target" },
	}
	create := func() *Folder {
		f, err := Create(n, filepath.Join(t.TempDir(), "demo"))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	want, _, err := runUntil(t, create(), 0)
	if err != nil {
		t.Fatal(err)
	}
	stopped := create()
	if _, _, err := runUntil(t, stopped, 1); !errors.Is(err, errInterrupted) {
		t.Fatalf("the stopped demo ends with %v", err)
	}
	resumed, err := Open(stopped.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(stopped.Dir); !errors.Is(err, daemon.ErrInUse) {
		t.Errorf("a folder is opened twice: %v", err)
	}
	got, ended, err := runUntil(t, resumed, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got.Model != want.Model || got.Rounds != want.Rounds || got.Task != 1 || got.Burned != 0 || got.Paid != want.Paid {
		t.Errorf("resumed it ends in %s after %d rounds, which cost %d; not stopped in %s after %d, which cost %d",
			got.Model.Short(), got.Rounds, got.Paid, want.Model.Short(), want.Rounds, want.Paid)
	}
	if len(ended) != int(want.Rounds) {
		t.Errorf("the resumed demo tells of rounds %v, want all %d", ended, want.Rounds)
	}
	again, err := Open(stopped.Dir) // it has ended: its summary is shown again
	if err != nil {
		t.Fatal(err)
	}
	if got, _, err := runUntil(t, again, 0); err != nil || got.Model != want.Model {
		t.Errorf("resumed after its end: %s, %v", got.Model.Short(), err)
	}
}

// TestOpenRefuses: only the folder of a demo that can go on is opened.
func TestOpenRefuses(t *testing.T) {
	if _, err := Open(t.TempDir()); !errors.Is(err, ErrNoDemo) {
		t.Errorf("an empty folder: %v", err)
	}
	dir := filepath.Join(t.TempDir(), "governed")
	f, err := Create(Network{
		Validators: 1, Trainers: 1, Aggregators: 1, Evaluators: 1, Rounds: 1, Alpha: 1, Model: spec.ModelSoftmax, Commit: time.Second, Governed: true,
	}, dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); !errors.Is(err, ErrNoDemo) || f.Resumable() {
		t.Errorf("a demo with votes: %v", err)
	}
}
