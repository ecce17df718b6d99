package daemon_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/role"
)

// failing asks for the same action at every height; the action fails.
type failing struct{ err error }

func (f failing) Handle(role.Event) []role.Action { return []role.Action{f} }

func (failing) Key() string { return "failing" }

func (f failing) Do(context.Context, role.Tools) (role.Event, error) { return nil, f.err }

// TestFailedActionsAreRetried: a failed action is retried after 1, 2, 4 blocks and so on; one with
// a final error is not.
func TestFailedActionsAreRetried(t *testing.T) {
	temporary := errors.New("the wire is cut")
	for _, c := range []struct {
		err  error
		want int
	}{
		{temporary, 6}, // at heights 0, 1, 3, 7, 15, 31
		{fmt.Errorf("no number: %w", role.ErrFinal), 1},
		{context.Canceled, 0},
	} {
		reported := daemon.Try(t.Context(), failing{c.err}, 40)
		if len(reported) != c.want {
			t.Errorf("error %q: reported %d times, want %d", c.err, len(reported), c.want)
		}
	}
}

// broken asks for an action that panics and for one that does not.
type broken struct{ done *int }

func (b broken) Handle(role.Event) []role.Action { return []role.Action{b, works(b)} }

func (broken) Key() string { return "broken" }

func (broken) Do(context.Context, role.Tools) (role.Event, error) {
	var layers []string
	return nil, errors.New(layers[3])
}

type works broken

func (works) Key() string { return "works" }

func (w works) Do(context.Context, role.Tools) (role.Event, error) {
	*w.done++
	return nil, nil
}

// TestPanicOfAnActionIsAnError: a panic of an action ends neither the worker nor other actions. It
// is reported as an error that names its place in the code, and the action is retried.
func TestPanicOfAnActionIsAnError(t *testing.T) {
	done := 0
	reported := daemon.Try(t.Context(), broken{&done}, 8)
	if len(reported) != 4 || done != 1 { // at heights 0, 1, 3, 7
		t.Errorf("%d errors and %d actions done, want 4 and 1", len(reported), done)
	}
	for _, err := range reported {
		const want = "panic: runtime error: index out of range [3] with length 0, in daemon_test.broken.Do (worker_test.go:"
		if !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got error %v, want one line that begins with %s", err, want)
		}
	}
}
