package spec

// Deposit is the part of a node's record that is about money: what is locked for it, and
// whether it may be selected.
type Deposit struct {
	State NodeState `json:"state"`
	Stake uint64    `json:"stake_uthing"` // without the amounts in Unbonding
	// Granted is the part of the stake that a vote has granted. It has no voting power, can be
	// slashed, and is burned when the node exits. The other part is the owner's own.
	Granted uint64 `json:"granted_uthing,omitempty"`
	// Bonded is the part of the stake that the node's tasks hold. After a slash the stake may
	// be smaller than Bonded; then nothing is free.
	Bonded    uint64      `json:"bonded_uthing,omitempty"`
	Unbonding []Unbonding `json:"unbonding,omitempty"` // the newest last
	// Unbondings counts all unbondings ever begun; the newest has this number.
	Unbondings uint64 `json:"unbondings,omitempty"`
	// JailedUntil is the block time after which a jailed node may be unjailed, in
	// milliseconds since 1970; 0: it is not jailed.
	JailedUntil int64       `json:"jailed_until_unix_ms,omitempty"`
	Slashing    SlashPeriod `json:"slashing,omitzero"`
	// Removed says that a vote has removed the node: nothing can be added to its stake again.
	Removed bool `json:"removed,omitempty"`
}

// Unbonding is money that returns to the owner when it is due. Until then it can be slashed.
type Unbonding struct {
	Number uint64 `json:"number"`
	Amount uint64 `json:"amount_uthing"`
	Since  int64  `json:"since_unix_ms"` // block time at which it began, in milliseconds since 1970
	Due    int64  `json:"due_unix_ms"`   // block time, in milliseconds since 1970
}

// SlashPeriod limits how much of a deposit can be slashed within a period.
type SlashPeriod struct {
	Ends  int64  `json:"ends_unix_ms"` // block time, in milliseconds since 1970
	Most  uint64 `json:"most_uthing"`
	Taken uint64 `json:"taken_uthing"`
}

// FreeStake is the part of the stake that no task holds.
func (d Deposit) FreeStake() uint64 { return d.Stake - min(d.Bonded, d.Stake) }

// OwnStake is the part of the stake that was not granted: it has voting power.
func (d Deposit) OwnStake() uint64 { return d.Stake - min(d.Granted, d.Stake) }

// Locked is the stake and all that is unbonding.
func (d Deposit) Locked() uint64 {
	all := d.Stake
	for _, u := range d.Unbonding {
		all += u.Amount
	}
	return all
}

// Selectable reports whether the scheduler may select the node.
func (d Deposit) Selectable() bool { return d.State == NodeActive }

// StakeRules are the rules of a network for deposits.
type StakeRules struct {
	Bounds    []StakeBounds // one for each role; a node must keep those of all its roles
	MaxBond   uint64        // most that a task may hold of each of its nodes, in uthing
	Unbonding Duration      // block time until unbonded stake is with its owner
	Jail      Duration      // block time until a jailed node may be unjailed
	MaxSlash  PPM           // most that can be slashed of what a node has locked, per day of block time
}

// StakeBounds are the bounds for a node in a role, in uthing.
type StakeBounds struct {
	Role Role
	Min  uint64 // least stake of a node that can be selected
	Max  uint64 // most that one node may have locked
}

// ForRoles are the rules for a node that has the given roles: with their bounds only.
func (r StakeRules) ForRoles(roles Role) StakeRules {
	var bounds []StakeBounds
	for _, b := range r.Bounds {
		if roles.Has(b.Role) {
			bounds = append(bounds, b)
		}
	}
	r.Bounds = bounds
	return r
}

// NodeState says whether a node takes part. Package pb knows its number on the wire.
type NodeState string

// The states of a node.
const (
	NodePending   NodeState = "pending"   // not selected: it has applied, its stake is too small, or its owner declared a leave
	NodeActive    NodeState = "active"    // may be selected
	NodeJailed    NodeState = "jailed"    // not selected, because of a proved fault
	NodeUnbonding NodeState = "unbonding" // not selected: its whole stake is unbonding
	NodeExited    NodeState = "exited"    // only its number and its owner are left
)

// NodeStates lists the states. Only the last one is final.
func NodeStates() []NodeState {
	return []NodeState{NodePending, NodeActive, NodeJailed, NodeUnbonding, NodeExited}
}

// UnmarshalText implements [encoding.TextUnmarshaler]. It refuses a word that is
// no state.
func (s *NodeState) UnmarshalText(text []byte) error {
	return readWord("node state", NodeStates(), s, text)
}
