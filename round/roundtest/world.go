package roundtest

import (
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Rules are what every world under test asks of deposits: what leaves is away a minute.
func Rules() spec.StakeRules {
	rules := round.DefaultStakeRules()
	rules.Unbonding, rules.Jail, rules.MaxBond = spec.Minute, 10*spec.Second, 5*stake
	for i := range rules.Bounds {
		rules.Bounds[i].Max = 10 * stake
	}
	return rules
}

// Chain is the chain id of every world under test. Blocks begin at height 1.
const Chain = "roundtest-1"

// World is a keeper of tasks, nodes and money under test, which begins empty. An
// error of its methods that change something is a refusal, and changes nothing.
type World interface {
	// Fund gives an account money that did not exist before.
	Fund(account string, uthing uint64)
	// Register locks a stake and makes an active node of the next id.
	Register(owner string, profile spec.Profile, stake uint64) (uint64, error)
	// SetActive says whether a node may be selected.
	SetActive(node uint64, active bool) error
	// AddStake, Unbond and CancelUnbond change what a node has locked; Exit begins to give
	// all of it back, of a node that serves no task. What is due comes back at the end of
	// a block.
	AddStake(node, uthing uint64) error
	Unbond(node, uthing uint64) error
	CancelUnbond(node, number uint64) error
	Exit(node uint64) error
	// Unjail makes a node active whose time in jail is over.
	Unjail(node uint64) error
	// Slash burns a part of a node's bond in a task, as [round.World] says.
	Slash(task, node uint64, part spec.PPM, jail bool) (burned uint64, err error)
	// Own opens the book of an account's data set of digits and gives it the next id; the
	// key is the one under which the owner signs. The account has a node that provides data.
	Own(owner string, key spec.PublicKey, limit cost.Limit) (uint64, error)
	// ReplaceKey replaces that key.
	ReplaceKey(dataset uint64, key spec.PublicKey) error
	// Lend lets a node train on a data set, and the node say that its digits are that.
	Lend(dataset, node uint64) error
	// Create locks the escrow and opens a task of the next id.
	Create(owner string, asked spec.TaskSpec) (uint64, error)
	// Say gives a task an input, as the node or the owner that stands in it, or as
	// anybody where it is an accusation.
	Say(task uint64, in round.Input) error
	// Decide gives a task what a vote has decided: a [round.Nominate], a [round.Withdraw]
	// or a [round.Amend]. Every model is a version of its line.
	Decide(task uint64, in round.Input) error
	// Owed reports whether a node that says this would be heard. It changes nothing.
	Owed(task uint64, in round.Input) bool
	// EndBlock looks at the tasks that are due and begins the next block, whose block
	// time is later by so much.
	EndBlock(later spec.Duration) error

	// Height is that of the block in the making, Time is network time there.
	Height() int64
	Time() spec.Time
	// Task returns a task, or [round.ErrTaskNotFound].
	Task(id uint64) (spec.Task, error)
	// Round returns a round, or [round.ErrTaskNotFound] or [round.ErrRoundNotFound].
	Round(task, number uint64) (spec.Round, error)
	// Node returns a node; false where there never was one.
	Node(id uint64) (spec.Node, bool)
	// Duties lists the open tasks in which a node has a part, in the order of their
	// ids, each with its rounds that run as far as [round.PartsFor] the node.
	Duties(node uint64) []Duty
	// Committed is which trainer has said a commitment in a round of a task that trains
	// now, or 0.
	Committed(task uint64, commitment spec.Digest) (uint64, error)
	// Balance is what an account can spend, in uthing.
	Balance(account string) uint64
	// Burned is what was slashed so far, in uthing.
	Burned() uint64
	// Escrow is what is locked for all tasks together, in uthing.
	Escrow() uint64
	// Validators is what the validators of blocks were paid in all, in uthing.
	Validators() uint64
	// History is every row of the book of a data set.
	History(dataset uint64) []cost.Row
	// Told lists every effect so far, as "height: task id round number: effect", the
	// number being 0 where the effect is about the task.
	Told() []string
}

// Duty is an open task in which a node has a part, with its rounds that run, the
// earlier one first.
type Duty struct {
	Task   spec.Task
	Rounds []spec.Round
}
