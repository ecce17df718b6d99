package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"

	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/terminal"
)

// The program's exit codes. 2 is what Go itself ends with at a panic. A command that a signal
// has stopped ends with 128 and the number of the signal: 130 after Ctrl-C, 143 after SIGTERM.
const (
	codeFailed = 1 // an error, as of an output that cannot be written
	codeMissed = 3 // the demo did not reach its target
	codeHalted = 4 // a validator has halted
	codeForced = 5 // a signal came, and the command did not end by itself
	codeSignal = 128
)

// exit is an error that only sets the program's exit code.
type exit int

// Error implements [error].
func (e exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// hinted is an error whose next step is a command that can be pasted.
type hinted struct {
	error
	hint string
}

// Unwrap gives the error without its hint.
func (h hinted) Unwrap() error { return h.error }

// noted is an error with a line that is printed below it.
type noted struct {
	error
	note string
}

// Unwrap gives the error without its note.
func (n noted) Unwrap() error { return n.error }

// stopped is why a command ends that a signal has stopped.
type stopped struct{ signal syscall.Signal }

// Error implements [error].
func (s stopped) Error() string {
	if s.signal == syscall.SIGINT {
		return "stopped by Ctrl-C"
	}
	return "stopped by SIGTERM"
}

// unwritable is why a command ends whose output cannot be written.
type unwritable struct{ error }

// Error implements [error].
func (u unwritable) Error() string { return fmt.Sprintf("cannot write the output: %v", u.error) }

// Unwrap gives the cause.
func (u unwritable) Unwrap() error { return u.error }

// output is where a command prints. The first write that fails ends the command.
type output struct {
	io.Writer
	end context.CancelCauseFunc

	mu     sync.Mutex
	failed error
}

// Write implements [io.Writer].
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failed != nil {
		return 0, o.failed
	}
	n, err := o.Writer.Write(b)
	if err != nil {
		o.failed = unwritable{err}
		o.end(o.failed)
	}
	return n, o.failed
}

func (o *output) err() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.failed
}

// report says on the error stream why a command has failed, and what may come next. It returns
// the exit code.
func (s *session) report(ctx context.Context, err error) int {
	if code, ok := errors.AsType[exit](err); ok {
		return int(code)
	}
	if errors.Is(err, syscall.EPIPE) {
		return codeFailed // nobody reads any more
	}
	code, text := codeFailed, errorText(err)
	if signal, ok := errors.AsType[stopped](context.Cause(ctx)); ok {
		code = codeSignal + int(signal.signal)
		if errors.Is(err, context.Canceled) {
			text = signal.Error()
		}
		if terminal.New(s.err, os.Getenv).Live {
			fmt.Fprintln(s.err) // below the ^C that the terminal shows
		}
	}
	s.tell("althing: error: %s", text)
	if errors.Is(err, daemon.ErrHalted) {
		code = codeHalted
	}
	s.printHints(err)
	return code
}

// printHints prints the notes and the hints of an error, the innermost first.
func (s *session) printHints(err error) {
	if err == nil {
		return
	}
	switch e := err.(type) { //nolint:errorlint // the tree is walked by hand
	case hinted:
		s.printHints(e.error)
		s.hintLine(e.hint)
	case noted:
		s.printHints(e.error)
		s.tell("althing: %s", e.note)
	case interface{ Unwrap() error }:
		s.printHints(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			s.printHints(inner)
		}
	}
}
