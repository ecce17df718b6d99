package task

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"cosmossdk.io/collections"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// A task lies in the store in pieces, so that a message reads and writes no more
// than what it is about: its task file, which never changes; its committee, which gets
// ready before round 1; its record; the record of each round; each participant's part in a
// round, what evaluators counted, and the bitmaps, which grow with the trainers.

// partKey is the place of a part: task, round, and the node of a trainer, or the
// place of an aggregator or an evaluator in its list.
type partKey = collections.Triple[uint64, uint64, uint64]

// load reads a task and, of its newest round and of one that is still being scored,
// the records and the given parts.
func (k Keeper) load(ctx context.Context, id uint64, parts round.Parts) (round.State, error) {
	stored, err := k.task(ctx, id)
	if err != nil {
		return round.State{}, err
	}
	var state round.State
	if state.Task, err = sensible(stored.ToSpec); err != nil || state.Task.Round == 0 {
		return state, err
	}
	if state.Round, err = k.loadRound(ctx, id, state.Task.Round, parts); err != nil || state.Task.Scoring == 0 {
		return state, err
	}
	state.Scoring, err = k.loadRound(ctx, id, state.Task.Scoring, parts)
	return state, err
}

func (k Keeper) loadRound(ctx context.Context, task, number uint64, parts round.Parts) (spec.Round, error) {
	r, err := k.record(ctx, task, number)
	if err != nil {
		return spec.Round{}, err
	}
	if err := k.read(ctx, &r, parts.ForRound(number)); err != nil {
		return spec.Round{}, err
	}
	return sensible(r.ToSpec)
}

// task reads a task with its task file and its committee.
func (k Keeper) task(ctx context.Context, id uint64) (taskpb.Task, error) {
	t, err := k.tasks.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return t, refused(fmt.Errorf("task %d: %w", id, round.ErrTaskNotFound))
	}
	if err != nil {
		return t, err
	}
	return k.whole(ctx, t)
}

// whole adds the task file and the committee to a task.
func (k Keeper) whole(ctx context.Context, t taskpb.Task) (taskpb.Task, error) {
	file, err := k.files.Get(ctx, t.Id)
	if err != nil {
		return t, err
	}
	committee, err := k.committees.Get(ctx, t.Id)
	if err != nil && !errors.Is(err, collections.ErrNotFound) { // a task that waits has none
		return t, err
	}
	t.Spec, t.Aggregators, t.Evaluators = &file, committee.Aggregators, committee.Evaluators
	return t, nil
}

// record reads a round without the parts of its participants.
func (k Keeper) record(ctx context.Context, task, number uint64) (taskpb.Round, error) {
	r, err := k.rounds.Get(ctx, collections.Join(task, number))
	if errors.Is(err, collections.ErrNotFound) {
		return r, refused(fmt.Errorf("task %d round %d: %w", task, number, round.ErrRoundNotFound))
	}
	return r, err
}

// everyPart is what a query shows and the end of a block looks at.
func everyPart() round.Parts {
	return round.Parts{Trainers: true, Aggregates: true, Scores: true, Holds: true}
}

