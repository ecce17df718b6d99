package main

import (
	"context"
	"fmt"
	"sync"
)

// attack is one way to disturb a network.
type attack struct {
	name  string // what --only calls it
	title string // what people read
	files int    // that each process of the network may open; 0: as many as ours
	keys  int    // of how many trainers the attacker has the keys; they run no process
	// carryOut attacks until the context ends; it runs in a process of its own, at the
	// lowest priority. Nil for what the network's own hostile nodes do.
	carryOut func(ctx context.Context, t *target) error
	always   func(*acts)             // what these do in quiet times, too
	sometime func(a *acts, now bool) // what they do or leave
}

// attacks are all that are measured, each against everything of the network that it
// can reach.
func attacks() []attack {
	return []attack{
		{name: "simulate", title: "4 strangers simulate transactions and ask for lists", carryOut: simulate},
		{name: "free", title: "2 trainers send free messages, alone and sixteen at a time", keys: keys, carryOut: sendFree},
		{name: "unsigned", title: "4 strangers send transactions of 3,000 messages that nobody signed", carryOut: sendUnsigned},
		{name: "requests", title: "300 idle connections to each aggregator, and 4 strangers ask for what is dear or not there", files: 256, carryOut: request},
		{
			name: "withhold", title: "4 trainers give their updates to one aggregator alone",
			sometime: func(a *acts, now bool) { a.withhold.Store(now) },
		},
		{
			name: "stall", title: "that aggregator answers in drops; the trainers withhold in quiet times, too",
			always:   func(a *acts) { a.withhold.Store(true) },
			sometime: func(a *acts, now bool) { a.drip.Store(now) },
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
		return fmt.Errorf("%s is no attack that a process of its own carries out", name)
	}
	t, err := newTarget(ctx, dir)
	if err != nil {
		return err
	}
	return chosen[0].carryOut(ctx, t)
}

// sideBySide does something in several goroutines until the context ends. What the
// network answers is all the same to an attacker.
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
