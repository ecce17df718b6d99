package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// warm says with the weights of which model a task starts.
type warm struct {
	file  string
	task  string
	round string
}

func (w *warm) flags(c *cobra.Command) {
	c.Flags().StringVar(&w.file, "init", "", "start with the weights of this model file, which the node of --home then serves")
	c.Flags().StringVar(&w.task, "init-task", "", "start with the weights that this earlier task has made")
	c.Flags().StringVar(&w.round, "init-round", "", "of these "+roundFlag)
}

// into writes into a task file with which model the task starts. It returns the bytes that
// the account's own node is to serve; none where others do.
func (w warm) into(ctx context.Context, s *session, account *client.Account, asked *spec.TaskSpec) ([]byte, error) {
	switch {
	case w.file != "" && w.task != "":
		return nil, errors.New("--init and --init-task: want one of them")
	case w.round != "" && w.task == "":
		return nil, errors.New("--init-round wants --init-task and the number of a task")
	case (w.file != "" || w.task != "") && !asked.Model.Init.IsZero():
		return nil, errors.New("the task file says model.init itself: leave it out, or the flag")
	case w.task != "":
		return nil, w.intoTask(ctx, s, account, asked)
	case w.file == "":
		return nil, nil
	}
	b, err := os.ReadFile(w.file)
	if err != nil {
		return nil, err
	}
	if _, err := model.Warm(*asked, b); err != nil {
		return nil, fmt.Errorf("--init %s: %w", w.file, err)
	}
	n, err := account.NodeByOwner(ctx, account.Address())
	if err != nil {
		return nil, fmt.Errorf("--init: who serves the model: %w", err)
	}
	if n.Profile.Endpoint == "" {
		return nil, fmt.Errorf("--init: node %d of %s serves nothing: give it a blob interface (listen in its node.json), or name in model.init a holder that has %s", n.ID, account.Address(), spec.DigestOf(b))
	}
	asked.Model.Init = spec.Init{Model: spec.DigestOf(b), Holder: n.ID}
	return b, nil
}

// intoTask names a version that an earlier task has made, once it was found that it fits.
func (w warm) intoTask(ctx context.Context, s *session, account *client.Account, asked *spec.TaskSpec) error {
	number, err := id("--init-task", w.task)
	if err != nil {
		return err
	}
	earlier, err := account.Task(ctx, number)
	if err != nil {
		return s.explain(err)
	}
	if err := asked.StartsWith(earlier); err != nil {
		return fmt.Errorf("--init-task %d: %w", number, err)
	}
	made, d, err := versionOf(ctx, account.Client, earlier, w.round)
	if err != nil {
		return s.explain(fmt.Errorf("--init-task %d: %w", number, err))
	}
	b, err := s.fetchVersion(ctx, account.Client, earlier, made, d)
	if err == nil {
		_, err = model.Warm(*asked, b)
	}
	if err != nil {
		return fmt.Errorf("--init-task %d: %w", number, err)
	}
	asked.Model.Init = spec.Init{Model: d, Task: number}
	return nil
}
