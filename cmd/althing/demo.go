package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"
)

var errNoHome = errors.New("no home folder: --home is missing")

// demo runs a whole network in one process, for one task.
func (s *session) demo() *cobra.Command {
	var n network
	c := &cobra.Command{
		Use:   "demo",
		Short: "Run a whole network on this machine and let it train one model",
		Long: `Starts block validators and nodes in every role, each with a home folder, a key
and an address of its own. A consumer pays for a task, the network trains,
judges and pays, the consumer gets the model. With --home all of it stays in that
folder; without it the model and the rows that it is judged on stay in a temporary
one, or everything when the run fails.

Exit code 0: the target was reached. 3: it was not.` + sizes,
		Example: "  althing demo\n  althing demo --govern\n  althing demo --model softmax --target 0.94\n  althing demo --data rows.csv --label outcome --missing impute\n  althing demo --liar 1 --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.runDemo(cmd.Context(), n)
		},
	}
	n.flags(c)
	c.Flags().StringVar(&n.taskFile, "task", "", "task file: run it as it is, with as many nodes as it asks for (with --data, rows of its schema)")
	c.Flags().BoolVar(&n.govern, "govern", false, "let holders vote while it trains: on the learning rate, on who joins and on who leaves")
	return c
}

func (s *session) runDemo(ctx context.Context, n network) (err error) {
	began, given := time.Now(), ctx
	local, task, err := n.write(s.home, 0)
	if err != nil {
		return err
	}
	var named []string // files that somebody was told of
	defer func() {
		if s.home == "" && (len(named) > 0 || given.Err() != nil) {
			err = errors.Join(err, leave(local.Dir, named...))
		}
	}()
	face := s.face(n, local.Dir)
	ctx, stop := context.WithCancelCause(ctx)
	running, err := launch(ctx, local, stop)
	if err != nil {
		return context.Cause(ctx) // err, unless somebody stopped us
	}
	defer func() {
		stop(nil)
		err = errors.Join(err, running.wait())
	}()
	show := demonstration{network: n, local: local, task: task, began: began, face: face}
	summary, err := show.run(ctx)
	if errors.Is(err, context.Canceled) {
		return context.Cause(ctx) // a node failed, or somebody stopped us
	}
	if err != nil {
		return err
	}
	face.summary(summary)
	named = []string{summary.ModelPath, summary.HoldoutPath}
	if !summary.TargetReached {
		return exit(codeMissed)
	}
	return nil
}
