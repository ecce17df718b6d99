package spec

// Deposit is the part of a node's record that its money makes: what its owner has
// locked for it, and whether the node may be selected for that.
type Deposit struct {
	State NodeState `json:"state"`
	Stake uint64    `json:"stake_uthing"` // without what is on its way out
	// Granted is what of the stake a vote has granted. It has no vote, can be slashed, and is
	// burned when it leaves; the rest is the owner's own.
	Granted uint64 `json:"granted_uthing,omitempty"`
	// Bonded is what the node's tasks hold of the stake. A slashed stake may be smaller;
	// then nothing of it is free.
	Bonded    uint64      `json:"bonded_uthing,omitempty"`
	Unbonding []Unbonding `json:"unbonding,omitempty"` // the newest last
	// Unbondings is how many there have ever been; the newest has this number.
	Unbondings uint64 `json:"unbondings,omitempty"`
	// JailedUntil is the block time from which on a jailed node may be unjailed, in
	// milliseconds since 1970; 0: it is not jailed.
	JailedUntil int64       `json:"jailed_until_unix_ms,omitempty"`
	Slashing    SlashPeriod `json:"slashing,omitzero"`
	// Removed says that a vote has sent the node away: nothing returns to its stake.
	Removed bool `json:"removed,omitempty"`
}

// Unbonding is money on its way back to the owner. Until it is there it can be slashed.
type Unbonding struct {
	Number uint64 `json:"number"`
	Amount uint64 `json:"amount_uthing"`
	Since  int64  `json:"since_unix_ms"` // block time at which it began, in milliseconds since 1970
	Due    int64  `json:"due_unix_ms"`   // block time, in milliseconds since 1970
}

// SlashPeriod bounds what is slashed of a deposit in a stretch of time.
type SlashPeriod struct {
	Ends  int64  `json:"ends_unix_ms"` // block time, in milliseconds since 1970
	Most  uint64 `json:"most_uthing"`
	Taken uint64 `json:"taken_uthing"`
}

// Free is what of the stake no task holds.
func (d Deposit) Free() uint64 { return d.Stake - min(d.Bonded, d.Stake) }

// Own is what of the stake is the owner's own: it has a vote.
func (d Deposit) Own() uint64 { return d.Stake - min(d.Granted, d.Stake) }

// Locked is all that is held for the node, with what is on its way out.
func (d Deposit) Locked() uint64 {
	all := d.Stake
	for _, u := range d.Unbonding {
		all += u.Amount
	}
	return all
}

// Selectable reports whether the scheduler may select the node.
func (d Deposit) Selectable() bool { return d.State == NodeActive }

// StakeRules are what a network asks of deposits.
type StakeRules struct {
	Bounds    []StakeBounds // one of each role; a node is within those of all its roles
	MaxBond   uint64        // that a task may require of each of its nodes, in uthing
	Unbonding Duration      // of block time, until what leaves is with its owner
	Jail      Duration      // of block time, until a jailed node may be unjailed
	MaxSlash  PPM           // of what a node has locked, within a day of block time
}

// StakeBounds are what a network asks of what a node in a role has locked, in uthing.
type StakeBounds struct {
	Role Role
	Min  uint64 // of the stake of a node that can be selected
	Max  uint64 // that one node may have locked
}

// ForRoles are the rules with the bounds of these roles alone: those for a node that has them.
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

// NodeState says whether a node takes part: a word, whose number on the wire is pb's.
type NodeState string

// The states of a node.
const (
	NodePending   NodeState = "pending"   // not selected: it applies, its stake is too small, or its owner declared a leave
	NodeActive    NodeState = "active"    // may be selected
	NodeJailed    NodeState = "jailed"    // not selected, for a fault that was proved
	NodeUnbonding NodeState = "unbonding" // not selected: all its stake is on its way out
	NodeExited    NodeState = "exited"    // nothing of it is left but its number
)

// NodeStates lists the states. Only the last is final.
func NodeStates() []NodeState {
	return []NodeState{NodePending, NodeActive, NodeJailed, NodeUnbonding, NodeExited}
}

// UnmarshalText implements [encoding.TextUnmarshaler]. It refuses a word that is
// no state.
func (s *NodeState) UnmarshalText(text []byte) error {
	return readWord("node state", NodeStates(), s, text)
}
