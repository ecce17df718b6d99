package command_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/althing-network/althing/bench/command"
)

func parse(arguments []string, w io.Writer) (n int, err error) {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(w)
	f.IntVar(&n, "n", 0, "number")
	return n, f.Parse(arguments)
}

// TestCode: exit codes and output of a bench for flags and work of all kinds.
func TestCode(t *testing.T) {
	failed := errors.New("no room")
	for name, c := range map[string]struct {
		arguments []string
		run       func(context.Context, int) error
		code      int
		says      string
	}{
		"done":        {[]string{"-n", "3"}, func(context.Context, int) error { return nil }, 0, ""},
		"help":        {[]string{"-h"}, nil, 0, "number"},
		"wrong flags": {[]string{"-m"}, nil, 2, "-m"},
		"failed":      {nil, func(context.Context, int) error { return failed }, 1, "bench/some: no room\n"},
		"with a hint": {nil, func(context.Context, int) error {
			return fmt.Errorf("round 1: %w", &command.Hinted{Err: failed, Hint: "make some"})
		}, 1, "bench/some: round 1: no room\nhint: make some\n"},
		"stopped": {nil, func(ctx context.Context, _ int) error {
			if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
				return err
			}
			<-ctx.Done()
			return fmt.Errorf("cut off: %w", ctx.Err())
		}, 1, "bench/some: interrupted\n"},
	} {
		var out bytes.Buffer
		if code := command.Code("some", c.arguments, &out, parse, c.run); code != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: exit code %d and output %q, want %d and %q", name, code, out.String(), c.code, c.says)
		}
	}
}
