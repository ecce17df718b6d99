package spec

import "slices"

// Proposal is a question that token holders vote on, and its state. Block times are in
// milliseconds since 1970, 0 before the event.
type Proposal struct {
	ID      uint64         `json:"id"`
	Status  ProposalStatus `json:"status"`
	Reason  string         `json:"reason,omitempty"` // why it came to that status
	Title   string         `json:"title"`
	Summary string         `json:"summary"`
	Actions []Action       `json:"actions"`
	Deposit uint64         `json:"deposit_uthing"`
	// DepositEnds is when the deposit must be complete; the vote is from Starts to Ends.
	DepositEnds int64 `json:"deposit_ends_unix_ms,omitempty"`
	Starts      int64 `json:"starts_unix_ms,omitempty"`
	Ends        int64 `json:"ends_unix_ms,omitempty"`
	Poll        Poll  `json:"poll"`
	// Entry is the proposal's entry in the timelock, if it has passed with actions.
	Entry *Entry `json:"timelock,omitempty"`
}

// Proposer is the account that submitted it.
func (p Proposal) Proposer() string { return p.Poll.Proposer }

// ProposalStatus is the stage that a proposal is at.
type ProposalStatus string

// The statuses of a proposal.
const (
	ProposalDeposit   ProposalStatus = "deposit"   // its deposit is not complete
	ProposalVoting    ProposalStatus = "voting"    // the vote is open
	ProposalPassed    ProposalStatus = "passed"    // passed, without an action to execute
	ProposalQueued    ProposalStatus = "queued"    // passed, and waits in the timelock
	ProposalExecuted  ProposalStatus = "executed"  // its actions were executed
	ProposalRejected  ProposalStatus = "rejected"  // by No, by veto, or because the quorum was not reached
	ProposalFailed    ProposalStatus = "failed"    // passed, but could not be put into the timelock
	ProposalCancelled ProposalStatus = "cancelled" // by its proposer before the vote ended, or in the timelock
	ProposalExpired   ProposalStatus = "expired"   // not executed in time, or the deposit was not complete in time
)

// ProposalStatuses lists the statuses.
func ProposalStatuses() []ProposalStatus {
	return []ProposalStatus{
		ProposalDeposit, ProposalVoting, ProposalPassed, ProposalQueued, ProposalExecuted,
		ProposalRejected, ProposalFailed, ProposalCancelled, ProposalExpired,
	}
}

// Final reports whether the status can no longer change.
func (s ProposalStatus) Final() bool {
	return !slices.Contains([]ProposalStatus{ProposalDeposit, ProposalVoting, ProposalQueued}, s)
}

// UnmarshalText implements [encoding.TextUnmarshaler]. It refuses a word that is no status.
func (s *ProposalStatus) UnmarshalText(text []byte) error {
	return readWord("status of a proposal", ProposalStatuses(), s, text)
}

// Entry is a passed proposal in the timelock. ETA, Expires and Now are network time; Queued
// and Closed are heights, 0 before the event.
type Entry struct {
	State   EntryState `json:"state"`
	Queued  int64      `json:"queued"`
	ETA     Time       `json:"eta_ms"`     // earliest execution
	Expires Time       `json:"expires_ms"` // from then on it can no longer be executed
	Closed  int64      `json:"closed,omitempty"`
	By      string     `json:"by,omitempty"` // account that executed or cancelled it
	Now     Time       `json:"now_ms"`
	Refusal string     `json:"refusal,omitempty"` // why executing it now would fail, even between ETA and Expires
}

// Executable reports whether the entry can be executed now.
func (e Entry) Executable() bool {
	return e.State == EntryQueued && e.ETA <= e.Now && e.Now < e.Expires
}

// EntryState is the state of an entry.
type EntryState string

// The states of an entry.
const (
	EntryQueued    EntryState = "queued"
	EntryExecuted  EntryState = "executed"
	EntryCancelled EntryState = "cancelled"
	EntryExpired   EntryState = "expired"
)

// EntryStates lists the states.
func EntryStates() []EntryState {
	return []EntryState{EntryQueued, EntryExecuted, EntryCancelled, EntryExpired}
}