// read adds some participants' parts to a round.
func (k Keeper) read(ctx context.Context, r *taskpb.Round, parts round.Parts) (err error) {
	if parts.Aggregates {
		r.Committed, err = k.bitmaps.Get(ctx, collections.Join(r.Task, r.Number))
		if err != nil && !errors.Is(err, collections.ErrNotFound) { // there is none while the round trains
			return err
		}
		if r.Aggregates, err = list(ctx, k.aggregates, r); err != nil {
			return err
		}
	}
	if parts.Scores {
		if r.Scores, err = list(ctx, k.scores, r); err != nil {
			return err
		}
	}
	for i := range r.Aggregates {
		if !parts.Holds || r.Aggregates[i].Attested == 0 {
			continue
		}
		if r.Aggregates[i].Holds, err = k.holds.Get(ctx, collections.Join3(r.Task, r.Number, uint64(i))); err != nil {
			return err
		}
	}
	for i := range r.Scores {
		if !parts.Holds || r.Scores[i].Revealed == 0 {
			continue
		}
		told, err := k.counts.Get(ctx, collections.Join3(r.Task, r.Number, uint64(i)))
		if err != nil && !errors.Is(err, collections.ErrNotFound) { // who tells the score alone has none
			return err
		}
		r.Scores[i].Counts = told.Counts
	}
	if parts.Trainers {
		r.Trainers, err = list(ctx, k.trainers, r)
		return err
	}
	nodes := []uint64{parts.Trainer}
	if !parts.Commitment.IsZero() {
		node, err := k.committed.Get(ctx, collections.Join(r.Task, parts.Commitment[:]))
		if err == nil && node != parts.Trainer {
			nodes = append(nodes, node)
		} else if err != nil && !errors.Is(err, collections.ErrNotFound) {
			return err
		}
	}
	for _, node := range nodes {
		c, err := k.trainers.Get(ctx, collections.Join3(r.Task, r.Number, node))
		if errors.Is(err, collections.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		r.Trainers = append(r.Trainers, c)
	}
	slices.SortFunc(r.Trainers, func(a, b taskpb.Contribution) int { return cmp.Compare(a.Bit, b.Bit) })
	return nil
}

// list reads the parts of one kind in a round, in their order.
func list[P any](ctx context.Context, from collections.Map[partKey, P], r *taskpb.Round) (parts []P, err error) {
	of := collections.NewSuperPrefixedTripleRange[uint64, uint64, uint64](r.Task, r.Number)
	err = from.Walk(ctx, of, func(_ partKey, p P) (bool, error) {
		parts = append(parts, p)
		return false, nil
	})
	return parts, err
}

// save writes what differs between two states of a task, and keeps the indexes in
// step. Before is the zero State for a task that is new.
func (k Keeper) save(ctx context.Context, before, after round.State) error {
	id := after.Task.ID
	if before.Task.ID == 0 {
		if err := k.files.Set(ctx, id, taskpb.TaskSpecFromSpec(after.Task.Spec)); err != nil {
			return err
		}
		if err := k.byOwner.Set(ctx, collections.Join(after.Task.Owner, id)); err != nil {
			return err
		}
	}
	if err := k.index(ctx, before.Task, after.Task); err != nil {
		return err
	}
	if err := k.expire(ctx, before, after); err != nil {
		return err
	}
	for _, r := range []spec.Round{after.Round, after.Scoring} {
		was := before.Round
		if r.Number != was.Number {
			was = before.Scoring
		}
		if err := k.saveRound(ctx, was, r); err != nil {
			return err
		}
	}
	old, record := taskpb.RecordFromSpec(before.Task), taskpb.RecordFromSpec(after.Task)
	was := taskpb.Task{Aggregators: old.Aggregators, Evaluators: old.Evaluators}
	is := taskpb.Task{Aggregators: record.Aggregators, Evaluators: record.Evaluators}
	if err := write(ctx, k.committees, id, was, is); err != nil {
		return err
	}
	old.Aggregators, old.Evaluators, record.Aggregators, record.Evaluators = nil, nil, nil, nil
	return write(ctx, k.tasks, id, old, record)
}

// index keeps in step by which tasks are found: their state, and the height at which
// the end of a block looks at them.
func (k Keeper) index(ctx context.Context, before, after spec.Task) error {
	if before.State != after.State {
		if before.ID > 0 {
			if err := k.byState.Remove(ctx, stateKey(before)); err != nil {
				return err
			}
		}
		if err := k.byState.Set(ctx, stateKey(after)); err != nil {
			return err
		}
	}
	old, due := dueAt(before), dueAt(after)
	if old == due {
		return nil
	}
	if old.K2() > 0 {
		if err := k.due.Remove(ctx, old); err != nil {
			return err
		}
	}
	if due.K2() > 0 {
		return k.due.Set(ctx, due)
	}
	return nil
}

func stateKey(t spec.Task) collections.Pair[uint32, uint64] {
	return collections.Join(uint32(taskpb.TaskStateFromSpec(t.State)), t.ID)
}

// saveRound writes what differs between two states of a round, or all of a round
// that is new. The two hold the same parts.
func (k Keeper) saveRound(ctx context.Context, before, after spec.Round) error {
	if after.Number == 0 {
		return nil
	}
	if before.Number != after.Number {
		before = spec.Round{}
	}
	kept := 0 // of before.Trainers, those that were looked at: both lists are in the order of nodes
	for _, c := range after.Trainers {
		for ; kept < len(before.Trainers) && before.Trainers[kept].Node < c.Node; kept++ {
			if err := k.trainers.Remove(ctx, collections.Join3(after.Task, after.Number, before.Trainers[kept].Node)); err != nil {
				return err
			}
		}
		if kept < len(before.Trainers) && before.Trainers[kept].Node == c.Node {
			if kept++; before.Trainers[kept-1] == c {
				continue
			}
		}
		if err := k.trainers.Set(ctx, collections.Join3(after.Task, after.Number, c.Node), taskpb.ContributionFromSpec(c)); err != nil {
			return err
		}
		if after.Phase == spec.PhaseTrain && c.Height > 0 {
			if err := k.committed.Set(ctx, collections.Join(after.Task, c.Commitment[:]), c.Node); err != nil {
				return err
			}
		}
	}
	for ; kept < len(before.Trainers); kept++ {
		if err := k.trainers.Remove(ctx, collections.Join3(after.Task, after.Number, before.Trainers[kept].Node)); err != nil {
			return err
		}
	}
	if before.Phase == spec.PhaseTrain && after.Phase != spec.PhaseTrain { // nobody commits any more
		if err := k.committed.Clear(ctx, collections.NewPrefixedPairRange[uint64, []byte](after.Task)); err != nil {
			return err
		}
	}
	for i, a := range after.Aggregates {
		old, key := spec.Aggregate{}, collections.Join3(after.Task, after.Number, uint64(i))
		if i < len(before.Aggregates) {
			old = before.Aggregates[i]
		}
		if a.Attested > 0 && old.Attested == 0 {
			if err := k.holds.Set(ctx, key, a.Holds); err != nil {
				return err
			}
		}
		old.Holds, a.Holds = nil, nil
		if err := write(ctx, k.aggregates, key, taskpb.AggregateFromSpec(old), taskpb.AggregateFromSpec(a)); err != nil {
			return err
		}
	}
	for i := len(after.Aggregates); i < len(before.Aggregates); i++ {
		if err := k.aggregates.Remove(ctx, collections.Join3(after.Task, after.Number, uint64(i))); err != nil {
			return err
		}
	}
	for i := len(after.Scores); i < len(before.Scores); i++ {
		if err := k.scores.Remove(ctx, collections.Join3(after.Task, after.Number, uint64(i))); err != nil {
			return err
		}
	}
	for i, e := range after.Scores {
		var old spec.Evaluation
		if i < len(before.Scores) {
			old = before.Scores[i]
		}
		key := collections.Join3(after.Task, after.Number, uint64(i))
		if e.Revealed > 0 && old.Revealed == 0 && len(e.Counts) > 0 {
			if err := k.counts.Set(ctx, key, taskpb.EvaluationFromSpec(spec.Evaluation{Counts: e.Counts})); err != nil {
				return err
			}
		}
		old.Counts, e.Counts = nil, nil
		if err := write(ctx, k.scores, key, taskpb.EvaluationFromSpec(old), taskpb.EvaluationFromSpec(e)); err != nil {
			return err
		}
	}
	if !bytes.Equal(before.Committed, after.Committed) {
		if err := k.bitmaps.Set(ctx, collections.Join(after.Task, after.Number), after.Committed); err != nil {
			return err
		}
	}
	before.Trainers, before.Aggregates, before.Scores, before.Committed = nil, nil, nil, nil
	after.Trainers, after.Aggregates, after.Scores, after.Committed = nil, nil, nil, nil
	old, record := taskpb.RoundFromSpec(before), taskpb.RoundFromSpec(after)
	return write(ctx, k.rounds, collections.Join(after.Task, after.Number), old, record)
}

// write sets a value unless its bytes are those of the old one.
func write[K, V any, P interface {
	*V
	Marshal() ([]byte, error)
}](ctx context.Context, into collections.Map[K, V], key K, old, value V) error {
	was, err := P(&old).Marshal()
	if err != nil {
		return err
	}
	is, err := P(&value).Marshal()
	if err != nil || bytes.Equal(was, is) {
		return err
	}
	return into.Set(ctx, key, value)
}
