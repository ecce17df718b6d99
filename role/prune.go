package role

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Prune forgets what a node need not keep any more, and returns the blobs among it.
//
// The updates, models and states of a round, and what the journal has of it, are kept
// for as long as the task retains them after the round has ended, in network time. What
// an open task builds on is kept until it is closed. The result of a task, its newest
// model when it is closed and has accepted a round, is kept as long as there is room.
//
// Where room is short, what is over goes before its time: what a task itself keeps where
// it fills its own quota, else first what tasks left that have accepted no round, then
// rounds, then results; of each what ended first.
//
// What the chain does not know is left alone: a chain node may be behind.
func Prune(ctx context.Context, t Tools, c Records, saw Saw) (forgotten []blob.Ref, err error) {
	list, err := overs(ctx, t, c, saw)
	if err != nil {
		return nil, err
	}
	forget := func(when func(over) bool) error {
		for _, o := range list {
			if !when(o) {
				continue
			}
			if err := t.Store.Forget(ctx, o.ref); err != nil {
				return err
			}
			forgotten = append(forgotten, o.ref)
		}
		return nil
	}
	if err := forget(func(o over) bool { return o.expired }); err != nil {
		return forgotten, err
	}
	slices.SortStableFunc(list, makesRoom)
	short := shortage(t.Store, list)
	early := func(task uint64) bool { return short[task] && t.Store.Fill(task) > Roomy }
	if err := forget(func(o over) bool { return !o.expired && (early(0) || early(o.ref.Slot.Task)) }); err != nil {
		return forgotten, err
	}
	return forgotten, pruneJournal(ctx, t.Journal, c, saw.Now)
}

// Room is short where more than [Short] of a quota is in use; what is over then goes
// until it is no more than [Roomy].
const (
	Short spec.PPM = 750_000
	Roomy spec.PPM = 500_000
)

// shortage says for which tasks room is short, and under 0 whether it is for all.
func shortage(s blob.Store, list []over) map[uint64]bool {
	short := map[uint64]bool{0: s.Fill(0) > Short}
	for _, o := range list {
		short[o.ref.Slot.Task] = s.Fill(o.ref.Slot.Task) > Short
	}
	return short
}

// over is a label that nobody builds on any more.
type over struct {
	ref     blob.Ref
	worth   worth
	ended   spec.Time
	expired bool // its time is over
}

// worth is how long something is kept where room is short.
type worth int

const (
	worthNothing worth = iota // of a task that has accepted no round
	worthAudit                // of a round that can be verified
	worthResult               // what the task was paid for
)

// makesRoom is the order in which what is over goes before its time.
func makesRoom(a, b over) int {
	return cmp.Or(cmp.Compare(a.worth, b.worth), cmp.Compare(a.ended, b.ended))
}

// overs lists what is over.
func overs(ctx context.Context, t Tools, c Records, saw Saw) (list []over, err error) {
	labels, err := t.Store.Labels(ctx)
	if err != nil {
		return nil, err
	}
	needed := neededBy(saw.Duties)
	goesOn := map[blob.Ref]bool{} // models that open tasks build on
	for _, l := range labels {
		end, err := endOf(ctx, c, l.Slot.Task, l.Slot.Round)
		if err != nil {
			return nil, err
		}
		if l.Slot.Chain != end.task.Chain { // of another network: its task has the same number
			continue
		}
		closed, newest := end.task.State.Final(), l.Kind == blob.Model && l.Digest == end.task.Model
		if l.Kind == blob.Model && needed[l.Digest] || (newest || l.Kind == blob.Model && l.Digest == end.task.Adopted.Model) && !closed {
			goesOn[l.Ref] = true // this label comes before that of the state behind it
			continue
		}
		behind := l.Ref
		behind.Kind = blob.Model
		if l.Kind == blob.State && goesOn[behind] || !end.over && l.Proposal == 0 {
			continue
		}
		o := over{ref: l.Ref, ended: end.at, worth: worthAudit, expired: end.expired(saw.Now)}
		if l.Kind != blob.Update && end.task.Spec.Governed && !closed { // a vote may go back to it
			o.expired = false
		}
		switch {
		case closed && end.task.Accepted == 0:
			o.worth = worthNothing
		case newest:
			o.worth, o.expired = worthResult, false
		}
		list = append(list, o)
	}
	return list, nil
}

// end says whether a round, or a task, is over, and since when.
type end struct {
	task spec.Task
	at   spec.Time
	over bool
}

// endOf is the end of a round; that of round 0 is the task's.
func endOf(ctx context.Context, c Records, task, number uint64) (end, error) {
	t, err := c.Task(ctx, task)
	e := end{task: t, at: t.Since, over: t.State.Final()}
	if err == nil && number > 0 {
		var r spec.Round
		r, err = c.Round(ctx, task, number)
		e.at, e.over = r.Since, r.Phase.Final()
	}
	if errors.Is(err, round.ErrTaskNotFound) || errors.Is(err, round.ErrRoundNotFound) {
		return end{}, nil // not over as far as we know
	}
	return e, err
}

// expired reports whether the task retains nothing of it any more.
func (e end) expired(now spec.Time) bool { return e.over && now > e.at.After(e.task.Spec.Retain) }

// pruneJournal forgets the results of rounds that a task does not retain any more. A
// round that is over opens no commitment, so no salt is lost that anybody asks for.
func pruneJournal(ctx context.Context, j Journal, c Records, now spec.Time) error {
	var gone []string
	for _, key := range j.Keys() {
		task, number, ok := recordOf(key)
		if !ok {
			continue
		}
		end, err := endOf(ctx, c, task, number)
		if err != nil {
			return err
		}
		if end.expired(now) {
			gone = append(gone, key)
		}
	}
	return j.Forget(gone...)
}

// neededBy are the models that duties build on.
func neededBy(duties []Duty) map[spec.Digest]bool {
	needed := map[spec.Digest]bool{}
	for _, d := range duties {
		needed[d.Task.Model], needed[d.Round.Base], needed[d.Round.Next] = true, true, true
		needed[d.Task.Nominee.Model], needed[d.Task.Adopted.Model] = true, true
		if d.Task.State == spec.TaskPreparing {
			needed[d.Task.Spec.Model.Init.Model] = true
		}
	}
	return needed
}

// Sweep deletes blobs that no label leads to and no duty names, models that were fetched
// for work that is done, and what was left by downloads that nobody goes on with.
func Sweep(ctx context.Context, s blob.Store, duties []Duty) error {
	needed := neededBy(duties)
	blobs, err := s.List(ctx)
	if err != nil {
		return err
	}
	for _, d := range blobs {
		if needed[d] {
			continue
		}
		if err := s.Delete(ctx, d); err != nil && !errors.Is(err, blob.ErrLabelled) && !errors.Is(err, blob.ErrNotFound) {
			return err
		}
	}
	_, err = s.SweepDrafts(ctx)
	return err
}
