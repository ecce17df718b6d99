package sim

import (
	"container/heap"
	"time"
)

// event is a function to call at a virtual time.
type event struct {
	at   time.Duration // since the beginning
	rank uint64        // orders events of the same time: the one added first runs first
	do   func() error
	work *work // the work that do ends; nil if the event is not the end of a node's work
}

// queue holds future events, the next event first.
type queue struct {
	events []event
	added  uint64 // number of events added so far
}

// add adds an event.
func (q *queue) add(e event) {
	q.added++
	e.rank = q.added
	heap.Push((*ordered)(q), e)
}

// next removes the next event from a queue that is not empty, and returns it.
func (q *queue) next() event { return heap.Pop((*ordered)(q)).(event) }

// ordered is a queue that implements [heap.Interface].
type ordered queue

func (o *ordered) Len() int { return len(o.events) }

func (o *ordered) Less(i, j int) bool {
	a, b := o.events[i], o.events[j]
	if a.at != b.at {
		return a.at < b.at
	}
	return a.rank < b.rank
}

func (o *ordered) Swap(i, j int) { o.events[i], o.events[j] = o.events[j], o.events[i] }

func (o *ordered) Push(e any) { o.events = append(o.events, e.(event)) }

func (o *ordered) Pop() any {
	last := len(o.events) - 1
	e := o.events[last]
	o.events[last] = event{}
	o.events = o.events[:last]
	return e
}
