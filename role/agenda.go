package role

import (
	"context"
	"errors"
	"slices"
)

const (
	maxBackoff  = 32 // blocks at most between two tries of what fails
	forgetAfter = 50 // blocks that work is remembered after it was asked for last
)

// Agenda is what a node's machines ask for and what became of it: which action is
// to be started now, which is to be stopped because a round has moved on, and when
// what failed is tried again. It starts nothing itself: who has the goroutines, or
// a simulated clock, does. An Agenda with machines alone is ready. What it knows is
// lost in a crash, and found out again from the chain, the journal and the store.
type Agenda struct {
	Machines []Machine

	running  map[string]bool
	finished map[string]int64 // height
	failed   map[string]failure
}

type failure struct {
	times int
	retry int64 // height
}

// Hear tells every machine of an event at a height. It returns the actions to be
// started, which count as running from now on, and the keys of those running that
// nobody asks for any more.
func (a *Agenda) Hear(e Event, now int64) (start []Action, stop []string) {
	if a.running == nil {
		a.running, a.finished, a.failed = map[string]bool{}, map[string]int64{}, map[string]failure{}
	}
	asked := map[string]bool{}
	for _, m := range a.Machines {
		for _, action := range m.Handle(e) {
			key := action.Key()
			asked[key] = true
			if !a.running[key] && !a.over(action, now) && now >= a.failed[key].retry {
				a.running[key] = true
				start = append(start, action)
			}
		}
	}
	for key := range a.running {
		if !asked[key] {
			stop = append(stop, key)
		}
	}
	slices.Sort(stop)
	a.forget(asked, now)
	return start, stop
}

// over reports whether an action needs no start: it has ended well, and it is none
// that is to be repeated by now.
func (a *Agenda) over(action Action, now int64) bool {
	at, finished := a.finished[action.Key()]
	r, repeats := action.(Repeated)
	return finished && (!repeats || now < at+r.RepeatAfter())
}

// forget drops what nobody has asked for in a long while.
func (a *Agenda) forget(asked map[string]bool, now int64) {
	for key, at := range a.finished {
		if !asked[key] && now > at+forgetAfter {
			delete(a.finished, key)
		}
	}
	for key, f := range a.failed {
		if !asked[key] && now > f.retry+forgetAfter {
			delete(a.failed, key)
		}
	}
}

// Ended takes note of how a running action ended at a height. One that failed is
// tried again after 1, 2, 4 and more blocks; one that would fail again in the same
// way ([ErrFinal]) is as good as done; one that was stopped may be started anew.
func (a *Agenda) Ended(key string, err error, now int64) {
	delete(a.running, key)
	switch {
	case errors.Is(err, context.Canceled):
	case err != nil && !errors.Is(err, ErrFinal):
		f := a.failed[key]
		f.times++
		f.retry = now + min(maxBackoff, int64(1)<<min(f.times, 6)/2)
		a.failed[key] = f
	default:
		delete(a.failed, key)
		a.finished[key] = now
	}
}
