package spec

import (
	"fmt"
	"math/bits"
)

// Poll is the vote on a proposal. Block times are in milliseconds since 1970, power is in
// uthing, submitted and ended are heights.
type Poll struct {
	Proposal  uint64  `json:"-"`
	Proposer  string  `json:"proposer"`
	Submitted int64   `json:"submitted"`
	Dangerous bool    `json:"dangerous"` // at least one of its actions needs the high threshold
	Digest    Digest  `json:"digest"`    // of its messages as they were submitted
	DryRun    DryRun  `json:"dry_run"`
	Start     int64   `json:"start_unix_ms,omitempty"` // stake weighs that was there then, and at Mark
	Mark      int64   `json:"mark_unix_ms,omitempty"`
	Total     uint64  `json:"total_uthing"` // power of all together when it started
	Tally     Tally   `json:"tally"`
	Changed   int64   `json:"changed_unix_ms,omitempty"` // when the outcome changed last
	Outcome   Outcome `json:"outcome,omitempty"`
	Reason    string  `json:"reason,omitempty"`
	Ended     int64   `json:"ended,omitempty"`
}

// DryRun is what became of the actions of a proposal in a copy of the state that was
// thrown away.
type DryRun struct {
	Height int64  `json:"height"`
	Error  string `json:"error,omitempty"` // empty where all succeeded
	Gas    uint64 `json:"gas"`
}

// Tally is sums of power, in uthing.
type Tally struct {
	Yes     uint64 `json:"yes_uthing"`
	No      uint64 `json:"no_uthing"`
	Abstain uint64 `json:"abstain_uthing"`
	Veto    uint64 `json:"veto_uthing"`
	Voters  uint64 `json:"voters"`
}

// Cast is the power of all who have voted.
func (t Tally) Cast() uint64 { return t.Yes + t.No + t.Abstain + t.Veto }

// Decided is what of it counts for or against.
func (t Tally) Decided() uint64 { return t.Yes + t.No + t.Veto }

// VoteRules are by what a vote is decided.
type VoteRules struct {
	Quorum        PPM    `json:"quorum"`         // of all power that must vote, at least
	Threshold     PPM    `json:"threshold"`      // of what counts for or against, that Yes must exceed
	HighThreshold PPM    `json:"high_threshold"` // the same where an action is dangerous
	Veto          PPM    `json:"veto"`           // of all that has voted, above which a veto rejects
	MinDeposit    uint64 `json:"min_deposit_uthing"`
	Initial       PPM    `json:"initial_deposit"` // of MinDeposit, that a proposer gives
}

// Needs is what Yes must exceed.
func (p Poll) Needs(rules VoteRules) PPM {
	if p.Dangerous {
		return rules.HighThreshold
	}
	return rules.Threshold
}

// Passing reports whether the votes so far would carry the proposal, and if not, why.
func (p Poll) Passing(rules VoteRules) (passes bool, why string) {
	t := p.Tally
	switch {
	case p.Total == 0 || compare(t.Cast(), rules.Quorum, p.Total) < 0:
		return false, string(OutcomeQuorum) + ": " + TooFewVotes(t.Cast(), p.Total, rules.Quorum)
	case compare(t.Veto, rules.Veto, t.Cast()) > 0:
		return false, Vetoed(t.Veto, t.Cast(), rules.Veto)
	case t.Decided() == 0 || compare(t.Yes, p.Needs(rules), t.Decided()) <= 0:
		return false, TooFewYes(t.Yes, t.Decided(), p.Needs(rules))
	}
	return true, ""
}

// TooFewVotes says that a quorum is not reached, of amounts of power.
func TooFewVotes(cast, total uint64, quorum PPM) string {
	return fmt.Sprintf("%s voted, want %s", Share(cast, total).Percent(), quorum.Percent())
}

// Vetoed says that there are too many vetoes.
func Vetoed(veto, cast uint64, most PPM) string {
	return fmt.Sprintf("%s is veto, want at most %s", Share(veto, cast).Percent(), most.Percent())
}

// TooFewYes says that Yes is not enough of Yes, No and veto together.
func TooFewYes(yes, decided uint64, threshold PPM) string {
	return fmt.Sprintf("%s is Yes, want more than %s", Share(yes, decided).Percent(), threshold.Percent())
}

// compare says whether an amount is less than a part of another, equal or more.
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

// Share is one amount as a part of another, rounded down and at most the whole; 0 of
// nothing.
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

// Outcome says how a vote ended: a word, empty before the end.
type Outcome string

// The outcomes of a vote.
const (
	OutcomePassed    Outcome = "passed"
	OutcomeQuorum    Outcome = "quorum not reached"
	OutcomeRejected  Outcome = "rejected"
	OutcomeVetoed    Outcome = "vetoed"
	OutcomeFailed    Outcome = "failed" // it passed, and could not be put into the timelock
	OutcomeNoDeposit Outcome = "no deposit"
	OutcomeCancelled Outcome = "cancelled"
)

// Outcomes lists the outcomes.
func Outcomes() []Outcome {
	return []Outcome{OutcomePassed, OutcomeQuorum, OutcomeRejected, OutcomeVetoed, OutcomeFailed, OutcomeNoDeposit, OutcomeCancelled}
}

// Option is what a vote says: a word.
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

// Power is what an account weighs, in uthing.
type Power struct {
	Power  uint64 `json:"power_uthing"`  // in a vote
	Bonded uint64 `json:"bonded_uthing"` // with validators, now
	Staked uint64 `json:"staked_uthing"` // with its node, now, without what was granted
	Voted  bool   `json:"voted"`         // it has voted already
}
