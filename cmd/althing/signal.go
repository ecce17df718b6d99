package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"
)

// The program's exit codes; 2 is what Go itself ends with at a panic.
const (
	codeFailed = 1 // an error
	codeMissed = 3 // the demo did not reach its target
	codeHalted = 4 // a validator has halted
	codeForced = 5 // a signal came, and the command did not end by itself
)

// How long a command has to end after a signal, and how long the words about it may
// take, for a terminal may not take any: 5 s together, with what a system needs to end
// a process.
const (
	signalGrace = 4 * time.Second
	wordsGrace  = 500 * time.Millisecond
)

// interruptible is a context that ends at the first signal. Where the command has not
// ended some time later, or at a second signal, the process ends: everything that a
// daemon keeps on its disk outlives that.
func interruptible(parent context.Context, signals <-chan os.Signal, stderr io.Writer, end func(code int)) context.Context {
	ctx, cancel := context.WithCancelCause(parent)
	go func() {
		select {
		case s := <-signals:
			cancel(fmt.Errorf("signal: %s", s)) // which a node logs
		case <-parent.Done():
			cancel(nil)
			return
		}
		why := "it did not end by itself"
		select {
		case <-time.After(signalGrace):
		case <-signals:
			why = "a second signal came"
		}
		said := make(chan struct{})
		go func() {
			defer close(said)
			fmt.Fprintf(stderr, "althing: error: stopped in the middle of its work: %s\n", why)
		}()
		select {
		case <-said:
		case <-time.After(wordsGrace):
		}
		end(codeForced)
	}()
	return ctx
}
