package role

import (
	"context"
	"errors"
	"slices"
)

const (
	maxBackoff  = 32 // blocks between two attempts of failing work, at most
	forgetAfter = 50 // blocks after the last request for an action until its result is dropped
)

// Agenda schedules the actions that a node's machines request: which one starts now,
// which one stops because its round has moved on, and when a failed one is retried. It
// starts no goroutine itself: its caller runs the actions, on real goroutines or under a
// simulated clock. An Agenda needs only its Machines. Its state is lost in a crash, and
// rebuilt from the chain, the journal and the store.
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

// Dispatch passes an event at height now to every machine. It returns the actions to start,
// which count as running from now on, and the keys of running actions that no machine
// requests any more.
func (a *Agenda) Dispatch(e Event, now int64) (start []Action, stop []string) {
	if a.running == nil {
		a.running, a.finished, a.failed = map[string]bool{}, map[string]int64{}, map[string]failure{}
	}
	requested := map[string]bool{}
	for _, m := range a.Machines {
		for _, action := range m.Handle(e) {
			key := action.Key()
			requested[key] = true
			if !a.running[key] && !a.succeeded(action, now) && now >= a.failed[key].retry {
				a.running[key] = true
				start = append(start, action)
			}
		}
	}
	for key := range a.running {
		if !requested[key] {
			stop = append(stop, key)
		}
	}
	slices.Sort(stop)
	a.forget(requested, now)
	return start, stop
}

// succeeded reports whether an action has already succeeded and is not due to be repeated.
func (a *Agenda) succeeded(action Action, now int64) bool {
	at, finished := a.finished[action.Key()]
	r, repeats := action.(Repeated)
	return finished && (!repeats || now < at+r.RepeatAfter())
}

// forget drops the results of actions that nobody has requested for [forgetAfter] blocks.
func (a *Agenda) forget(requested map[string]bool, now int64) {
	for key, at := range a.finished {
		if !requested[key] && now > at+forgetAfter {
			delete(a.finished, key)
		}
	}
	for key, f := range a.failed {
		if !requested[key] && now > f.retry+forgetAfter {
			delete(a.failed, key)
		}
	}
}

// Ended records how a running action ended at height now. A failed action is retried
// after 1, 2, 4, … blocks, up to [maxBackoff]. An action that failed with [ErrFinal] is
// not retried. An action that was stopped may start again.
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
