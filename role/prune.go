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

// Prune drops what a node need not keep any more, and returns the blobs that it dropped.
//
// The updates, models and states of a round, and the round's journal entries, are kept
// for the task's retention period after the round has ended, in network time. Models that
// an open task builds on are kept until the task is closed. The result of a closed task
// that has accepted a round, its newest model, is kept as long as there is room.
//
// When more than [HighWatermark] of a quota is in use, blobs of ended rounds and tasks go
// before their time: those of one task when that task's quota is short, those of all tasks
// when the store's is. Blobs of tasks that have accepted no round go first, then those of
// rounds, then results; within each group those that ended first.
//
// Tasks that the chain does not know are left alone: the chain node may be behind.
func Prune(ctx context.Context, t Tools, c Records, saw Saw) (forgotten []blob.Ref, err error) {
	list, err := finishedLabels(ctx, t, c, saw)
	if err != nil {
		return nil, err
	}
	forget := func(when func(finishedLabel) bool) error {
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
	if err := forget(func(o finishedLabel) bool { return o.expired }); err != nil {
		return forgotten, err
	}
	slices.SortStableFunc(list, evictionOrder)
	short := aboveHighWatermark(t.Store, list)
	evict := func(task uint64) bool { return short[task] && t.Store.Fill(task) > LowWatermark }
	if err := forget(func(o finishedLabel) bool { return !o.expired && (evict(0) || evict(o.ref.Slot.Task)) }); err != nil {
		return forgotten, err
	}
	return forgotten, pruneJournal(ctx, t.Journal, c, saw.Now)
}

// Early pruning starts when more than [HighWatermark] of a quota is in use, and stops when
// no more than [LowWatermark] is.
const (
	HighWatermark spec.PPM = 750_000
	LowWatermark  spec.PPM = 500_000
)

// aboveHighWatermark reports which tasks use more of their quota than [HighWatermark]. Key 0 is
// the whole store.
func aboveHighWatermark(s blob.Store, list []finishedLabel) map[uint64]bool {
	short := map[uint64]bool{0: s.Fill(0) > HighWatermark}
	for _, o := range list {
		short[o.ref.Slot.Task] = s.Fill(o.ref.Slot.Task) > HighWatermark
	}
	return short
}

// finishedLabel is the label of a blob that no open task needs any more.
type finishedLabel struct {
	ref     blob.Ref
	rank    evictionRank
	ended   spec.Time
	expired bool // its retention period has ended
}

// evictionRank says what is dropped first under early pruning: the lowest rank.
type evictionRank int

const (
	rankNoModel evictionRank = iota // of a task that has accepted no round
	rankAudit                       // of a round that can be verified
	rankResult                      // what the task was paid for
)

// evictionOrder is the order of early pruning.
func evictionOrder(a, b finishedLabel) int {
	return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.ended, b.ended))
}

// finishedLabels lists the labels of blobs that no open task needs any more.
func finishedLabels(ctx context.Context, t Tools, c Records, saw Saw) (list []finishedLabel, err error) {
	labels, err := t.Store.Labels(ctx)
	if err != nil {
		return nil, err
	}
	needed := neededBy(saw.Duties)
	builtOn := map[blob.Ref]bool{} // models that open tasks build on
	for _, l := range labels {
		end, err := endOf(ctx, c, l.Slot.Task, l.Slot.Round)
		if err != nil {
			return nil, err
		}
		if l.Slot.Chain != end.task.Chain { // a task of another network with the same number
			continue
		}
		closed, newest := end.task.State.Final(), l.Kind == blob.Model && l.Digest == end.task.Model
		if l.Kind == blob.Model && needed[l.Digest] || (newest || l.Kind == blob.Model && l.Digest == end.task.Adopted.Model) && !closed {
			builtOn[l.Ref] = true // labels are in order: a model's label comes before the label of its state
			continue
		}
		itsModel := l.Ref
		itsModel.Kind = blob.Model
		if l.Kind == blob.State && builtOn[itsModel] || !end.over && l.Proposal == 0 {
			continue
		}
		o := finishedLabel{ref: l.Ref, ended: end.at, rank: rankAudit, expired: end.expired(saw.Now)}
		if l.Kind != blob.Update && end.task.Spec.Governed && !closed { // a vote may go back to it
			o.expired = false
		}
		switch {
		case closed && end.task.Accepted == 0:
			o.rank = rankNoModel
		case newest:
			o.rank, o.expired = rankResult, false
		}
		list = append(list, o)
	}
	return list, nil
}

// end says whether a round or a task has ended, and when.
type end struct {
	task spec.Task
	at   spec.Time
	over bool
}

// endOf is the end of a round; for round 0, of the task.
func endOf(ctx context.Context, c Records, task, number uint64) (end, error) {
	t, err := c.Task(ctx, task)
	e := end{task: t, at: t.Since, over: t.State.Final()}
	if err == nil && number > 0 {
		var r spec.Round
		r, err = c.Round(ctx, task, number)
		e.at, e.over = r.Since, r.Phase.Final()
	}
	if errors.Is(err, round.ErrTaskNotFound) || errors.Is(err, round.ErrRoundNotFound) {
		return end{}, nil // not known to have ended
	}
	return e, err
}

// expired reports whether the retention period is over.
func (e end) expired(now spec.Time) bool { return e.over && now > e.at.After(e.task.Spec.Retain) }

// pruneJournal drops the journal entries of rounds whose retention period is over. An ended
// round opens no commitment, so no salt is lost that anybody could ask for.
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

// neededBy is the set of models that duties build on.
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

// Sweep deletes blobs without a label that no duty needs, such as models fetched for
// finished work, and partial downloads that nobody resumes.
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
