package main

import (
	"context"
	"fmt"
	"sync"
)

// attack is one way to attack a network.
type attack struct {
	name  string // in --only
	title string // in reports
	files int    // limit of open files of each process of the network; 0: the same as ours
	keys  int    // number of trainers whose keys the attacker has; they run no process
	// carryOut attacks until the context ends. It runs in a process of its own with the
	// lowest priority. It is nil if hostile nodes of the network attack instead.
	carryOut func(ctx context.Context, t *target) error
	// always starts what hostile nodes do in quiet times, too.
	always func(*acts)
	// set starts or stops what hostile nodes do only in attacked times.
	set func(a *acts, attacking bool)
}

// attacks lists all measured attacks. Each attacks every process that it can reach.
func attacks() []attack {
	return []attack{
		{name: "simulate", title: "4 strangers simulate transactions and ask for lists", carryOut: simulate},
		{name: "free", title: "2 trainers send free messages, alone and sixteen at a time", keys: keys, carryOut: sendFree},
		{name: "unsigned", title: "4 strangers send transactions of 3,000 messages that nobody signed", carryOut: sendUnsigned},
		{name: "requests", title: "300 idle connections to each aggregator, and 4 strangers send requests that are expensive or ask for missing blobs", files: 256, carryOut: request},
		{
			name: "withhold", title: "4 trainers give their updates to one aggregator alone",
			set: func(a *acts, attacking bool) { a.withhold.Store(attacking) },
		},
		{
			name: "stall", title: "that aggregator answers a few bytes at a time; the trainers withhold in quiet times, too",
			always: func(a *acts) { a.withhold.Store(true) },
			set:    func(a *acts, attacking bool) { a.drip.Store(attacking) },
		},
	}
}

// carryOut attacks the network in a folder.
func carryOut(ctx context.Context, name, dir string) error {
	chosen, err := chosen(name)
	if err != nil {
		return err
	}
	if len(chosen) != 1 || chosen[0].carryOut == nil {
		return fmt.Errorf("--as %q: want one attack by a process of its own", name)
	}
	t, err := newTarget(ctx, dir)
	if err != nil {
		return err
	}
	return chosen[0].carryOut(ctx, t)
}

// sideBySide calls a function again and again in n goroutines until the context ends. It
// ignores answers and errors, as an attacker does.
func sideBySide(ctx context.Context, n int, do func(ctx context.Context, i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			for ctx.Err() == nil {
				do(ctx, i)
			}
		})
	}
	all.Wait()
}
