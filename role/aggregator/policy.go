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

// Policy is the access rule of an aggregator's blob interface:
//
//   - A selected trainer that has committed may put its own update during the upload
//     phase, unless a trainer that committed before has sent the same values.
//   - Once uploads have begun, the round's aggregators may get every update, and a trainer
//     its own.
//   - Once the round has settled, all nodes of the round may get the survivors' updates,
//     and anybody may if the task's audit is public. If the audit is for aggregators, only
//     aggregators ever get an update, not even the trainer itself.
//   - Anybody may get models, unless the task says that they are for its members.
type Policy struct {
	Chain role.Records
	// Registered is the record of a node, or [blob.ErrNotFound]. It is called for requests
	// for a private model; with nil, private models are refused to everybody.
	Registered func(ctx context.Context, node uint64) (spec.Node, error)
	// Node is the aggregator's own id: it accepts updates of rounds that it aggregates. With
	// 0 it accepts updates of any round.
	Node uint64
	// Key is the node's transport key, which signs receipts; nil: it gives none.
	Key ed25519.PrivateKey
	// Receipts are shared with the node's [Machine], which closes a round's receipts when it
	// attests; nil: they are never closed.
	Receipts *Receipts
	// Payloads finds updates that are copies; nil: copies are accepted.
	Payloads *Payloads
}

var _ blob.Policy = Policy{}

// ErrEarly is wrapped by the refusal of a request that a newer state of the chain may
// allow: this node's chain node may not know the round, the end of its training or a
// selection yet. The caller's chain node may be a block ahead.
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
	if round.Measures { // two owners may have columns with equal sums without copying
		sums, err := measure.New(task.Spec.Data)
		if err != nil {
			return err
		}
		return addStatistics(sums, body, want, claimedRows(round, r.Slot.Node))
	}
	digest, err := digestValues(body, want, func(body io.Reader) error { return model.CheckUpdate(body, want) })
	if err != nil || p.Payloads == nil {
		return err
	}
	return p.Payloads.record(ctx, task, round, r.Slot.Node, digest)
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

// MayGetModel implements [blob.Policy]. A private model and its state are for the nodes of
// the account that pays, for the committee, and for the trainers of the round that made
// the model and of the rounds that began with it. A governed task may go back to any
// model, so its current trainers get all of them. A node that its owner has deactivated is
// a member only while it still serves the task.
func (p Policy) MayGetModel(ctx context.Context, c blob.Caller, r blob.Ref) error {
	task, err := p.Chain.Task(ctx, r.Slot.Task)
	if err != nil {
		return earlyIfUnknown(err)
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
	member, serves, err := p.membership(ctx, task, r.Slot.Round, c.Node)
	switch {
	case err != nil:
		return err
	case member && (node.Selectable() || serves):
		return nil
	case !member && node.Selectable() && !task.State.Final(): // a newer block may have selected it
		return fmt.Errorf("%w: %w: node %d is not among the members that may get %s", blob.ErrForbidden, ErrEarly, c.Node, r)
	}
	return fmt.Errorf("%w: node %d is not among the members that may get %s", blob.ErrForbidden, c.Node, r)
}

// membership reports whether a node has a part in a task for which it needs the model of a
// round, and whether it still serves the task with that model.
func (p Policy) membership(ctx context.Context, task spec.Task, modelRound, node uint64) (member, serves bool, err error) {
	own := func(m spec.Member) bool { return m.Node == node }
	if slices.ContainsFunc(task.Aggregators, own) || slices.ContainsFunc(task.Evaluators, own) {
		return true, !task.State.Final(), nil
	}
	for number := max(modelRound, 1); number <= task.Round; number++ {
		r, err := p.Chain.Round(ctx, task.ID, number)
		if err != nil {
			return false, false, earlyIfUnknown(err)
		}
		if r.Trainer(node) >= 0 {
			member, serves = true, serves || !r.Phase.Final()
		}
		if number > modelRound && r.Phase != spec.PhaseAborted { // after an aborted round, the next round begins with the same model
			break
		}
	}
	if task.Spec.Governed && !task.State.Final() && task.Round > 0 { // a vote may have gone back to this model
		r, err := p.Chain.Round(ctx, task.ID, task.Round)
		if err != nil {
			return false, false, earlyIfUnknown(err)
		}
		if !r.Phase.Final() && r.Trainer(node) >= 0 {
			return true, true, nil
		}
	}
	return member, serves, nil
}

// read returns the task and the round of a ref. If the chain does not know them, the error
// is [blob.ErrForbidden].
func (p Policy) read(ctx context.Context, r blob.Ref) (spec.Task, spec.Round, error) {
	task, err := p.Chain.Task(ctx, r.Slot.Task)
	if err != nil {
		return task, spec.Round{}, earlyIfUnknown(err)
	}
	round, err := p.Chain.Round(ctx, r.Slot.Task, r.Slot.Round)
	if err != nil {
		return task, round, earlyIfUnknown(err)
	}
	return task, round, nil
}

// earlyIfUnknown turns "not on the chain" into a refusal that is too early. Other errors, such
// as a chain that does not answer, are not the caller's fault and stay as they are.
func earlyIfUnknown(err error) error {
	if errors.Is(err, round.ErrTaskNotFound) || errors.Is(err, round.ErrRoundNotFound) {
		return fmt.Errorf("%w: %w: %w", blob.ErrForbidden, ErrEarly, err)
	}
	return err
}

// header is the expected header of the update of a slot.
func header(task spec.Task, of spec.Round, r blob.Ref) (model.UpdateHeader, error) {
	if of.Measures {
		return measure.Header(r.Slot, task.Spec.Data)
	}
	size, err := model.Size(task.Spec.Model)
	return model.UpdateHeader{Slot: r.Slot, ScaleBits: task.Spec.Aggregation.ScaleBits, Count: uint64(size)}, err
}
