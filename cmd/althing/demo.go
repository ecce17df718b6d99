package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"
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
judges and pays, the consumer gets the model.

Exit code 0: the target was reached. 3: it was not.`,
		Example: "  althing demo\n  althing demo --model softmax --target 0.94\n  althing demo --liar 1 --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.runDemo(cmd.Context(), n)
		},
	}
	n.flags(c.Flags())
	return c
}

func (s *session) runDemo(ctx context.Context, n network) (err error) {
	began := time.Now()
	if err := n.validate(); err != nil {
		return err
	}
	parts, err := n.split()
	if err != nil {
		return err
	}
	task, err := n.task(parts.name, parts.trainers[0])
	if err != nil {
		return err
	}
	dir := s.home
	if dir == "" {
		if dir, err = os.MkdirTemp("", "althing-demo-"); err != nil {
			return err
		}
	}
	local := n.localnet(dir, 0, parts)
	if err := local.Write(); err != nil {
		return err
	}
	file, err := yaml.Marshal(task)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "task.yaml"), file, 0o600); err != nil {
		return err
	}
	face := s.face(n, dir)
	ctx, stop := context.WithCancel(ctx)
	running, err := launch(ctx, local, dir)
	if err != nil {
		stop()
		return err
	}
	defer func() {
		stop()
		err = errors.Join(err, running.wait())
	}()
	show := demonstration{network: n, local: local, parts: parts, task: task, began: began, face: face}
	summary, err := show.run(ctx)
	if err != nil {
		return err
	}
	face.summary(summary)
	if !summary.TargetReached {
		return exit(3)
	}
	return nil
}
