package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

// network is a network on one machine: who is in it, what they hold, and the
// task they are given.
type network struct {
	validators, trainers, aggregators, evaluators int
	rounds, liars                                 int
	target, alpha                                 float64
	file, architecture, features                  string
	reading                                       reading
	taskFile                                      string
	asked                                         spec.TaskSpec // what taskFile says
	seed                                          uint64
	commit                                        time.Duration
	voting, delay                                 time.Duration // of proposals; 0: what a [daemon.Localnet] takes
	hosts                                         []string      // over which it is spread; none: 127.0.0.1
	govern                                        bool          // a vote changes the task, adds a node and removes one
	guarding
}

func (n *network) flags(c *cobra.Command) {
	f := c.Flags()
	f.IntVar(&n.validators, "validators", 4, "block validators")
	f.IntVar(&n.trainers, "trainers", 10, "trainers, each with its own part of the data")
	f.IntVar(&n.aggregators, "aggregators", 4, "aggregators, 3f+1 of them")
	f.IntVar(&n.evaluators, "evaluators", 4, "evaluators, each with its own part of the hold-out")
	f.IntVar(&n.rounds, "rounds", 25, "rounds at most (of a table 30)")
	f.Float64Var(&n.target, "target", 0.95, "accuracy at which the task is done; 0 runs all rounds, as it is where the label is a number")
	f.StringVar(&n.file, "data", "", "table with names in its first line, as CSV, Parquet or NPZ, or folder of IDX files named as MNIST's (default: the digits set)")
	n.reading.flags(c)
	f.StringVar(&n.features, "features", "", "how a table's numbers are brought to scale: "+choice(spec.FeatureScales())+" (default: standard)")
	f.Float64Var(&n.alpha, "alpha", 0.5, "how even labels are spread over trainers (Dirichlet)")
	f.StringVar(&n.architecture, "model", "", "softmax, mlp, linear where the label is a number, or cnn or cnnsmall for images (default: mlp; of a table softmax, or linear)")
	f.Uint64Var(&n.seed, "seed", 1, "of the split of the data and of model 0")
	f.IntVar(&n.liars, "liar", 0, "aggregators that publish a wrong model")
	n.add(f)
	f.DurationVar(&n.commit, "commit-timeout", 50*time.Millisecond, "pause of the validators between two blocks")
}

// The network's money, in uthing, and the parts of the data that are held out
// and set aside for a guest.
const (
	escrow = 1000 * spec.Thing
	stake  = 100 * spec.Thing
	funds  = 10_000 * spec.Thing

	faucetFunds = 10_000 * spec.Thing // 50 newcomers
	heldOut     = spec.PPM(300_000)
	setAside    = spec.PPM(50_000)
	endless     = 1000 // rounds of a governed network, which ends when its votes show
)

// How long a vote of the demonstration takes, and how long waits what has passed.
const (
	briefVote  = 6 * time.Second
	briefDelay = 2 * time.Second
)

// shortGossip is for validators on one machine, which reach each other at once.
const shortGossip = 5 * time.Millisecond

// task is what the network's consumer asks for.
func (n network) task(parts rows) (spec.TaskSpec, error) {
	if n.taskFile != "" {
		return n.asked, nil
	}
	t, err := n.learn(parts)
	if err != nil {
		return t, err
	}
	t.Model.Seed = n.seed
	t.Selection.Trainers = uint32(n.trainers)
	t.Selection.MinTrainers = t.Selection.Trainers // so that the same seed gives the same model
	t.Selection.Aggregators = uint32(n.aggregators)
	t.Selection.Evaluators = uint32(n.evaluators)
	if t.Target.Rounds == 0 || n.given("rounds") {
		t.Target.Rounds = uint32(n.rounds)
	}
	if t.Target.Accuracy, err = spec.ParsePPM(fmt.Sprintf("%.6f", n.target)); err != nil {
		return t, fmt.Errorf("--target: %w", err)
	}
	if t.Model.Regression() && !n.given("target") {
		t.Target.Accuracy = 0 // how much of a number can be predicted differs from table to table
	}
	t.Escrow = escrow
	if n.govern {
		t.Governed, t.Target = true, spec.Target{Rounds: endless}
		t.Selection.MinTrainers = uint32((2*n.trainers + 2) / 3) // one is removed by a vote
	}
	t.Deadlines = spec.Deadlines{
		Select: 2 * spec.Minute, Train: 2 * spec.Minute,
		Attest: 10 * spec.Second, Aggregate: 10 * spec.Second, Evaluate: 30 * spec.Second,
	}
	t.Audit = spec.AuditPublic
	if err := n.apply(&t); err != nil {
		return t, err
	}
	return t, t.Validate()
}

