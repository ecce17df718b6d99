package daemon

import (
	"context"
	"errors"
	"sync"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
)

// recent reads tasks and rounds once a height: the blob interface asks for the
// same ones at every request, and a request must cost a stranger more than us.
type recent struct {
	chain role.Records

	mu     sync.Mutex
	tasks  map[uint64]func() (spec.Task, error)
	rounds map[[2]uint64]func() (spec.Round, error)
	newer  chan struct{} // closed at the next height; nil: nobody waits for it
}

// forget is called at every new height.
func (r *recent) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tasks, r.rounds = nil, nil
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

// learn takes a task and whole rounds of it, as they are at the newest height, so that
// nobody need ask for them.
func (r *recent) learn(t spec.Task, rounds []spec.Round) {
	_, _ = once(r, &r.tasks, t.ID, func() (spec.Task, error) { return t, nil })()
	for _, own := range rounds {
		_, _ = once(r, &r.rounds, [2]uint64{own.Task, own.Number}, func() (spec.Round, error) { return own, nil })()
	}
}

// maxRecent is how many answers of each kind are remembered for a height: a stranger
// who asks for what is not there must not fill the memory.
const maxRecent = 4096

// Task implements [role.Records].
func (r *recent) Task(ctx context.Context, id uint64) (spec.Task, error) {
	return once(r, &r.tasks, id, func() (spec.Task, error) { return r.chain.Task(context.WithoutCancel(ctx), id) })()
}

// Round implements [role.Records].
func (r *recent) Round(ctx context.Context, task, number uint64) (spec.Round, error) {
	key := [2]uint64{task, number}
	return once(r, &r.rounds, key, func() (spec.Round, error) { return r.chain.Round(context.WithoutCancel(ctx), task, number) })()
}

// once is the question whose answer stands under a key, so that many who ask at one
// time ask the chain once. That something is not there is an answer, too; a chain that
// does not answer is asked again.
func once[K comparable, V any](r *recent, answers *map[K]func() (V, error), key K, ask func() (V, error)) func() (V, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if answer, ok := (*answers)[key]; ok {
		return answer
	}
	if len(*answers) >= maxRecent {
		return ask
	}
	if *answers == nil {
		*answers = map[K]func() (V, error){}
	}
	kept := *answers
	answer := sync.OnceValues(func() (V, error) {
		v, err := ask()
		if _, answered := errors.AsType[*client.Refusal](err); err != nil && !answered {
			r.mu.Lock()
			defer r.mu.Unlock()
			delete(kept, key)
		}
		return v, err
	})
	kept[key] = answer
	return answer
}
