package daemon

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
)

const (
	waitInterval    = 10 * time.Second // between two checks of the tasks that have not selected the node
	maxWaitingTasks = 100              // tasks per state that one check reads
)

// waiting logs why open tasks do not select a node: once for each task, role and reason.
// It checks only tasks in which the node has no part, and no rounds.
type waiting struct {
	node     uint64
	chain    waitingChain
	rows     role.Rows         // nil: the node has none
	loggable func(error) error // what a log may say about rows that do not fit

	seen   map[taskRole]string // reasons that the check before has found
	logged map[taskRole]string // reasons that were logged
	fits   map[uint64]error    // by task: nil if the node's rows fit it; cached, because the file is read for each task
}

type taskRole struct {
	task uint64
	role spec.Role
}

// waitingChain answers queries about tasks and nodes, as [client.Client] does.
type waitingChain interface {
	registry
	taskLister
	Duties(ctx context.Context, node uint64) ([]client.Duty, spec.Time, error)
}

// watchWaiting checks the tasks that do not select the node, until ctx ends.
func (p *Participant) watchWaiting(ctx context.Context) {
	w := waiting{node: p.node.ID, chain: p.account.Client, loggable: p.config.Data.loggable}
	if p.config.Data.File != "" {
		w.rows = p.tools.Rows
	}
	for client.Sleep(ctx, waitInterval) == nil {
		notes, err := w.check(ctx)
		if err != nil {
			continue // the next check asks the chain again
		}
		for _, n := range summarise(notes) {
			p.log.LogAttrs(ctx, slog.LevelInfo, n.event, n.attrs()...)
		}
	}
}

// check reads the open tasks and returns what has to be logged. A reason is logged when two
// checks in a row find it, because a new task selects its nodes in the next blocks.
func (w *waiting) check(ctx context.Context) (notes []note, err error) {
	n, err := w.chain.Node(ctx, w.node)
	if err != nil {
		return nil, err
	}
	duties, _, err := w.chain.Duties(ctx, w.node)
	if err != nil {
		return nil, err
	}
	serves := map[uint64]bool{}
	for _, d := range duties {
		serves[d.Task.ID] = true
	}
	seen, logged, fits := map[taskRole]string{}, map[taskRole]string{}, map[uint64]error{}
	for _, state := range []spec.TaskState{spec.TaskWaiting, spec.TaskPreparing, spec.TaskRunning} {
		tasks, _, err := w.chain.Tasks(ctx, state, "", client.Page{Limit: maxWaitingTasks})
		if err != nil {
			return nil, err
		}
		for _, t := range tasks {
			if serves[t.ID] {
				continue
			}
			for _, as := range rolesOpen(&t, &n) {
				at := taskRole{t.ID, as}
				why, err := w.why(&t, &n, as, fits)
				if err != nil {
					return nil, err
				}
				if seen[at] = why; why == "" {
					continue
				}
				logged[at] = w.logged[at]
				if why == w.seen[at] && why != w.logged[at] {
					logged[at] = why
					notes = append(notes, note{event: "not selected for a task", task: t.ID, attributes: []slog.Attr{
						slog.String("name", t.Spec.Name), slog.String("role", as.String()), slog.String("why", why),
					}})
				}
			}
		}
	}
	w.seen, w.logged, w.fits = seen, logged, fits
	return notes, nil
}

// rolesOpen lists the roles of a node in which a task may still select it.
func rolesOpen(t *spec.Task, n *spec.Node) (roles []spec.Role) {
	for _, as := range []spec.Role{spec.Aggregator, spec.Evaluator} {
		if t.State == spec.TaskWaiting && n.Profile.Roles.Has(as) {
			roles = append(roles, as)
		}
	}
	if n.Profile.Roles.Has(spec.Trainer) {
		roles = append(roles, spec.Trainer)
	}
	return roles
}

// why returns the reason why a task does not select a node in a role; empty: it may select it.
func (w *waiting) why(t *spec.Task, n *spec.Node, as spec.Role, fits map[uint64]error) (string, error) {
	if why := role.Ineligible(t, n, as); why != "" {
		return why, nil
	}
	if as == spec.Aggregator {
		return waitsForMore(t), nil
	}
	if holding, _ := n.Profile.Holding(t.Spec.Data.Name); t.Spec.Private() && holding.Dataset == 0 {
		return "the task is private: the node's rows are not registered as a data set with a privacy budget", nil
	}
	if w.rows == nil || t.Spec.Data.Schema.IsZero() || t.Spec.Private() { // what is logged for a private task must not depend on rows
		return waitsForMore(t), nil
	}
	err, cached := w.fits[t.ID]
	if !cached {
		_, err = w.rows(t.Spec.Data)
	}
	if err != nil && !errors.Is(err, data.ErrMisfit) {
		return "", err
	}
	if fits[t.ID] = err; err != nil {
		return "the node's rows do not fit the task: " + w.loggable(err).Error(), nil
	}
	return waitsForMore(t), nil
}

// waitsForMore returns why an eligible node is not selected; empty: a later round may select it.
func waitsForMore(t *spec.Task) string {
	if t.State == spec.TaskWaiting {
		return "the node is eligible: the task waits for more nodes"
	}
	return ""
}
