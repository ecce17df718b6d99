package trainer

import (
	"errors"
	"fmt"

	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Declined is the event that the node cannot train in a round, and would not be able to
// if it tried again. It comes with the error of the work, and the node tells the chain.
type Declined struct {
	Task, Round uint64
	Why         spec.Decline
}

// Event implements [role.Event].
func (Declined) Event() {}

// What is wrapped by the errors of tasks that the node does not serve.
var (
	errRows   = errors.New("the rows do not fit the task")
	errPolicy = errors.New("the node's policy refuses the task")
)

// refused says why a policy refuses the task, as an error that is final; nil where it does
// not. The scheduler has asked the policy that is registered.
func (a Train) refused(p *spec.Policy) error {
	if p == nil {
		return nil
	}
	if why := round.Refuses(p, &a.Task, spec.Trainer); why != "" {
		return fmt.Errorf("task %d round %d: %w: it %s: %w", a.Task.ID, a.Round.Number, errPolicy, why, role.ErrFinal)
	}
	return nil
}

// decline is the event of work that failed for good; nil for work that is tried again. In
// a private task there is one cause for everything, because a cause may tell something of
// the rows; so may their number, where it is withheld.
func (a Train) decline(err error, withhold bool) role.Event {
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

// misfit says what about the node's rows does not fit a task, as an error that is final;
// nil where they fit.
func (a Train) misfit(rows, features, classes int) error {
	asked, why := a.Task.Spec, ""
	switch {
	case features != int(asked.Model.Inputs):
		why = fmt.Sprintf("they have %d features, and the model has %d inputs", features, asked.Model.Inputs)
	case classes != int(asked.Model.Classes):
		why = fmt.Sprintf("they have %d classes, and the model has %d", classes, asked.Model.Classes)
	case uint64(rows) < uint64(asked.Data.MinSamples):
		why = "they are fewer rows than min_samples"
	default:
		return nil
	}
	return a.unfit(errors.New(why))
}

// unfit is the refusal of a task that the node's rows do not fit.
func (a Train) unfit(why error) error {
	return fmt.Errorf("task %d round %d: %w: %w: %w", a.Task.ID, a.Round.Number, errRows, why, role.ErrFinal)
}