// localnet lays the network out in a folder. Port 0 takes ports that are free.
func (n network) localnet(dir string, port int, parts rows, task spec.TaskSpec) daemon.Localnet {
	net := daemon.Localnet{Dir: dir, Validators: n.validators, Commit: n.commit, Gossip: shortGossip, Voting: n.voting, Delay: n.delay, Port: port, Hosts: n.hosts, Faucet: faucetFunds}
	add := func(name string, roles spec.Role, rows data.Table, serves bool) *daemon.Resident {
		r := daemon.Resident{Rows: rows, Funds: funds, Serves: serves, Config: daemon.NodeConfig{
			Name: name, Roles: roles, Stake: stake, Slots: 4,
			Resources: spec.Resources{CPU: 1, Memory: 1024, Storage: 1024, Bandwidth: 10_000},
			// Who lays out a network with one aggregator trusts it.
			Policy: spec.Policy{SoleAggregator: n.aggregators == 1},
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
		add(fmt.Sprintf("trainer-%d", i+1), spec.DataProvider|spec.Trainer, part, false).Config.Data.Budget = n.budget(task)
	}
	for i := range n.aggregators {
		add(fmt.Sprintf("aggregator-%d", i+1), spec.Aggregator, data.Table{}, true).Config.Liar = i < n.liars
	}
	for i, shard := range parts.shards {
		add(fmt.Sprintf("evaluator-%d", i+1), spec.DataProvider|spec.Evaluator, shard, false)
	}
	add(customer, spec.Consumer, data.Table{}, true).Funds = max(10*escrow, 2*task.Escrow)
	newcomer := add(guest, spec.DataProvider|spec.Trainer, parts.guest, false)
	if n.govern {
		newcomer.Config.Stake = 0 // it applies
		net.Voting, net.Delay = briefVote, briefDelay
	}
	return net
}

// What a network on one machine may have at most, and what it takes: as
// the most memory that a demo had, after a minute, 258 MB with 1 validator, 431 MB with
// 4, 962 MB with 16; a node takes 1 MB beside its rows and models.
const (
	maxValidators = 16
	maxTrainers   = 256
	maxRest       = time.Hour
	maxAlpha      = 1e6 // all parts are alike by then

	sizes = `

A validator takes some 50 MB of memory in its first minutes, and all of them speak to
each other: a network on one machine has at most 16 validators and 256 trainers.`
)

// nodes is how many nodes the network has, its consumer and its guest included.
func (n network) nodes() int { return n.trainers + n.aggregators + n.evaluators + 2 }

// validate refuses a network that cannot be, or that would take more of a machine than
// it has.
func (n network) validate() error {
	switch {
	case n.validators < 1 || n.validators > maxValidators:
		return fmt.Errorf("--validators %d: want 1 to %d", n.validators, maxValidators)
	case n.trainers < 1 || n.trainers > maxTrainers:
		return fmt.Errorf("--trainers %d: want 1 to %d", n.trainers, maxTrainers)
	case n.aggregators > spec.MaxCommittee:
		return fmt.Errorf("--aggregators %d: want at most %d", n.aggregators, spec.MaxCommittee)
	case n.evaluators > spec.MaxCommittee:
		return fmt.Errorf("--evaluators %d: want at most %d", n.evaluators, spec.MaxCommittee)
	case n.commit <= 0 || n.commit > maxRest:
		return fmt.Errorf("--commit-timeout %s: want more than 0s and at most %s", n.commit, maxRest)
	case n.aggregators < 1 || n.aggregators%3 != 1:
		return fmt.Errorf("--aggregators %d: want 3f+1 of them: 1, 4, 7 and so on", n.aggregators)
	case n.evaluators < 1:
		return fmt.Errorf("--evaluators %d: want at least 1", n.evaluators)
	case n.rounds < 1:
		return fmt.Errorf("--rounds %d: want at least 1", n.rounds)
	case !(n.target >= 0 && n.target <= 1):
		return fmt.Errorf("--target %g: want 0 to 1", n.target)
	case n.liars < 0 || n.liars > n.aggregators:
		return fmt.Errorf("--liar %d: want 0 to %d", n.liars, n.aggregators)
	case !slices.Contains([]string{"", spec.ModelSoftmax, spec.ModelLinear, spec.ModelMLP, spec.ModelCNN, spec.ModelCNNSmall}, n.architecture):
		return fmt.Errorf("--model %q: want softmax, linear, mlp, cnn or cnnsmall", n.architecture)
	case !(n.alpha > 0 && n.alpha <= maxAlpha): // not a number is neither
		return fmt.Errorf("--alpha %g: want a number above 0 and at most %g", n.alpha, maxAlpha)
	}
	return nil
}
