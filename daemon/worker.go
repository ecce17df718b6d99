package daemon

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/althing-network/althing/role"
)

// worker runs the actions of a node's agenda, each on a goroutine.
type worker struct {
	agenda role.Agenda
	tools  role.Tools
	done   chan outcome
	report func(key string, err error)

	group sync.WaitGroup
	stops map[string]context.CancelFunc // of the running actions, by key
}

type outcome struct {
	key   string
	event role.Event
	err   error
	took  time.Duration
}

// handle passes an event to every machine, starts the actions that they request and stops
// those that they no longer request: a round that has moved on needs no training.
func (w *worker) handle(ctx context.Context, e role.Event, now int64) {
	start, stop := w.agenda.Dispatch(e, now)
	for _, action := range start {
		w.start(ctx, action)
	}
	for _, key := range stop {
		w.stops[key]()
	}
}

func (w *worker) start(ctx context.Context, action role.Action) {
	working, stop := context.WithCancel(ctx)
	key := action.Key()
	w.stops[key] = stop
	w.group.Go(func() {
		defer stop()
		began := time.Now()
		event, err := w.do(working, action)
		select {
		case w.done <- outcome{key, event, err, time.Since(began)}:
		case <-ctx.Done():
		}
	})
}

// do performs an action. A panic becomes the error of this action, which is retried like
// any failed action; the others go on.
func (w *worker) do(ctx context.Context, action role.Action) (event role.Event, err error) {
	err = role.Guard(func() (err error) {
		event, err = action.Do(ctx, w.tools)
		return err
	})
	return event, err
}

// ended records that an action has ended. The end of a stopped action is not reported.
func (w *worker) ended(o outcome, now int64) {
	delete(w.stops, o.key)
	if o.err != nil && !errors.Is(o.err, context.Canceled) {
		w.report(o.key, o.err)
	}
	w.agenda.Ended(o.key, o.err, now)
}

// wait waits until all actions have ended; their context has been canceled.
func (w *worker) wait() { w.group.Wait() }
