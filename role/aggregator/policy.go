package aggregator

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/measure"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Policy is the access rule of an aggregator's blob interface. A trainer that is
// selected and has committed may put its own update while the round asks for
// uploads, unless another that committed before has sent the same values. The round's
// aggregators may get updates once uploads have begun, and
// their trainer may. When the round has settled, survivors' updates are for all
// nodes of the round, and for anybody if the task is audited in public; where it is
// audited by its aggregators alone, nobody else ever gets one, its trainer included. Models
// are for anybody, too, unless the task says that they are for its members.
type Policy struct {
	Chain role.Records
	// Registered is the record of a node, or [blob.ErrNotFound]. It is asked only of who
	// wants a model that is for members; with nil nobody is given one.
	Registered func(ctx context.Context, node uint64) (spec.Node, error)
	// Node is the node whose interface this is: it takes updates of its own
	// rounds only. With 0 it takes those of any round.
	Node uint64
	// Key is the node's transport key, which signs receipts; with nil it gives none.
	Key ed25519.PrivateKey
	// Receipts are shared with the node's [Machine], which ends them when it attests; nil:
	// they do not end.
	Receipts *Receipts
	// Payloads finds updates that are copies; with nil they are taken.
	Payloads *Payloads
}

var _ blob.Policy = Policy{}

// ErrEarly is wrapped by the refusal of what a newer state of the chain may allow: the
// round, the end of its training, or that the node was selected is not known here yet.
// The trainer may have heard of it first.
var ErrEarly = errors.New("too early")

// ChainOf implements [blob.Policy].
func (p Policy) ChainOf(ctx context.Context, task uint64) (string, error) {
	t, err := p.Chain.Task(ctx, task)
	if errors.Is(err, round.ErrTaskNotFound) {
		return "", nil
	}
	return t.Chain, err
}

// MayPut implements [blob.Policy].
func (p Policy) MayPut(ctx context.Context, c blob.Caller, r blob.Ref, e blob.Entry) error {
	if c.Stranger() || c.Node != r.Slot.Node { // before the chain is asked: a stranger costs nothing
		return fmt.Errorf("%w: node %d may not put the update of node %d", blob.ErrForbidden, c.Node, r.Slot.Node)
	}
	task, round, err := p.read(ctx, r)
	if err != nil {
		return err
	}
	i := round.Trainer(r.Slot.Node)
	switch {
	case p.Node != 0 && round.Aggregator(p.Node) < 0:
		return fmt.Errorf("%w: node %d does not aggregate task %d", blob.ErrForbidden, p.Node, task.ID)
	case i < 0:
		return fmt.Errorf("%w: node %d is not selected for round %d", blob.ErrForbidden, c.Node, round.Number)
	case round.Phase.Before(spec.PhaseAttest):
		return fmt.Errorf("%w: %w: uploads of round %d have not begun", blob.ErrForbidden, ErrEarly, round.Number)
	case round.Phase.After(spec.PhaseAttest):
		return fmt.Errorf("%w: uploads of round %d have ended", blob.ErrForbidden, round.Number)
	case round.Trainers[i].Height == 0:
		return fmt.Errorf("%w: node %d has not committed to an update", blob.ErrForbidden, c.Node)
	case spec.UpdateCommitment(r.Slot, e.Digest, e.Salt) != round.Trainers[i].Commitment:
		return fmt.Errorf("%w: digest and salt do not open the commitment of node %d", blob.ErrForbidden, c.Node)
	}
	header, err := header(task, round, r)
	if err != nil {
		return err
	}
	if want := model.UpdateSize(header); e.Size > want {
		return fmt.Errorf("%w: %d bytes, the task allows %d", blob.ErrTooLarge, e.Size, want)
	}
	return nil
}

// CheckUpdate implements [blob.Policy].
func (p Policy) CheckUpdate(ctx context.Context, r blob.Ref, _ blob.Entry, body io.Reader) error {
	task, round, err := p.read(ctx, r)
	if err != nil {
		return err
	}
	want, err := header(task, round, r)
	if err != nil {
		return err
	}
	if round.Measures { // two owners may have columns with the same sums: these are no copies
		sums, err := measure.New(task.Spec.Data)
		if err != nil {
			return err
		}
		return add(sums, body, want, claimed(round, r.Slot.Node))
	}
	digest, err := values(body, want, func(body io.Reader) error { return model.CheckUpdate(body, want) })
	if err != nil || p.Payloads == nil {
		return err
	}
	return p.Payloads.take(ctx, task, round, r.Slot.Node, digest)
}

// Receipt implements [blob.Policy].
func (p Policy) Receipt(_ context.Context, r blob.Ref, e blob.Entry) (spec.Receipt, error) {
	if p.Key == nil || p.Receipts != nil && !p.Receipts.give(place{r.Slot.Task, r.Slot.Round}, r.Slot.Node) {
		return spec.Receipt{}, nil
	}
	return spec.SignReceipt(p.Key, r.Slot, p.Node, spec.UpdateCommitment(r.Slot, e.Digest, e.Salt)), nil
}

