package roundtest

import (
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Rules are the rules of deposits in every world under test. Unbonding takes one minute.
func Rules() spec.StakeRules {
	rules := round.DefaultStakeRules()
	rules.Unbonding, rules.Jail, rules.MaxBond = spec.Minute, 10*spec.Second, 5*stake
	for i := range rules.Bounds {
		rules.Bounds[i].Max = 10 * stake
	}
	return rules
}

// Chain is the chain id of every world under test. The first block has height 1.
const Chain = "roundtest-1"

// World is an implementation under test, which keeps tasks, nodes and money. It begins empty. If a
// method that changes something returns an error, it has changed nothing.
type World interface {
	// Fund gives an account money that did not exist before.
	Fund(account string, uthing uint64)
	// Register locks a stake and returns the id of a new active node. Ids count up from 1.
	Register(owner string, profile spec.Profile, stake uint64) (uint64, error)
	// SetActive says whether a node may be selected.
	SetActive(node uint64, active bool) error
	// AddStake, Unbond and CancelUnbond change the stake of a node. Exit unbonds all of it if
	// the node serves no task. Unbonded stake is paid out at the end of the block in which it is
	// due.
	AddStake(node, uthing uint64) error
	Unbond(node, uthing uint64) error
	CancelUnbond(node, number uint64) error
	Exit(node uint64) error
	// Unjail activates a node after its time in jail.
	Unjail(node uint64) error
	// Slash burns a part of a node's bond in a task, see [round.World].
	Slash(task, node uint64, part spec.PPM, jail bool) (burned uint64, err error)
	// RegisterDataset registers a data set of digits for an account, with the key with which the
	// owner signs and the limit of its privacy budget, and returns its id. Ids count up from 1.
	// The account has a node with the role of a data provider.
	RegisterDataset(owner string, key spec.PublicKey, limit cost.Limit) (uint64, error)
	// ReplaceKey replaces the owner's key.
	ReplaceKey(dataset uint64, key spec.PublicKey) error
	// GrantDataset lets a node train on a data set, and names the data set in the node's profile.
	GrantDataset(dataset, node uint64) error
	// Create locks the escrow, opens a task and returns its id. Ids count up from 1.
	Create(owner string, asked spec.TaskSpec) (uint64, error)
	// Say gives a task an input from the node or the owner that the input names. An
	// accusation may come from anybody.
	Say(task uint64, in round.Input) error
	// Decide gives a task the decision of a vote: a [round.Nominate], a [round.Withdraw] or a
	// [round.Amend]. Every model counts as published.
	Decide(task uint64, in round.Input) error
	// Owed reports whether this message of a node would be accepted. It changes nothing.
	Owed(task uint64, in round.Input) bool
	// EndBlock ends the block, with a tick for each task that is due, and begins the next one,
	// whose block time is later by the given duration.
	EndBlock(later spec.Duration) error

	// Height is the height of the current block, and Time its network time.
	Height() int64
	Time() spec.Time
	// Task returns a task, or [round.ErrTaskNotFound].
	Task(id uint64) (spec.Task, error)
	// Round returns a round, or [round.ErrTaskNotFound] or [round.ErrRoundNotFound].
	Round(task, number uint64) (spec.Round, error)
	// Node returns a node, and false if the id was never given.
	Node(id uint64) (spec.Node, bool)
	// Duties lists the open tasks in which a node has a part, by ascending id, each with the
	// parts of its running rounds that [round.PartsFor] names.
	Duties(node uint64) []Duty
	// Committed returns the trainer that has submitted a commitment in the round of a task that
	// trains now, or 0.
	Committed(task uint64, commitment spec.Digest) (uint64, error)
	// Balance is the money of an account that is not locked, in uthing.
	Balance(account string) uint64
	// Burned is all that was slashed so far, in uthing.
	Burned() uint64
	// Escrow is the money locked for all tasks together, in uthing.
	Escrow() uint64
	// Validators is all that the validators of blocks were paid so far, in uthing.
	Validators() uint64
	// LedgerRows returns every row of a data set's privacy ledger.
	LedgerRows(dataset uint64) []cost.Row
	// Effects lists every effect so far, as "height: task id round number: effect". The number
	// is 0 if the effect is about the whole task.
	Effects() []string
}

// Duty is an open task in which a node has a part, with its running rounds, the earlier one
// first.
type Duty struct {
	Task   spec.Task
	Rounds []spec.Round
}
