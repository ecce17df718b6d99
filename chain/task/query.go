package task

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/althing-network/althing/pb/page"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
)

// Task implements [taskpb.QueryServer].
func (k Keeper) Task(ctx context.Context, req *taskpb.QueryTask) (*taskpb.QueryTaskResponse, error) {
	t, err := k.task(ctx, req.Id)
	if err != nil {
		return nil, err
	}
	return &taskpb.QueryTaskResponse{Task: t}, nil
}

// Tasks implements [taskpb.QueryServer]. A filter by owner or state reads the index of owners
// or states; with both filters it reads that of owners.
func (k Keeper) Tasks(ctx context.Context, req *taskpb.QueryTasks) (*taskpb.QueryTasksResponse, error) {
	var tasks []taskpb.Task
	var next *query.PageResponse
	var err error
	switch {
	case req.Owner != "":
		owner, wrong := sdk.AccAddressFromBech32(req.Owner)
		if wrong != nil {
			return nil, withCode(fmt.Errorf("%w: %w", round.ErrMalformed, wrong))
		}
		tasks, next, err = query.CollectionFilteredPaginate(ctx, k.byOwner, page.Bounded(req.Pagination, maxTasks),
			func(key collections.Pair[string, uint64], _ collections.NoValue) (bool, error) {
				if req.State == 0 {
					return true, nil
				}
				task, err := k.tasks.Get(ctx, key.K2())
				return task.State == req.State, err
			},
			func(key collections.Pair[string, uint64], _ collections.NoValue) (taskpb.Task, error) {
				return k.task(ctx, key.K2())
			},
			query.WithCollectionPaginationPairPrefix[string, uint64](owner.String()))
	case req.State != 0:
		tasks, next, err = query.CollectionPaginate(ctx, k.byState, page.Bounded(req.Pagination, maxTasks),
			func(key collections.Pair[uint32, uint64], _ collections.NoValue) (taskpb.Task, error) {
				return k.task(ctx, key.K2())
			},
			query.WithCollectionPaginationPairPrefix[uint32, uint64](uint32(req.State)))
	default:
		tasks, next, err = query.CollectionPaginate(ctx, k.tasks, page.Bounded(req.Pagination, maxTasks),
			func(_ uint64, task taskpb.Task) (taskpb.Task, error) { return k.complete(ctx, task) })
	}
	return &taskpb.QueryTasksResponse{Tasks: tasks, Pagination: next}, err
}

// Round implements [taskpb.QueryServer].
func (k Keeper) Round(ctx context.Context, req *taskpb.QueryRound) (*taskpb.QueryRoundResponse, error) {
	if err := k.checkExists(ctx, req.Task); err != nil {
		return nil, err
	}
	r, err := k.record(ctx, req.Task, req.Number)
	if err != nil {
		return nil, err
	}
	parts := allParts()
	if req.Node != 0 {
		parts = round.PartsFor(req.Node, false)
	}
	if err := k.readParts(ctx, &r, parts); err != nil {
		return nil, err
	}
	return &taskpb.QueryRoundResponse{Round: r}, nil
}

// Rounds implements [taskpb.QueryServer].
func (k Keeper) Rounds(ctx context.Context, req *taskpb.QueryRounds) (*taskpb.QueryRoundsResponse, error) {
	if err := k.checkExists(ctx, req.Task); err != nil {
		return nil, err
	}
	rounds, next, err := query.CollectionPaginate(ctx, k.rounds, page.Bounded(req.Pagination, maxRounds),
		func(_ collections.Pair[uint64, uint64], r taskpb.Round) (taskpb.Round, error) {
			err := k.readParts(ctx, &r, allParts())
			return r, err
		},
		query.WithCollectionPaginationPairPrefix[uint64, uint64](req.Task))
	return &taskpb.QueryRoundsResponse{Rounds: rounds, Pagination: next}, err
}

// checkExists returns [round.ErrTaskNotFound] if the task does not exist.
func (k Keeper) checkExists(ctx context.Context, task uint64) error {
	has, err := k.tasks.Has(ctx, task)
	if err == nil && !has {
		return withCode(fmt.Errorf("task %d: %w", task, round.ErrTaskNotFound))
	}
	return err
}

// Duties implements [taskpb.QueryServer].
func (k Keeper) Duties(ctx context.Context, req *taskpb.QueryDuties) (*taskpb.QueryDutiesResponse, error) {
	duties, next, err := query.CollectionPaginate(ctx, k.parts, page.Bounded(req.Pagination, maxDuties),
		func(key collections.Pair[uint64, uint64], _ taskpb.Held) (taskpb.Duty, error) {
			return k.duty(ctx, key.K1(), key.K2())
		},
		query.WithCollectionPaginationPairPrefix[uint64, uint64](req.Node))
	if err != nil {
		return nil, err
	}
	now, err := k.now(ctx)
	return &taskpb.QueryDutiesResponse{Duties: duties, Time: int64(now.Time), Pagination: next}, err
}

// duty returns a task and the parts of its running rounds that concern a node.
func (k Keeper) duty(ctx context.Context, node, id uint64) (taskpb.Duty, error) {
	task, err := k.task(ctx, id)
	if err != nil {
		return taskpb.Duty{}, err
	}
	duty := taskpb.Duty{Task: task}
	aggregates := slices.ContainsFunc(task.Aggregators, func(m taskpb.Member) bool { return m.Node == node })
	for _, number := range []uint64{task.Scoring, task.Round} {
		if number == 0 {
			continue
		}
		r, err := k.record(ctx, id, number)
		if err != nil {
			return taskpb.Duty{}, err
		}
		if phase, err := r.Phase.ToSpec(); err != nil || phase.Final() {
			continue
		}
		if err := k.readParts(ctx, &r, round.PartsFor(node, aggregates)); err != nil {
			return taskpb.Duty{}, err
		}
		duty.Rounds = append(duty.Rounds, r)
	}
	return duty, nil
}

// Committed implements [taskpb.QueryServer].
func (k Keeper) Committed(ctx context.Context, req *taskpb.QueryCommitted) (*taskpb.QueryCommittedResponse, error) {
	node, err := k.committed.Get(ctx, collections.Join(req.Task, req.Commitment))
	if errors.Is(err, collections.ErrNotFound) {
		err = k.checkExists(ctx, req.Task)
	}
	return &taskpb.QueryCommittedResponse{Node: node}, err
}

// The largest pages, whatever a query asks for: a stranger's query must not make a node read
// its whole state into memory. A round comes with the parts of all participants, a duty with
// up to two rounds. A full page of the largest entries stays below the gas limit of a query.
const (
	maxTasks  = 1000
	maxRounds = 20
	maxDuties = 10
)
