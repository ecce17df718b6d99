package daemon

import (
	"context"
	"errors"
	"sync"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
)

// heightCache reads each task and round once per height. The blob interface needs the same ones
// for every request, and a request must not cost this node more than it costs a stranger.
type heightCache struct {
	chain role.Records

	mu     sync.Mutex
	tasks  map[uint64]func() (spec.Task, error)
	rounds map[[2]uint64]func() (spec.Round, error)
	newer  chan struct{} // closed at the next height; nil: nobody waits for it
}

// newHeight is called at every new height.
func (r *heightCache) newHeight() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tasks, r.rounds = nil, nil
	if r.newer != nil {
		close(r.newer)
		r.newer = nil
	}
}

// nextHeight is closed at the next new height.
func (r *heightCache) nextHeight() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.newer == nil {
		r.newer = make(chan struct{})
	}
	return r.newer
}

// put caches a task and complete rounds of it at the newest height.
func (r *heightCache) put(t spec.Task, rounds []spec.Round) {
	_, _ = once(r, &r.tasks, t.ID, func() (spec.Task, error) { return t, nil })()
	for _, own := range rounds {
		_, _ = once(r, &r.rounds, [2]uint64{own.Task, own.Number}, func() (spec.Round, error) { return own, nil })()
	}
}

// maxRecent bounds the cached answers of each kind per height, so that strangers who ask
// for unknown tasks cannot fill the memory.
const maxRecent = 4096

// Task implements [role.Records].
func (r *heightCache) Task(ctx context.Context, id uint64) (spec.Task, error) {
	return once(r, &r.tasks, id, func() (spec.Task, error) { return r.chain.Task(context.WithoutCancel(ctx), id) })()
}

// Round implements [role.Records].
func (r *heightCache) Round(ctx context.Context, task, number uint64) (spec.Round, error) {
	key := [2]uint64{task, number}
	return once(r, &r.rounds, key, func() (spec.Round, error) { return r.chain.Round(context.WithoutCancel(ctx), task, number) })()
}

// once returns a function that gets the answer of a key, so that concurrent callers query
// the chain once. "Not found" is an answer, too; if the chain does not answer, the next
// call queries it again.
func once[K comparable, V any](r *heightCache, answers *map[K]func() (V, error), key K, ask func() (V, error)) func() (V, error) {
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
