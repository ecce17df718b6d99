package demo

import (
	"fmt"
	"slices"
	"time"

	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

// Network is a network on one machine: who is in it, what rows they hold, and the task that
// its consumer creates. Most fields are flags of the command line, and errors name a field by
// its flag.
type Network struct {
	Validators, Trainers, Aggregators, Evaluators int

	Rounds   int     // of the task, at most
	Target   float64 // accuracy at which the task ends; 0: it runs all its rounds
	Alpha    float64 // of the Dirichlet distribution that spreads labels over trainers; large is even
	Model    string  // kind of model; empty: one that suits the rows
	Features string  // scaling of a table's numbers; empty: standard
	Seed     uint64  // of the split of the rows and of model 0
	Privacy  Privacy
	TaskFile string // task to run as it is; empty: one that suits the rows

	File      string                                             // rows; empty: the digits set
	Options   data.Options                                       // how a table is read
	ReadTable func(path string) (data.Table, spec.Schema, error) // reads a table whose schema is not known

	Liars    int  // aggregators that publish a wrong model
	Force    bool // more liars are allowed than the aggregators tolerate
	Governed bool // votes change the task, add a node and remove one

	Hosts  []string      // IP addresses over which homes are spread; none: 127.0.0.1
	Commit time.Duration // pause of the validators between two blocks
	Voting time.Duration // period of a vote; 0: as in [daemon.Localnet]
	Delay  time.Duration // from a passed vote to its execution; 0: as in [daemon.Localnet]

	Given func(flag string) bool // reports whether the user has set a flag; nil: none is set

	task spec.TaskSpec // what TaskFile says
}

// The names of the nodes that the network has only one of.
const (
	Consumer = "consumer-1"
	Guest    = "guest-1" // a trainer with rows of its own that does not run yet
)

// Money in a network, in uthing.
const (
	escrow       = 1000 * spec.Thing
	stake        = 100 * spec.Thing
	initialFunds = 10_000 * spec.Thing
	faucetFunds  = 10_000 * spec.Thing // 200 THING for each of 50 newcomers
)

// Shares of the rows that trainers do not get.
const (
	holdoutShare = spec.PPM(300_000)
	guestShare   = spec.PPM(50_000)
)

// A governed demo has a task with many rounds, which is cancelled when all votes have had
// their effect. Its votes are short, because somebody is watching.
const (
	governedRounds = 1000
	governedVoting = 6 * time.Second
	governedDelay  = 2 * time.Second
)

// localGossip is the gossip pause of validators on one machine, which reach each other at once.
const localGossip = 5 * time.Millisecond

// Bounds of a network on one machine. In the first minute a demo took at most 258 MB of memory
// with 1 validator, 431 MB with 4 and 962 MB with 16; a node takes 1 MB beside its rows and
// models.
const (
	MaxValidators = 16
	MaxTrainers   = 256
	minCommit     = time.Millisecond
	maxCommit     = time.Minute
	maxAlpha      = 1e6 // above it all parts are alike
	maxPort       = 65535
)

// given reports whether the user has set a flag.
func (n Network) given(flag string) bool { return n.Given != nil && n.Given(flag) }

// tolerated is f: how many of the 3f+1 aggregators may lie.
func (n Network) tolerated() int { return (n.Aggregators - 1) / 3 }

// Nodes is how many nodes the network has, its consumer and its guest included.
func (n Network) Nodes() int { return n.Trainers + n.Aggregators + n.Evaluators + 2 }

// Validate refuses a network that cannot work, or that takes more of a machine than it has.
func (n Network) Validate() error {
	switch {
	case n.Validators < 1 || n.Validators > MaxValidators:
		return fmt.Errorf("--validators %d: want 1 to %d", n.Validators, MaxValidators)
	case n.Trainers < 1 || n.Trainers > MaxTrainers:
		return fmt.Errorf("--trainers %d: want 1 to %d", n.Trainers, MaxTrainers)
	case n.Aggregators < 1 || n.Aggregators%3 != 1 || n.Aggregators > spec.MaxCommittee:
		return fmt.Errorf("--aggregators %d: want 3f+1 of them, at most %d: 1, 4, 7, 10 and so on", n.Aggregators, spec.MaxCommittee)
	case n.Evaluators < 1 || n.Evaluators > spec.MaxCommittee:
		return fmt.Errorf("--evaluators %d: want 1 to %d", n.Evaluators, spec.MaxCommittee)
	case n.Commit < minCommit || n.Commit > maxCommit:
		return fmt.Errorf("--commit-timeout %s: want a pause between blocks from %s to %s", n.Commit, minCommit, maxCommit)
	case !slices.ContainsFunc(spec.MissingRules(), func(w spec.Word) bool { return w.Name == n.Options.Missing }) && n.Options.Missing != "":
		return fmt.Errorf("--missing %q: want %s", n.Options.Missing, spec.FieldWords{Words: spec.MissingRules()})
	case n.Voting < 0:
		return fmt.Errorf("--voting %s: want more than 0s", n.Voting)
	case n.Delay < 0:
		return fmt.Errorf("--delay %s: want 0s or more", n.Delay)
	case n.Rounds < 1:
		return fmt.Errorf("--rounds %d: want at least 1", n.Rounds)
	case !(n.Target >= 0 && n.Target <= 1): // written so that NaN is refused
		return fmt.Errorf("--target %g: want 0 to 1", n.Target)
	case n.Liars < 0 || n.Liars > n.Aggregators:
		return fmt.Errorf("--liar %d: want 0 to %d, the number of aggregators", n.Liars, n.Aggregators)
	case !slices.Contains([]string{"", spec.ModelSoftmax, spec.ModelLinear, spec.ModelMLP, spec.ModelCNN, spec.ModelCNNSmall}, n.Model):
		return fmt.Errorf("--model %q: want softmax, linear, mlp, cnn or cnnsmall", n.Model)
	case !(n.Alpha > 0 && n.Alpha <= maxAlpha):
		return fmt.Errorf("--alpha %g: want a number above 0 and at most %g", n.Alpha, maxAlpha)
	case n.Governed && n.given("rounds"):
		return fmt.Errorf("--rounds %d: with --govern the task runs until every vote has had its effect: leave --rounds out", n.Rounds)
	case n.Governed && n.given("target"):
		return fmt.Errorf("--target %g: with --govern the task runs until every vote has had its effect: leave --target out", n.Target)
	case n.Liars > n.tolerated() && !n.Force:
		return &TooManyLiarsError{Liars: n.Liars, Aggregators: n.Aggregators}
	}
	return nil
}

// TooManyLiarsError refuses a network whose aggregators cannot agree on a model.
type TooManyLiarsError struct{ Liars, Aggregators int }

// Error implements [error].
func (e *TooManyLiarsError) Error() string {
	return fmt.Sprintf("--liar %d: of %d aggregators at most %d may lie. With more liars no 2f+1 of them agree on a model, every round is aborted and no model comes. "+
		"Add --force to see that", e.Liars, e.Aggregators, (e.Aggregators-1)/3)
}

// checkPorts refuses a first port from which the network does not have all its ports.
func (n Network) checkPorts(first int) error {
	wanted := 2*n.Validators + n.Nodes()
	if first < 0 || first > 0 && first+wanted-1 > maxPort {
		return fmt.Errorf("--port %d: the network takes %d ports from there on, and the last port is %d: want 1 to %d, or 0 for ports that are free",
			first, wanted, maxPort, maxPort-wanted+1)
	}
	return nil
}

// localnet lists the homes of the network. Port 0 takes ports that are free.
func (n Network) localnet(dir string, port int, parts rows, task spec.TaskSpec) daemon.Localnet {
	net := daemon.Localnet{Dir: dir, Validators: n.Validators, Commit: n.Commit, Gossip: localGossip, Voting: n.Voting, Delay: n.Delay, Port: port, Hosts: n.Hosts, Faucet: faucetFunds}
	add := func(name string, roles spec.Role, rows data.Table, serves bool) *daemon.Resident {
		r := daemon.Resident{Rows: rows, Funds: initialFunds, Serves: serves, Config: daemon.NodeConfig{
			Name: name, Roles: roles, Stake: stake, Slots: 4,
			Resources: spec.Resources{CPU: 1, Memory: 1024, Storage: 1024, Bandwidth: 10_000},
			// Whoever makes a network with one aggregator trusts it.
			Policy: spec.Policy{SoleAggregator: n.Aggregators == 1},
		}}
		if rows.Rows() > 0 {
			r.Config.Data = daemon.Rows{Name: parts.data.Name, File: "rows.csv", Classes: rows.Classes, Missing: parts.data.Missing}
			if rows.Pixels() {
				r.Config.Data.File = "rows"
			}
		}
		net.Residents = append(net.Residents, r)
		return &net.Residents[len(net.Residents)-1]
	}
	for i, part := range parts.trainers {
		add(trainerName(i), spec.DataProvider|spec.Trainer, part, false).Config.Data.Budget = n.Privacy.budget(task)
	}
	for i := range n.Aggregators {
		add(aggregatorName(i), spec.Aggregator, data.Table{}, true).Config.Liar = i < n.Liars
	}
	for i, shard := range parts.shards {
		add(evaluatorName(i), spec.DataProvider|spec.Evaluator, shard, false)
	}
	add(Consumer, spec.Consumer, data.Table{}, true).Funds = max(10*escrow, 2*task.Escrow)
	guest := add(Guest, spec.DataProvider|spec.Trainer, parts.guest, false)
	if n.Governed {
		guest.Config.Stake = 0 // it applies for one that a vote grants
		net.Voting, net.Delay = governedVoting, governedDelay
	}
	return net
}

func trainerName(i int) string    { return fmt.Sprintf("trainer-%d", i+1) }
func aggregatorName(i int) string { return fmt.Sprintf("aggregator-%d", i+1) }
func evaluatorName(i int) string  { return fmt.Sprintf("evaluator-%d", i+1) }

// nodeNames lists the homes of all nodes, in the order of [Network.localnet].
func (n Network) nodeNames() (names []string) {
	for i := range n.Trainers {
		names = append(names, trainerName(i))
	}
	for i := range n.Aggregators {
		names = append(names, aggregatorName(i))
	}
	for i := range n.Evaluators {
		names = append(names, evaluatorName(i))
	}
	return append(names, Consumer, Guest)
}
