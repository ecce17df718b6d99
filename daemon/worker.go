package daemon

import (
	"context"
	"sync"
	"time"

	"github.com/althing-network/althing/role"
)

const (
	backoff = 32 // blocks at most between two tries of what fails
	resend  = 10 // blocks until what no block holds is sent again
)

// worker runs the actions of a node's machines, each once.
type worker struct {
	machines []role.Machine
	tools    role.Tools
	done     chan outcome
	report   func(key string, err error)

	group    sync.WaitGroup
	running  map[string]bool
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

// handle tells every machine of an event and starts what they ask for.
func (w *worker) handle(ctx context.Context, e role.Event, now int64) {
	for _, m := range w.machines {
		for _, action := range m.Handle(e, now) {
			key := action.Key()
			if w.running[key] || w.over(action, now) || now < w.failed[key].again {
				continue
			}
			w.running[key] = true
			w.group.Go(func() {
				event, err := action.Do(ctx, w.tools)
				select {
				case w.done <- outcome{key, event, err}:
				case <-ctx.Done():
				}
			})
		}
	}
}

// over reports whether an action needs no start. What was sent is sent again
// when the machine still asks for it after a while: no block holds it.
func (w *worker) over(a role.Action, now int64) bool {
	at, finished := w.finished[a.Key()]
	_, send := a.(role.Send)
	return finished && !(send && now >= at+resend)
}

// ended takes note of a finished action.
func (w *worker) ended(o outcome, now int64) {
	delete(w.running, o.key)
	if o.err != nil {
		f := w.failed[o.key]
		f.times++
		f.again = now + min(backoff, int64(1)<<min(f.times, 6)/2)
		w.failed[o.key] = f
		w.report(o.key, o.err)
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
