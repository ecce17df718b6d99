// Package taskpb is the wire form of tasks and their rounds: generated from
// proto/althing/task/v1, with conversions to and from the plain types of package
// spec. It is not where a task is validated beyond its shape: that is spec's.
package taskpb

import (
	"fmt"

	"github.com/althing-network/althing/spec"
)

// TaskFromSpec is the wire form of a task.
func TaskFromSpec(t spec.Task) Task {
	said := TaskSpecFromSpec(t.Spec)
	out := RecordFromSpec(t)
	out.Spec = &said
	return out
}

// RecordFromSpec is the wire form of a task without its task file.
func RecordFromSpec(t spec.Task) Task {
	return Task{
		Id: t.ID, Chain: t.Chain, Owner: t.Owner, State: TaskStateFromSpec(t.State),
		Reason: t.Reason, Created: t.Created, Since: int64(t.Since), Closed: t.Closed, Cancelling: t.Cancelling,
		Tariff: TariffFromSpec(t.Tariff), Paid: t.Paid, Fees: t.Fees, Delivered: t.Delivered, Refunded: t.Refunded,
		Aggregators: membersFromSpec(t.Aggregators), Evaluators: membersFromSpec(t.Evaluators),
		Round: t.Round, Scoring: t.Scoring, Enough: int64(t.Enough), Accepted: t.Accepted, Aborted: t.Aborted, Model: digest(t.Model),
		Score: uint32(t.Score), ScoredRound: t.ScoredRound, Best: uint32(t.Best), BestRound: t.BestRound, Stale: t.Stale, Due: int64(t.Due), Faults: faultsFromSpec(t.Faults),
		Updates: t.Updates, Revisions: revisionsFromSpec(t.Revisions), Nominee: nomineeFromSpec(t.Nominee), Adopted: adoptionFromSpec(t.Adopted),
	}
}

// ToSpec is the task in plain types. It refuses a task without its task file, an
// unknown state and a digest of a wrong length.
func (m *Task) ToSpec() (spec.Task, error) {
	state, err := m.State.ToSpec()
	if err != nil {
		return spec.Task{}, fmt.Errorf("task %d: %w", m.Id, err)
	}
	if m.Spec == nil {
		return spec.Task{}, fmt.Errorf("task %d: its task file is missing", m.Id)
	}
	var r digests
	t := spec.Task{
		ID: m.Id, Chain: m.Chain, Owner: m.Owner, Spec: m.Spec.ToSpec(), State: state,
		Reason: m.Reason, Created: m.Created, Since: spec.Time(m.Since), Closed: m.Closed, Cancelling: m.Cancelling,
		Tariff: m.Tariff.ToSpec(), Paid: m.Paid, Fees: m.Fees, Delivered: m.Delivered, Refunded: m.Refunded,
		Aggregators: membersToSpec(&r, m.Aggregators), Evaluators: membersToSpec(&r, m.Evaluators),
		Round: m.Round, Scoring: m.Scoring, Enough: spec.Time(m.Enough), Accepted: m.Accepted, Aborted: m.Aborted, Model: r.read("model", m.Model),
		Score: spec.PPM(m.Score), ScoredRound: m.ScoredRound, Best: spec.PPM(m.Best), BestRound: m.BestRound, Stale: m.Stale, Due: spec.Time(m.Due), Faults: faultsToSpec(&r, m.Faults),
		Updates: m.Updates, Revisions: revisionsToSpec(m.Revisions), Nominee: nomineeToSpec(&r, m.Nominee), Adopted: adoptionToSpec(&r, m.Adopted),
	}
	if r.err != nil {
		return spec.Task{}, fmt.Errorf("task %d: %w", m.Id, r.err)
	}
	return t, nil
}

// TariffFromSpec is the wire form of a tariff.
func TariffFromSpec(r spec.Tariff) Tariff {
	return Tariff{
		Trainers: uint32(r.Split.Trainers), Evaluators: uint32(r.Split.Evaluators),
		Aggregators: uint32(r.Split.Aggregators), Validators: uint32(r.Split.Validators),
		MinPay: r.MinPay, MinBond: r.MinBond, NoReveal: uint32(r.NoReveal), WrongAggregate: uint32(r.WrongAggregate), Equivocation: uint32(r.Equivocation),
	}
}

// ToSpec is the tariff in plain types.
func (m *Tariff) ToSpec() spec.Tariff {
	return spec.Tariff{
		Split: spec.Split{
			Trainers: spec.PPM(m.Trainers), Evaluators: spec.PPM(m.Evaluators),
			Aggregators: spec.PPM(m.Aggregators), Validators: spec.PPM(m.Validators),
		},
		MinPay: m.MinPay, MinBond: m.MinBond, NoReveal: spec.PPM(m.NoReveal), WrongAggregate: spec.PPM(m.WrongAggregate), Equivocation: spec.PPM(m.Equivocation),
	}
}

func membersFromSpec(list []spec.Member) (out []Member) {
	for _, m := range list {
		out = append(out, Member{Node: m.Node, Stake: m.Stake, Key: publicKey(m.Key), Ready: digest(m.Ready)})
	}
	return out
}

func membersToSpec(r *digests, list []Member) (out []spec.Member) {
	for _, m := range list {
		out = append(out, spec.Member{Node: m.Node, Stake: m.Stake, Key: r.key(m.Key), Ready: r.read("ready", m.Ready)})
	}
	return out
}

func faultsFromSpec(list []spec.Fault) (out []Fault) {
	for _, f := range list {
		out = append(out, Fault{Round: f.Round, Node: f.Node, Kind: f.Kind, Digest: digest(f.Digest), Burned: f.Burned})
	}
	return out
}

func faultsToSpec(r *digests, list []Fault) (out []spec.Fault) {
	for _, f := range list {
		out = append(out, spec.Fault{Round: f.Round, Node: f.Node, Kind: f.Kind, Digest: r.read("fault", f.Digest), Burned: f.Burned})
	}
	return out
}
