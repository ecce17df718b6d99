package daopb

import (
	"fmt"

	"github.com/althing-network/althing/pb/words"
	"github.com/althing-network/althing/spec"
)

func outcomes() []words.Pair[Outcome, spec.Outcome] {
	return []words.Pair[Outcome, spec.Outcome]{
		words.Of(OUTCOME_UNSPECIFIED, spec.Outcome("")),
		words.Of(OUTCOME_PASSED, spec.OutcomePassed),
		words.Of(OUTCOME_QUORUM, spec.OutcomeQuorum),
		words.Of(OUTCOME_REJECTED, spec.OutcomeRejected),
		words.Of(OUTCOME_VETOED, spec.OutcomeVetoed),
		words.Of(OUTCOME_FAILED, spec.OutcomeFailed),
		words.Of(OUTCOME_NO_DEPOSIT, spec.OutcomeNoDeposit),
		words.Of(OUTCOME_CANCELLED, spec.OutcomeCancelled),
	}
}

// ToSpec is the outcome in plain types. It refuses one that does not exist.
func (o Outcome) ToSpec() (spec.Outcome, error) { return words.Word("outcome", outcomes(), o) }

// ToSpec is the poll in plain types. It refuses an outcome that does not exist.
func (m *Poll) ToSpec() (spec.Poll, error) {
	outcome, err := m.Outcome.ToSpec()
	if err != nil {
		return spec.Poll{}, err
	}
	digest, err := spec.DigestFrom(m.Digest)
	if err != nil {
		return spec.Poll{}, fmt.Errorf("messages of proposal %d: %w", m.Proposal, err)
	}
	return spec.Poll{
		Proposal: m.Proposal, Proposer: m.Proposer, Submitted: m.Submitted, Dangerous: m.Dangerous, Digest: digest,
		DryRun: m.DryRun.ToSpec(),
		Start:  m.Start, Mark: m.Mark, Total: m.Total,
		Tally:   spec.Tally{Yes: m.Tally.Yes, No: m.Tally.No, Abstain: m.Tally.Abstain, Veto: m.Tally.Veto, Voters: m.Tally.Voters},
		Changed: m.Changed, Outcome: outcome, Reason: m.Reason, Ended: m.Ended,
	}, nil
}

// ToSpec is the outcome of a dry run in plain types.
func (m *DryRun) ToSpec() spec.DryRun {
	return spec.DryRun{Height: m.Height, Error: m.Error, Gas: m.Gas}
}

// VoteRules returns the rules by which votes are decided, in plain types.
func (m *QueryParamsResponse) VoteRules() spec.VoteRules {
	return spec.VoteRules{
		Quorum: spec.PPM(m.Rules.Quorum), Threshold: spec.PPM(m.Rules.Threshold), HighThreshold: spec.PPM(m.Params.HighThreshold),
		Veto: spec.PPM(m.Rules.Veto), MinDeposit: m.Rules.MinDeposit, Initial: spec.PPM(m.Rules.InitialDeposit),
	}
}
