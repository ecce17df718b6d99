package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/althing-network/althing/demo"
	"github.com/althing-network/althing/spec"
)

var errNoHome = errors.New("no home folder: --home is missing")

// networkSizes is for the help of the commands that make a network.
const networkSizes = `

A validator takes some 50 MB of memory in its first minutes, and all validators speak
to each other: a network on one machine has at most 16 validators and 256 trainers.`

// demo runs a whole network in one process, for one task.
func (s *session) demo() *cobra.Command {
	var n demo.Network
	var resume bool
	c := &cobra.Command{
		Use:   "demo",
		Short: "Run a whole network on this machine and let it train one model",
		Long: `Starts block validators and nodes in every role, each with a home folder, a key
and an address of its own. A consumer pays for a task, the network trains, judges and
pays, and the consumer gets the model.

Everything stays in the folder that --home names. Without it a demo has a new folder
in the user's cache, where the newest 3 demos are kept. Ctrl-C stops the network, and
--resume goes on where it was.

A round has these steps. On a terminal a bar counts who has finished the running step:
` + demo.Steps() + `

Exit code 0: the target was reached. 3: it was not. 130: Ctrl-C.` + networkSizes,
		Example: "  althing demo\n  althing demo --govern\n  althing demo --model softmax --target 0.94\n  althing demo --data rows.csv --label outcome --missing impute\n  althing demo --liar 1 --json\n  althing demo --home net --resume",
		Args:    cobra.NoArgs,
	}
	as := s.networkFlags(c, &n)
	c.Flags().StringVar(&n.TaskFile, "task", "", "task file: run it as it is, with as many nodes as it wants (with --data, rows of its schema)")
	c.Flags().BoolVar(&n.Governed, "govern", false, "let holders vote while it trains: on the learning rate, on a node that joins and on one that leaves")
	c.Flags().BoolVar(&resume, "resume", false, "go on with the stopped demo in the folder of --home")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		as.into(&n)
		folder, err := s.demoFolder(cmd, n, resume)
		if err != nil {
			return err
		}
		return s.runDemo(cmd.Context(), folder)
	}
	return c
}

// networkFlags binds the flags of a network on one machine.
func (s *session) networkFlags(c *cobra.Command, n *demo.Network) *tableFlags {
	f, as := c.Flags(), &tableFlags{}
	f.IntVar(&n.Validators, "validators", 4, "block validators")
	f.IntVar(&n.Trainers, "trainers", 10, "trainers, each with a part of the data")
	f.IntVar(&n.Aggregators, "aggregators", 4, "aggregators: 3f+1, of which f may lie")
	f.IntVar(&n.Evaluators, "evaluators", 4, "evaluators, each with a part of the hold-out")
	f.IntVar(&n.Rounds, "rounds", 25, "rounds, at most; without this flag a table gets 30")
	f.Float64Var(&n.Target, "target", 0.95, "accuracy at which the task ends; 0 runs all rounds, which is the default where the label is a number")
	f.StringVar(&n.File, "data", "", "table with names in its first line, as CSV, Parquet or NPZ, or folder of IDX files named as MNIST's (default: the digits set)")
	as.add(c)
	f.StringVar(&n.Features, "features", "", "how the numbers of a table are scaled: "+spec.ChoiceOf(spec.FeatureScales())+" (default: standard)")
	f.Float64Var(&n.Alpha, "alpha", 0.5, "how evenly labels are spread over trainers (Dirichlet): the smaller, the less evenly")
	f.StringVar(&n.Model, "model", "", "softmax, mlp, linear where the label is a number, or cnn or cnnsmall for images (default: mlp; for a table softmax or linear)")
	f.Uint64Var(&n.Seed, "seed", 1, "seed of the split of the data and of model 0")
	f.IntVar(&n.Liars, "liar", 0, "how many aggregators publish a wrong model")
	f.BoolVar(&n.Force, "force", false, "allow more liars than the aggregators tolerate: no model will come")
	f.StringVar(&n.Privacy.Mode, "privacy", spec.PrivacyNone, "what the task promises to the owners of rows: "+spec.ChoiceOf(spec.PrivacyModes()))
	f.StringVar(&n.Privacy.Epsilon, "epsilon", "8", "privacy budget of each owner, with --privacy; the task spends all of it")
	f.StringVar(&n.Privacy.Mechanism, "mechanism", spec.KindGaussian, "kind of noise, with --privacy: "+spec.ChoiceOf(spec.PrivacyKinds()))
	f.DurationVar(&n.Commit, "commit-timeout", 50*time.Millisecond, "pause of the validators between two blocks, 1ms to 1m")
	n.Given = f.Changed
	return as
}

// into gives a network what the flags say of its rows.
func (r *tableFlags) into(n *demo.Network) { n.Options, n.ReadTable = r.options(), r.readTable }

// demoFolder makes the folder of a new demo, or opens that of a demo to be resumed.
func (s *session) demoFolder(cmd *cobra.Command, n demo.Network, resume bool) (*demo.Folder, error) {
	if !resume {
		folder, err := demo.Create(n, s.home)
		if err != nil {
			return nil, s.hintNetwork(cmd, err)
		}
		return folder, nil
	}
	if s.home == "" {
		return nil, hinted{errors.New("--resume: no demo is named: --home is missing"), "althing demo --home DIR --resume"}
	}
	var refused error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if cmd.LocalNonPersistentFlags().Lookup(f.Name) != nil && f.Name != "resume" {
			refused = hinted{fmt.Errorf("--%s: --resume goes on with the network as it is in %s: leave --%s out", f.Name, s.home, f.Name), s.command("demo", "--resume")}
		}
	})
	if refused != nil {
		return nil, refused
	}
	folder, err := demo.Open(s.home)
	if errors.Is(err, demo.ErrNoDemo) {
		return nil, hinted{err, "althing demo"}
	}
	return folder, err
}

// runDemo runs a demo to its end. However it ends, it names the log.
func (s *session) runDemo(ctx context.Context, folder *demo.Folder) (err error) {
	defer func() { err = errors.Join(err, folder.Close()) }()
	narrator := demo.JSONLines(s.out)
	if !s.json {
		narrator = demo.Lines(s.screen(), s.commandLine)
	}
	summary, err := folder.Run(ctx, narrator)
	if err != nil {
		return s.demoFailed(ctx, folder, err)
	}
	if !summary.TargetReached {
		return exit(codeMissed)
	}
	return nil
}

// demoFailed adds to an error where the log is and, where the demo was stopped, how to go on.
func (s *session) demoFailed(ctx context.Context, folder *demo.Folder, err error) error {
	err = noted{err, "log: " + folder.Log()}
	if ctx.Err() == nil {
		return err
	}
	if !folder.Resumable() {
		return noted{err, "its votes end by the clock, so that it cannot be resumed; everything stays in " + folder.Dir}
	}
	return hinted{noted{err, "everything stays in " + folder.Dir + ", and the network can go on"}, "althing demo --home " + quote(folder.Dir) + " --resume"}
}
