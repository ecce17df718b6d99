// Package command is the frame of all benches: it handles flags, signals and exit codes. A
// bench calls [Main] with its own functions. The package measures nothing.
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

// Main is the main function of a bench. It parses the flags and runs the bench until it is
// done or the process gets a signal to stop. The exit code is 2 if flags are wrong and 1 if
// the bench failed. Parse writes errors about flags to its writer itself.
func Main[O any](name string, parse func(arguments []string, w io.Writer) (O, error), run func(context.Context, O) error) {
	if code := Code(name, os.Args[1:], os.Stderr, parse, run); code != 0 {
		os.Exit(code)
	}
}

// Code is [Main] without ending the process: it returns the exit code, and writes errors to w.
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

// Hinted is an error with a hint what to do about it.
type Hinted struct {
	Err  error
	Hint string
}

// Error implements [error].
func (h *Hinted) Error() string { return h.Err.Error() }

// Unwrap returns the error without the hint.
func (h *Hinted) Unwrap() error { return h.Err }
