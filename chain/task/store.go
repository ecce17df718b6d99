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

// A task is stored in pieces, so that a message reads and writes only what it is about: the
// task file, which never changes; the committee, which changes before round 1; the record of
// the task; the record of each round; each participant's part in a round; the counts of
// evaluators; and the bitmaps, which grow with the number of trainers.

// partKey is the key of a participant's part: task, round, and the node of a trainer or the
// place of an aggregator or evaluator in its list.
type partKey = collections.Triple[uint64, uint64, uint64]

// load reads a task, its newest round and the round that is still being scored, with the
// given parts of both rounds.
func (k Keeper) load(ctx context.Context, id uint64, parts round.Parts) (round.State, error) {
	stored, err := k.task(ctx, id)
	if err != nil {
		return round.State{}, err
	}
	var state round.State
	if state.Task, err = convert(stored.ToSpec); err != nil || state.Task.Round == 0 {
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
	if err := k.readParts(ctx, &r, parts.ForRound(number)); err != nil {
		return spec.Round{}, err
	}
	return convert(r.ToSpec)
}

// task reads a task with its task file and its committee.
func (k Keeper) task(ctx context.Context, id uint64) (taskpb.Task, error) {
	t, err := k.tasks.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return t, withCode(fmt.Errorf("task %d: %w", id, round.ErrTaskNotFound))
	}
	if err != nil {
		return t, err
	}
	return k.complete(ctx, t)
}

// complete adds the task file and the committee to the record of a task.
func (k Keeper) complete(ctx context.Context, t taskpb.Task) (taskpb.Task, error) {
	file, err := k.files.Get(ctx, t.Id)
	if err != nil {
		return t, err
	}
	committee, err := k.committees.Get(ctx, t.Id)
	if err != nil && !errors.Is(err, collections.ErrNotFound) { // a waiting task has no committee
		return t, err
	}
	t.Spec, t.Aggregators, t.Evaluators = &file, committee.Aggregators, committee.Evaluators
	return t, nil
}

// record reads a round without the parts of its participants.
func (k Keeper) record(ctx context.Context, task, number uint64) (taskpb.Round, error) {
	r, err := k.rounds.Get(ctx, collections.Join(task, number))
	if errors.Is(err, collections.ErrNotFound) {
		return r, withCode(fmt.Errorf("task %d round %d: %w", task, number, round.ErrRoundNotFound))
	}
	return r, err
}

// allParts stands for all parts of a round: queries and the end of a block read them.
func allParts() round.Parts {
	return round.Parts{Trainers: true, Aggregates: true, Scores: true, Holds: true}
}

// readParts adds the given parts to the record of a round.
func (k Keeper) readParts(ctx context.Context, r *taskpb.Round, parts round.Parts) (err error) {
	if parts.Aggregates {
		r.Committed, err = k.bitmaps.Get(ctx, collections.Join(r.Task, r.Number))
		if err != nil && !errors.Is(err, collections.ErrNotFound) { // a round that trains has no bitmap
			return err
		}
		if r.Aggregates, err = readAll(ctx, k.aggregates, r); err != nil {
			return err
		}
	}
	if parts.Scores {
		if r.Scores, err = readAll(ctx, k.scores, r); err != nil {
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
		stored, err := k.counts.Get(ctx, collections.Join3(r.Task, r.Number, uint64(i)))
		if err != nil && !errors.Is(err, collections.ErrNotFound) { // an evaluator may leave the counts out
			return err
		}
		r.Scores[i].Counts = stored.Counts
	}
	if parts.Trainers {
		r.Trainers, err = readAll(ctx, k.trainers, r)
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

// readAll reads all parts of one kind in a round, by key.
func readAll[P any](ctx context.Context, from collections.Map[partKey, P], r *taskpb.Round) (parts []P, err error) {
	of := collections.NewSuperPrefixedTripleRange[uint64, uint64, uint64](r.Task, r.Number)
	err = from.Walk(ctx, of, func(_ partKey, p P) (bool, error) {
		parts = append(parts, p)
		return false, nil
	})
	return parts, err
}

// save writes what differs between two states of a task, and updates the indexes. Before is
// the zero State for a new task.
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
	if err := k.removeCounts(ctx, before, after); err != nil {
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
	if err := setIfChanged(ctx, k.committees, id, was, is); err != nil {
		return err
	}
	old.Aggregators, old.Evaluators, record.Aggregators, record.Evaluators = nil, nil, nil, nil
	return setIfChanged(ctx, k.tasks, id, old, record)
}

// index updates the indexes of states and due times.
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

// saveRound writes what differs between two states of a round, or all of a new round. Both
// states hold the same parts.
func (k Keeper) saveRound(ctx context.Context, before, after spec.Round) error {
	if after.Number == 0 {
		return nil
	}
	if before.Number != after.Number {
		before = spec.Round{}
	}
	kept := 0 // index into before.Trainers: both lists are sorted by node
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
	if before.Phase == spec.PhaseTrain && after.Phase != spec.PhaseTrain { // copies are no longer possible
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
		if err := setIfChanged(ctx, k.aggregates, key, taskpb.AggregateFromSpec(old), taskpb.AggregateFromSpec(a)); err != nil {
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
		if err := setIfChanged(ctx, k.scores, key, taskpb.EvaluationFromSpec(old), taskpb.EvaluationFromSpec(e)); err != nil {
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
	return setIfChanged(ctx, k.rounds, collections.Join(after.Task, after.Number), old, record)
}

// setIfChanged sets a value unless its bytes equal those of the old one.
func setIfChanged[K, V any, P interface {
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
