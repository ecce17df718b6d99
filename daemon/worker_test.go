package daemon_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/role"
)

// failing asks for the same action all the time, which fails.
type failing struct{ err error }

func (f failing) Handle(role.Event, int64) []role.Action { return []role.Action{f} }

func (failing) Key() string { return "failing" }

func (f failing) Do(context.Context, role.Tools) (role.Event, error) { return nil, f.err }

// What fails is tried again after 1, 2, 4 blocks and so on; what would fail again
// is not.
func TestFailures(t *testing.T) {
	passing := errors.New("the wire is cut")
	for _, c := range []struct {
		err  error
		want int
	}{
		{passing, 6}, // at heights 0, 1, 3, 7, 15, 31
		{fmt.Errorf("no number: %w", role.ErrFinal), 1},
		{context.Canceled, 0},
	} {
		reported := daemon.Try(t.Context(), failing{c.err}, 40)
		if len(reported) != c.want {
			t.Errorf("%v: reported %d times, want %d", c.err, len(reported), c.want)
		}
	}
}
