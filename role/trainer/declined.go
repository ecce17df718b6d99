package trainer

import (
	"errors"
	"fmt"

	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Declined is the event that the node cannot train in a round, even if it tried again. It
// comes with the error of the work, and the node then declines on the chain.
type Declined struct {
	Task, Round uint64
	Why         spec.Decline
}

// Event implements [role.Event].
func (Declined) Event() {}

// Why a node does not serve a task; errors wrap one of them.
var (
	errRows   = errors.New("the rows do not fit the task")
	errPolicy = errors.New("the node's policy refuses the task")
)

// checkPolicy returns a final error if a policy refuses the task. The chain's scheduler has
// checked only the registered policy.
func (a Train) checkPolicy(p *spec.Policy) error {
	if p == nil {
		return nil
	}
	if why := round.Refuses(p, &a.Task, spec.Trainer); why != "" {
		return fmt.Errorf("task %d round %d: %w: it %s: %w", a.Task.ID, a.Round.Number, errPolicy, why, role.ErrFinal)
	}
	return nil
}

// declineEvent is the event of work that failed for good; nil for work that is retried. A
// private task has one cause for every failure, because a cause may reveal something about
// the rows. Where the number of rows is withheld, a cause that depends on it is hidden, too.
func (a Train) declineEvent(err error, withhold bool) role.Event {
	why := spec.DeclineDiverged
	switch {
	case err == nil || !errors.Is(err, role.ErrFinal):
		return nil
	case a.Task.Spec.Private():
		why = spec.DeclinePrivate
	case errors.Is(err, errPolicy), errors.Is(err, errRows) && withhold:
		why = spec.DeclinePolicy
	case errors.Is(err, errRows):
		why = spec.DeclineRows
	}
	return Declined{a.Task.ID, a.Round.Number, why}
}

// checkRows returns a final error that names the first difference between the node's rows and
// what the task wants; nil if they fit.
func (a Train) checkRows(rows, features, classes int) error {
	taskSpec, why := a.Task.Spec, ""
	switch {
	case features != int(taskSpec.Model.Inputs):
		why = fmt.Sprintf("they have %d features: the model has %d inputs", features, taskSpec.Model.Inputs)
	case classes != int(taskSpec.Model.Classes):
		why = fmt.Sprintf("they have %d classes: the model has %d", classes, taskSpec.Model.Classes)
	case uint64(rows) < uint64(taskSpec.Data.MinSamples):
		why = "they are fewer than data.min_samples"
	default:
		return nil
	}
	return a.rowsError(errors.New(why))
}

// rowsError is the final error of a task that the node's rows do not fit.
func (a Train) rowsError(why error) error {
	return fmt.Errorf("task %d round %d: %w: %w: %w", a.Task.ID, a.Round.Number, errRows, why, role.ErrFinal)
}
