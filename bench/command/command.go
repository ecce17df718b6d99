// Package command is what every bench does around its work: flags, signals and exit
// codes. It measures nothing.
package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit codes of a bench.
const (
	codeFailed = 1
	codeFlags  = 2
)

// Main is the main function of a bench: it reads the flags of the command line, works
// until that is done or the process is told to stop, and ends the process with 2 where the
// flags are wrong and with 1 where the work failed. What is wrong with flags parse itself
// has said, on the writer that it gets.
func Main[O any](name string, parse func(arguments []string, w io.Writer) (O, error), run func(context.Context, O) error) {
	if code := Code(name, os.Args[1:], os.Stderr, parse, run); code != 0 {
		os.Exit(code)
	}
}

// Code is [Main] without the process: it returns the exit code, and says on w what failed.
func Code[O any](name string, arguments []string, w io.Writer, parse func([]string, io.Writer) (O, error), run func(context.Context, O) error) int {
	o, err := parse(arguments, w)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return codeFlags
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err = run(ctx, o); err == nil {
		return 0
	}
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	fmt.Fprintf(w, "bench/%s: %v\n", name, err)
	if hint, ok := errors.AsType[*Hinted](err); ok {
		fmt.Fprintln(w, "hint: "+hint.Hint)
	}
	return codeFailed
}

// Hinted is an error with what to do about it.
type Hinted struct {
	Err  error
	Hint string
}

// Error implements [error].
func (h *Hinted) Error() string { return h.Err.Error() }

// Unwrap returns the error without the hint.
func (h *Hinted) Unwrap() error { return h.Err }
