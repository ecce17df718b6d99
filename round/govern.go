package round

import (
	"fmt"
	"slices"

	"github.com/althing-network/althing/spec"
)

// How votes change a governed task. A passed proposal waits in the timelock. If it wants
// another model, that model is nominated, and the task's aggregators attest that they hold
// it; the proposal can be carried out once 2f+1 of them have. Its changes apply to rounds that
// begin later. Running rounds finish with their old settings and model.

// Nominate announces a passed proposal in the timelock that wants the task to continue with
// another model.
type Nominate struct {
	Proposal uint64
	Updates  uint32 // updates of the task when the proposal was written
	Model    spec.Digest
	Holder   uint64 // node that serves it, in addition to the aggregators; 0: none
}

func (Nominate) needs() Parts { return Parts{} }

func (in Nominate) apply(s *State, _ Moment) ([]Effect, error) {
	switch {
	case !s.Task.Spec.Governed:
		return nil, ErrUngoverned
	case in.Updates < s.Task.Updates: // it could never be carried out, and would block other nominations
		return nil, ErrOutdated
	case !s.Task.Nominee.IsZero():
		return nil, ErrNominated
	case in.Model.IsZero():
		return nil, ErrEmpty
	}
	s.Task.Nominee = spec.Nominee{Proposal: in.Proposal, Model: in.Model, Holder: in.Holder}
	return []Effect{AskModel{in.Proposal, in.Model}}, nil
}

// Withdraw announces that the proposal of a nominated model will not be carried out.
type Withdraw struct{ Proposal uint64 }

func (Withdraw) needs() Parts { return Parts{} }

func (in Withdraw) apply(s *State, _ Moment) ([]Effect, error) {
	switch nominee := s.Task.Nominee; {
	case !s.Task.Spec.Governed:
		return nil, ErrUngoverned
	case nominee.IsZero() || nominee.Proposal != in.Proposal:
		return nil, ErrNotNominated
	}
	dropped := DropModel{in.Proposal, s.Task.Nominee.Model}
	s.Task.Nominee = spec.Nominee{}
	return []Effect{dropped}, nil
}

// AttestModel states that an aggregator holds the nominated model, and all that the next
// round needs with it.
type AttestModel struct {
	Node  uint64
	Model spec.Digest
}

func (AttestModel) needs() Parts { return Parts{} }

func (in AttestModel) apply(s *State, _ Moment) ([]Effect, error) {
	switch nominee := s.Task.Nominee; {
	case !s.Task.Spec.Governed:
		return nil, ErrUngoverned
	case member(s.Task.Aggregators, in.Node) < 0:
		return nil, ErrNotSelected
	case nominee.IsZero() || in.Model != nominee.Model:
		return nil, ErrNotNominated
	case slices.Contains(nominee.Attested, in.Node):
		return nil, ErrRepeated
	}
	s.Task.Nominee.Attested = append(s.Task.Nominee.Attested, in.Node)
	return nil, nil
}

// Amend carries a passed proposal out.
type Amend struct {
	Proposal uint64      // 0: unknown; for a nominated model, the proposal that nominated it
	Base     spec.Digest // version that the proposer looked at; the driver checks that it is a version of the task's line
	Updates  uint32      // updates of the task when the proposal was written
	Model    spec.Digest
	Settings []spec.Tuning
	Trial    bool // a dry run, before anybody was asked to attest: the driver discards the result
}

func (Amend) needs() Parts { return Parts{} }

func (in Amend) apply(s *State, _ Moment) ([]Effect, error) {
	switch {
	case !s.Task.Spec.Governed:
		return nil, ErrUngoverned
	case in.Updates != s.Task.Updates:
		return nil, ErrOutdated
	case in.Model.IsZero() && len(in.Settings) == 0:
		return nil, ErrUnchanged
	}
	next := s.Task.Round + 1
	if !in.Model.IsZero() && in.Model == s.Task.Nominee.Model {
		in.Proposal = s.Task.Nominee.Proposal
	}
	if len(in.Settings) > 0 {
		if err := s.revise(next, in); err != nil {
			return nil, err
		}
	}
	if !in.Model.IsZero() {
		switch nominee := s.Task.Nominee; {
		case in.Trial: // aggregators are asked once the proposal has passed
		case in.Model != nominee.Model:
			return nil, ErrNotNominated
		case len(nominee.Attested) < s.Task.Spec.Selection.Quorum():
			return nil, fmt.Errorf("%d of %d: %w", len(nominee.Attested), s.Task.Spec.Selection.Quorum(), ErrUnattested)
		}
		s.Task.Adopted = spec.Adoption{Proposal: in.Proposal, Model: in.Model, Round: next}
		s.Task.Nominee = spec.Nominee{}
	}
	s.Task.Updates++
	effects := []Effect{Amended{Proposal: in.Proposal, From: next, Base: in.Base, Model: in.Model, Settings: in.Settings}}
	if nominee := s.Task.Nominee; !nominee.IsZero() && nominee.Proposal != in.Proposal { // its proposal is outdated from now on
		s.Task.Nominee = spec.Nominee{}
		effects = append(effects, DropModel{nominee.Proposal, nominee.Model})
	}
	return effects, nil
}

// revise sets hyper-parameters from a round on. A second revision for the same round replaces
// the first, so a task has no more revisions than rounds.
func (s *State) revise(number uint64, in Amend) error {
	next, err := spec.Revise(s.Task.SpecOf(number), in.Settings)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSpec, err)
	}
	revision := spec.Revision{Round: number, Proposal: in.Proposal, Training: next.Training, Aggregation: next.Aggregation}
	last := len(s.Task.Revisions) - 1
	switch {
	case last >= 0 && s.Task.Revisions[last].Round == number:
		s.Task.Revisions[last] = revision
	case last+1 >= spec.MaxRevisions:
		return ErrRevisions
	default:
		s.Task.Revisions = append(s.Task.Revisions, revision)
	}
	return nil
}
