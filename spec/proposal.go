package spec

import "slices"

// Proposal is what holders of tokens are asked to decide, and how far it is. Block times
// are in milliseconds since 1970, 0 before the event.
type Proposal struct {
	ID      uint64         `json:"id"`
	Status  ProposalStatus `json:"status"`
	Reason  string         `json:"reason,omitempty"` // why it came to that status
	Title   string         `json:"title"`
	Summary string         `json:"summary"`
	Actions []Action       `json:"actions"`
	Deposit uint64         `json:"deposit_uthing"`
	// DepositEnds is when a deposit must be complete, Starts and Ends are those of the vote.
	DepositEnds int64 `json:"deposit_ends_unix_ms,omitempty"`
	Starts      int64 `json:"starts_unix_ms,omitempty"`
	Ends        int64 `json:"ends_unix_ms,omitempty"`
	Poll        Poll  `json:"poll"`
	// Entry is what waits, or has waited, in the timelock.
	Entry *Entry `json:"timelock,omitempty"`
}

// Proposer is the account that submitted it.
func (p Proposal) Proposer() string { return p.Poll.Proposer }

// ProposalStatus says how far a proposal is: a word.
type ProposalStatus string

// The statuses of a proposal.
const (
	ProposalDeposit   ProposalStatus = "deposit"   // its deposit is not complete
	ProposalVoting    ProposalStatus = "voting"    // holders vote
	ProposalPassed    ProposalStatus = "passed"    // and there is nothing to execute
	ProposalQueued    ProposalStatus = "queued"    // passed, and waits in the timelock
	ProposalExecuted  ProposalStatus = "executed"  // it is done
	ProposalRejected  ProposalStatus = "rejected"  // by No, by veto, or for lack of a quorum
	ProposalFailed    ProposalStatus = "failed"    // passed, and could not be put into the timelock
	ProposalCancelled ProposalStatus = "cancelled" // by its proposer before the end, or in the timelock
	ProposalExpired   ProposalStatus = "expired"   // nobody executed it in time, or its deposit was not complete in time
)

// ProposalStatuses lists the statuses.
func ProposalStatuses() []ProposalStatus {
	return []ProposalStatus{
		ProposalDeposit, ProposalVoting, ProposalPassed, ProposalQueued, ProposalExecuted,
		ProposalRejected, ProposalFailed, ProposalCancelled, ProposalExpired,
	}
}

// Final reports whether nothing becomes of a proposal any more.
func (s ProposalStatus) Final() bool {
	return !slices.Contains([]ProposalStatus{ProposalDeposit, ProposalVoting, ProposalQueued}, s)
}

// UnmarshalText implements [encoding.TextUnmarshaler]. It refuses a word that is no status.
func (s *ProposalStatus) UnmarshalText(text []byte) error {
	return readWord("status of a proposal", ProposalStatuses(), s, text)
}

// Entry is a passed proposal in the timelock. Its times are network time; queued and
// closed are heights, 0 before the event.
type Entry struct {
	State   EntryState `json:"state"`
	Queued  int64      `json:"queued"`
	ETA     Time       `json:"eta_ms"`     // from when on it may be executed
	Expires Time       `json:"expires_ms"` // from when on no more
	Closed  int64      `json:"closed,omitempty"`
	By      string     `json:"by,omitempty"` // who executed or cancelled it
	Now     Time       `json:"now_ms"`
	Refusal string     `json:"refusal,omitempty"` // why it could not be executed now, were it time
}

// Ripe reports whether it may be executed.
func (e Entry) Ripe() bool { return e.State == EntryQueued && e.ETA <= e.Now && e.Now < e.Expires }

// EntryState says what became of an entry: a word.
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
