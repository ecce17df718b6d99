package spec

import (
	"fmt"
	"math/bits"
)

// Poll is the vote on a proposal. Block times are in milliseconds since 1970, voting power is
// in uthing, Submitted and Ended are heights.
type Poll struct {
	Proposal  uint64  `json:"-"`
	Proposer  string  `json:"proposer"`
	Submitted int64   `json:"submitted"`
	Dangerous bool    `json:"dangerous"` // at least one of its actions needs the high threshold
	Digest    Digest  `json:"digest"`    // of its messages as they were submitted
	DryRun    DryRun  `json:"dry_run"`
	Start     int64   `json:"start_unix_ms,omitempty"` // only stake that was there at both Mark and Start counts
	Mark      int64   `json:"mark_unix_ms,omitempty"`
	Total     uint64  `json:"total_uthing"` // power of all accounts at Start
	Tally     Tally   `json:"tally"`
	Changed   int64   `json:"changed_unix_ms,omitempty"` // when [Poll.Passing] last changed
	Outcome   Outcome `json:"outcome,omitempty"`
	Reason    string  `json:"reason,omitempty"`
	Ended     int64   `json:"ended,omitempty"`
}

// DryRun is the result of executing the actions of a proposal on a copy of the state, which
// was discarded.
type DryRun struct {
	Height int64  `json:"height"`
	Error  string `json:"error,omitempty"` // empty: all actions succeeded
	Gas    uint64 `json:"gas"`
}

// Tally is the power behind each option, in uthing.
type Tally struct {
	Yes     uint64 `json:"yes_uthing"`
	No      uint64 `json:"no_uthing"`
	Abstain uint64 `json:"abstain_uthing"`
	Veto    uint64 `json:"veto_uthing"`
	Voters  uint64 `json:"voters"`
}

// Cast is the power of all votes.
func (t Tally) Cast() uint64 { return t.Yes + t.No + t.Abstain + t.Veto }

// Decided is the power of all votes but abstentions.
func (t Tally) Decided() uint64 { return t.Yes + t.No + t.Veto }

// VoteRules decide a vote.
type VoteRules struct {
	Quorum        PPM    `json:"quorum"`         // least part of all power that must vote
	Threshold     PPM    `json:"threshold"`      // part of Yes, No and veto that Yes must exceed
	HighThreshold PPM    `json:"high_threshold"` // the same if an action is dangerous
	Veto          PPM    `json:"veto"`           // part of the cast power above which vetoes reject the proposal
	MinDeposit    uint64 `json:"min_deposit_uthing"`
	Initial       PPM    `json:"initial_deposit"` // part of MinDeposit that the proposer must pay
}

// YesThreshold is the part of Yes, No and veto that Yes must exceed.
func (p Poll) YesThreshold(rules VoteRules) PPM {
	if p.Dangerous {
		return rules.HighThreshold
	}
	return rules.Threshold
}

// Passing reports whether the proposal would pass with the votes so far, and if not, why.
func (p Poll) Passing(rules VoteRules) (passes bool, why string) {
	t := p.Tally
	switch {
	case p.Total == 0 || compare(t.Cast(), rules.Quorum, p.Total) < 0:
		return false, string(OutcomeQuorum) + ": " + TooFewVotes(t.Cast(), p.Total, rules.Quorum)
	case compare(t.Veto, rules.Veto, t.Cast()) > 0:
		return false, Vetoed(t.Veto, t.Cast(), rules.Veto)
	case t.Decided() == 0 || compare(t.Yes, p.YesThreshold(rules), t.Decided()) <= 0:
		return false, TooFewYes(t.Yes, t.Decided(), p.YesThreshold(rules))
	}
	return true, ""
}

// TooFewVotes says that the quorum is not reached. Amounts are voting power.
func TooFewVotes(cast, total uint64, quorum PPM) string {
	return fmt.Sprintf("%s voted, want %s", Share(cast, total).Percent(), quorum.Percent())
}

// Vetoed says that there are too many vetoes.
func Vetoed(veto, cast uint64, most PPM) string {
	return fmt.Sprintf("%s is veto, want at most %s", Share(veto, cast).Percent(), most.Percent())
}

// TooFewYes says that Yes does not exceed its threshold of Yes, No and veto together.
func TooFewYes(yes, decided uint64, threshold PPM) string {
	return fmt.Sprintf("%s is Yes, want more than %s", Share(yes, decided).Percent(), threshold.Percent())
}

// compare compares an amount with a part of another: -1, 0 or 1.
func compare(amount uint64, part PPM, of uint64) int {
	high, low := bits.Mul64(amount, uint64(One))
	otherHigh, otherLow := bits.Mul64(of, uint64(part))
	switch {
	case high < otherHigh || high == otherHigh && low < otherLow:
		return -1
	case high == otherHigh && low == otherLow:
		return 0
	}
	return 1
}

// Share is one amount as a part of another, rounded down and at most 1; 0 if the other is 0.
func Share(part, of uint64) PPM {
	switch {
	case of == 0:
		return 0
	case part >= of:
		return One
	}
	high, low := bits.Mul64(part, uint64(One))
	share, _ := bits.Div64(high, low, of)
	return PPM(share)
}

// Outcome says how a vote ended; empty before the end.
type Outcome string

// The outcomes of a vote.
const (
	OutcomePassed    Outcome = "passed"
	OutcomeQuorum    Outcome = "quorum not reached"
	OutcomeRejected  Outcome = "rejected"
	OutcomeVetoed    Outcome = "vetoed"
	OutcomeFailed    Outcome = "failed" // it passed, but could not be put into the timelock
	OutcomeNoDeposit Outcome = "no deposit"
	OutcomeCancelled Outcome = "cancelled"
)

// Outcomes lists the outcomes.
func Outcomes() []Outcome {
	return []Outcome{OutcomePassed, OutcomeQuorum, OutcomeRejected, OutcomeVetoed, OutcomeFailed, OutcomeNoDeposit, OutcomeCancelled}
}

// Option is the choice of a voter.
type Option string

// The options of a vote.
const (
	VoteYes     Option = "yes"
	VoteNo      Option = "no"
	VoteAbstain Option = "abstain"
	VoteVeto    Option = "veto"
)

// Options lists the options.
func Options() []Option { return []Option{VoteYes, VoteNo, VoteAbstain, VoteVeto} }

// UnmarshalText implements [encoding.TextUnmarshaler]. It refuses a word that is no option.
func (o *Option) UnmarshalText(text []byte) error { return readWord("vote", Options(), o, text) }

// Power is the voting power of an account, in uthing.
type Power struct {
	Power  uint64 `json:"power_uthing"`  // in this vote
	Bonded uint64 `json:"bonded_uthing"` // now bonded with validators
	Staked uint64 `json:"staked_uthing"` // now staked for its node, without granted stake
	Voted  bool   `json:"voted"`         // whether it has voted already
}
