package daemon

import (
	"context"
	"sync"

	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
)

// recent reads tasks and rounds once a height: the blob interface asks for the
// same ones at every request, and a request must cost a stranger more than us.
type recent struct {
	chain role.Records

	mu     sync.Mutex
	tasks  map[uint64]spec.Task
	rounds map[[2]uint64]spec.Round
	newer  chan struct{} // closed at the next height; nil: nobody waits for it
}

// forget is called at every new height.
func (r *recent) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tasks, r.rounds = map[uint64]spec.Task{}, map[[2]uint64]spec.Round{}
	if r.newer != nil {
		close(r.newer)
		r.newer = nil
	}
}

// next is closed at the next new height.
func (r *recent) next() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.newer == nil {
		r.newer = make(chan struct{})
	}
	return r.newer
}

// Task implements [role.Records].
func (r *recent) Task(ctx context.Context, id uint64) (spec.Task, error) {
	r.mu.Lock()
	tasks := r.tasks
	t, ok := tasks[id]
	r.mu.Unlock()
	if ok {
		return t, nil
	}
	t, err := r.chain.Task(ctx, id) // unlocked: who asks for what is not there holds nobody up
	if err == nil && tasks != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		tasks[id] = t // of the height at which it was asked for, if that has passed
	}
	return t, err
}

// Round implements [role.Records].
func (r *recent) Round(ctx context.Context, task, number uint64) (spec.Round, error) {
	key := [2]uint64{task, number}
	r.mu.Lock()
	rounds := r.rounds
	round, ok := rounds[key]
	r.mu.Unlock()
	if ok {
		return round, nil
	}
	round, err := r.chain.Round(ctx, task, number)
	if err == nil && rounds != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		rounds[key] = round
	}
	return round, err
}
