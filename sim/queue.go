package sim

import (
	"container/heap"
	"time"
)

// event is what happens at a moment of virtual time.
type event struct {
	at   time.Duration // since the beginning
	rank uint64        // order among those of one moment: the first that was asked for is first
	do   func() error
	work *work // what do ends, where it is the work of a node
}

// queue holds what is to happen, the next event first.
type queue struct {
	events []event
	asked  uint64
}

// add asks for an event.
func (q *queue) add(e event) {
	q.asked++
	e.rank = q.asked
	heap.Push((*ordered)(q), e)
}

// next takes the next event out of a queue that is not empty.
func (q *queue) next() event { return heap.Pop((*ordered)(q)).(event) }

// ordered is a queue as package heap wants it.
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
