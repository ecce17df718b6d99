package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// A command that hears no signal is ended, with a line that says so, also where nobody
// reads that line; a second signal ends it at once.
func TestSignalEndsWhatHangs(t *testing.T) {
	for _, c := range []struct {
		name    string
		signals int
		read    bool // somebody reads what is said
		words   string
		waits   time.Duration // of virtual time
	}{
		{"one signal", 1, true, "did not end by itself", signalGrace},
		{"two signals", 2, true, "a second signal", 0},
		{"nobody reads", 2, false, "", printGrace},
	} {
		synctest.Test(t, func(t *testing.T) {
			signals, ended := make(chan os.Signal, 2), make(chan int)
			said, reader, stderr := new(bytes.Buffer), (*io.PipeReader)(nil), io.Writer(nil)
			if stderr = said; !c.read { // as a terminal that was stopped
				reader, stderr = io.Pipe()
				defer reader.Close()
			}
			ctx := interruptible(t.Context(), signals, stderr, func(code int) { ended <- code })
			time.Sleep(time.Hour)
			if ctx.Err() != nil {
				t.Fatalf("%s: the context ends without a signal", c.name)
			}
			began := time.Now()
			for range c.signals {
				signals <- syscall.SIGTERM
			}
			<-ctx.Done() // the command does not look at it
			if why := context.Cause(ctx); !strings.Contains(why.Error(), "stopped by SIGTERM") {
				t.Errorf("%s: the context ends because of %v", c.name, why)
			}
			if code := <-ended; code != codeForced {
				t.Errorf("%s: ends with code %d, want %d", c.name, code, codeForced)
			}
			if waited := time.Since(began); waited != c.waits {
				t.Errorf("%s: ends after %s, want %s", c.name, waited, c.waits)
			}
			if !strings.Contains(said.String(), c.words) {
				t.Errorf("%s: says %q, want %q", c.name, said, c.words)
			}
		})
	}
}
