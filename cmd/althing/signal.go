package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
)

// How long a command may take to end after a signal, and how long it may take to print why it
// ended, because a stopped terminal takes no output. With the time that the system needs to end
// a process, these are 5 s.
const (
	signalGrace = 4 * time.Second
	printGrace  = 500 * time.Millisecond
)

// interruptible is a context that ends at the first signal, with [stopped] as its cause. Where
// the command has not ended [signalGrace] later, or at a second signal, the process ends: what
// daemons have on the disk survives that.
func interruptible(parent context.Context, signals <-chan os.Signal, stderr io.Writer, end func(code int)) context.Context {
	ctx, cancel := context.WithCancelCause(parent)
	go func() {
		select {
		case s := <-signals:
			number, _ := s.(syscall.Signal) // all signals of a system are such numbers
			cancel(stopped{number})
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
		printed := make(chan struct{})
		go func() {
			defer close(printed)
			fmt.Fprintf(stderr, "althing: error: stopped in the middle of its work: %s\n", why)
		}()
		select {
		case <-printed:
		case <-time.After(printGrace):
		}
		end(codeForced)
	}()
	return ctx
}
