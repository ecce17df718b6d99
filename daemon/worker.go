package daemon

import (
	"context"
	"errors"
	"fmt"
	"path"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/althing-network/althing/role"
)

const (
	backoff = 32 // blocks at most between two tries of what fails
	resend  = 10 // blocks until what no block holds is sent again
	memory  = 50 // blocks that work is remembered after it was asked for last
	depth   = 16 // calls that the report of a panic names at most
)

// worker runs the actions of a node's machines, each once.
type worker struct {
	machines []role.Machine
	tools    role.Tools
	done     chan outcome
	report   func(key string, err error)

	group    sync.WaitGroup
	running  map[string]context.CancelFunc
	finished map[string]int64 // height
	failed   map[string]failure
}

type outcome struct {
	key   string
	event role.Event
	err   error
}

type failure struct {
	times int
	again int64 // height
}

// handle tells every machine of an event, starts what they ask for and stops
// what they ask for no more: a round that has moved on needs no training.
func (w *worker) handle(ctx context.Context, e role.Event, now int64) {
	asked := map[string]bool{}
	for _, m := range w.machines {
		for _, action := range m.Handle(e, now) {
			key := action.Key()
			asked[key] = true
			if w.running[key] == nil && !w.over(action, now) && now >= w.failed[key].again {
				w.start(ctx, key, action)
			}
		}
	}
	for key, stop := range w.running {
		if !asked[key] {
			stop()
		}
	}
	w.forget(asked, now)
}

func (w *worker) start(ctx context.Context, key string, action role.Action) {
	working, stop := context.WithCancel(ctx)
	w.running[key] = stop
	w.group.Go(func() {
		defer stop()
		event, err := w.do(working, action)
		select {
		case w.done <- outcome{key, event, err}:
		case <-ctx.Done():
		}
	})
}

// do carries out an action. A panic is the error of this action alone: it is tried
// again as what fails is, and all others go on.
func (w *worker) do(ctx context.Context, action role.Action) (event role.Event, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			event, err = nil, fmt.Errorf("panic: %v, in %s", cause, callers())
		}
	}()
	return action.Do(ctx, w.tools)
}

// callers names who was at work when a panic began, the innermost first, in one line.
func callers() string {
	var places []string
	counters := make([]uintptr, depth)
	frames := runtime.CallersFrames(counters[:runtime.Callers(3, counters)]) // behind runtime.Callers, callers and do's defer
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		if !strings.HasPrefix(f.Function, "runtime.") {
			places = append(places, fmt.Sprintf("%s (%s:%d)", path.Base(f.Function), path.Base(f.File), f.Line))
		}
	}
	return strings.Join(places, " < ")
}

// forget drops what nobody has asked for in a long while.
func (w *worker) forget(asked map[string]bool, now int64) {
	for key, at := range w.finished {
		if !asked[key] && now > at+memory {
			delete(w.finished, key)
		}
	}
	for key, f := range w.failed {
		if !asked[key] && now > f.again+memory {
			delete(w.failed, key)
		}
	}
}

// over reports whether an action needs no start. What was sent is sent again
// when the machine still asks for it after a while: no block holds it.
func (w *worker) over(a role.Action, now int64) bool {
	at, finished := w.finished[a.Key()]
	_, send := a.(role.Send)
	return finished && (!send || now < at+resend)
}

// ended takes note of a finished action: one that would fail again is as good as done.
func (w *worker) ended(o outcome, now int64) {
	delete(w.running, o.key)
	if errors.Is(o.err, context.Canceled) {
		return // nobody asks for it any more
	}
	if o.err != nil {
		w.report(o.key, o.err)
	}
	if o.err != nil && !errors.Is(o.err, role.ErrFinal) {
		f := w.failed[o.key]
		f.times++
		f.again = now + min(backoff, int64(1)<<min(f.times, 6)/2)
		w.failed[o.key] = f
		return
	}
	delete(w.failed, o.key)
	w.finished[o.key] = now
}

// wait lets running actions end; their context has.
func (w *worker) wait() { w.group.Wait() }

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
