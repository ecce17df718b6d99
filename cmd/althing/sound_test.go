package main

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
)

// watchInvariants asks the network that runs in a folder, or will run there, at every height whether
// the chain's invariants hold, until what it returns is called or the test ends. The test
// fails where one does not hold, and where no validator ever answered. One that is killed
// or has halted answers nothing, and then another one is asked.
func watchInvariants(t *testing.T, dir string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var asking sync.WaitGroup
	asking.Go(func() {
		looks := 0
		defer func() {
			t.Logf("asked at %d heights whether the invariants hold", looks)
			if looks == 0 {
				t.Errorf("nobody in %s ever said whether the invariants hold", dir)
			}
		}()
		c := validators(ctx, dir)
		if c == nil {
			return
		}
		for range c.Heights(ctx) {
			broken, height, err := c.Violations(ctx)
			if err != nil {
				continue
			}
			looks++
			for _, b := range broken {
				t.Errorf("height %d: not so: %s: %s", height, b.Invariant, b.Says)
			}
		}
	})
	stop = sync.OnceFunc(func() {
		cancel()
		asking.Wait()
	})
	t.Cleanup(stop)
	return stop
}

// validators is a client of all validators that have a home folder in a folder, as soon as
// one of them answers; nil when ctx ends before.
func validators(ctx context.Context, dir string) *client.Client {
	for ctx.Err() == nil {
		homes, _ := filepath.Glob(filepath.Join(dir, "validator-*")) // the pattern is a good one
		var addresses []string
		for _, home := range homes {
			if v, err := daemon.LoadValidator(home); err == nil { // it may be half written
				addresses = append(addresses, "http://"+v.RPC)
			}
		}
		if c, err := client.Dial(ctx, addresses...); err == nil {
			return c
		}
		_ = client.Sleep(ctx, 20*time.Millisecond)
	}
	return nil
}