// MayGetUpdate implements [blob.Policy].
func (p Policy) MayGetUpdate(ctx context.Context, c blob.Caller, r blob.Ref) error {
	task, round, err := p.read(ctx, r)
	if err != nil {
		return err
	}
	i := round.Trainer(r.Slot.Node)
	survivor := round.Phase == spec.PhaseSettled && i >= 0 && round.Trainers[i].Survivor
	known := !c.Stranger()
	switch {
	case round.Phase.Before(spec.PhaseAttest):
	case known && round.Aggregator(c.Node) >= 0:
		return nil
	case task.Spec.Audit == spec.AuditAggregators:
	case known && c.Node == r.Slot.Node:
		return nil
	case known && survivor && (round.Trainer(c.Node) >= 0 || round.Evaluator(c.Node) >= 0):
		return nil
	case survivor && task.Spec.Audit == spec.AuditPublic:
		return nil
	}
	return fmt.Errorf("%w: %s", blob.ErrForbidden, r)
}

// MayGetModel implements [blob.Policy]. A model that is for members, and the state
// behind it, is for the nodes of the account that pays, for the committee, and for the
// trainers of the round that made it and of those that began with it; of a governed task,
// which may go back to any model, for whoever trains now. A node that its
// owner has deactivated is a member only as long as it still serves the task.
func (p Policy) MayGetModel(ctx context.Context, c blob.Caller, r blob.Ref) error {
	task, err := p.Chain.Task(ctx, r.Slot.Task)
	if err != nil {
		return unknown(err)
	}
	if !task.Spec.Model.Private() {
		return nil
	}
	if c.Stranger() || p.Registered == nil {
		return fmt.Errorf("%w: %s is for members", blob.ErrForbidden, r)
	}
	node, err := p.Registered(ctx, c.Node)
	if err != nil {
		return err
	}
	if node.Owner == task.Owner {
		return nil
	}
	member, serves, err := p.part(ctx, task, r.Slot.Round, c.Node)
	switch {
	case err != nil:
		return err
	case member && (node.Selectable() || serves):
		return nil
	case !member && node.Selectable() && !task.State.Final(): // it may have been selected
		return fmt.Errorf("%w: %w: node %d is no member that gets %s", blob.ErrForbidden, ErrEarly, c.Node, r)
	}
	return fmt.Errorf("%w: node %d is no member that gets %s", blob.ErrForbidden, c.Node, r)
}

// part says whether a node has a part in a task that needs the model of a round, and
// whether it still serves the task with it.
func (p Policy) part(ctx context.Context, task spec.Task, made, node uint64) (member, serves bool, err error) {
	own := func(m spec.Member) bool { return m.Node == node }
	if slices.ContainsFunc(task.Aggregators, own) || slices.ContainsFunc(task.Evaluators, own) {
		return true, !task.State.Final(), nil
	}
	for number := max(made, 1); number <= task.Round; number++ {
		r, err := p.Chain.Round(ctx, task.ID, number)
		if err != nil {
			return false, false, unknown(err)
		}
		if r.Trainer(node) >= 0 {
			member, serves = true, serves || !r.Phase.Final()
		}
		if number > made && r.Phase != spec.PhaseAborted { // else the round behind it begins with the same model
			break
		}
	}
	if task.Spec.Governed && !task.State.Final() && task.Round > 0 { // a vote may have gone back to this model
		r, err := p.Chain.Round(ctx, task.ID, task.Round)
		if err != nil {
			return false, false, unknown(err)
		}
		if !r.Phase.Final() && r.Trainer(node) >= 0 {
			return true, true, nil
		}
	}
	return member, serves, nil
}

// read reads what a ref is about; what the chain does not know is forbidden.
func (p Policy) read(ctx context.Context, r blob.Ref) (spec.Task, spec.Round, error) {
	task, err := p.Chain.Task(ctx, r.Slot.Task)
	if err != nil {
		return task, spec.Round{}, unknown(err)
	}
	round, err := p.Chain.Round(ctx, r.Slot.Task, r.Slot.Round)
	if err != nil {
		return task, round, unknown(err)
	}
	return task, round, nil
}

// unknown tells what is not on the chain from a chain that does not answer: only
// the first is the caller's fault.
func unknown(err error) error {
	if errors.Is(err, round.ErrTaskNotFound) || errors.Is(err, round.ErrRoundNotFound) {
		return fmt.Errorf("%w: %w: %w", blob.ErrForbidden, ErrEarly, err)
	}
	return err
}

// header is that of the update of a slot of a round.
func header(task spec.Task, of spec.Round, r blob.Ref) (model.UpdateHeader, error) {
	if of.Measures {
		return measure.Header(r.Slot, task.Spec.Data)
	}
	size, err := model.Size(task.Spec.Model)
	return model.UpdateHeader{Slot: r.Slot, ScaleBits: task.Spec.Aggregation.ScaleBits, Count: uint64(size)}, err
}
