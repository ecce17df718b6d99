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

// startModel are the flags that say with which model a task starts.
type startModel struct {
	file  string
	task  string
	round string
}

func (m *startModel) flags(c *cobra.Command) {
	c.Flags().StringVar(&m.file, "init", "", "start with the weights of this model file, which the node of --home then serves")
	c.Flags().StringVar(&m.task, "init-task", "", "start with the weights of the model of this earlier task")
	c.Flags().StringVar(&m.round, "init-round", "", "with --init-task: "+roundFlag)
}

// apply writes into a task file with which model the task starts. It returns the model file
// that the account's own node is to serve; nil where others serve it.
func (m startModel) apply(ctx context.Context, s *session, account *client.Account, asked *spec.TaskSpec) ([]byte, error) {
	switch {
	case m.file != "" && m.task != "":
		return nil, errors.New("--init and --init-task: want one of them")
	case m.round != "" && m.task == "":
		return nil, errors.New("--init-round: want --init-task with the number of a task, too")
	case (m.file != "" || m.task != "") && !asked.Model.Init.IsZero():
		return nil, errors.New("the task file has model.init: leave it out, or leave out the flag")
	case m.task != "":
		return nil, m.applyTask(ctx, s, account, asked)
	case m.file == "":
		return nil, nil
	}
	b, err := os.ReadFile(m.file)
	if err != nil {
		return nil, err
	}
	if _, err := model.WarmStart(*asked, b); err != nil {
		return nil, fmt.Errorf("--init %s: %w", m.file, err)
	}
	n, err := account.NodeByOwner(ctx, account.Address())
	if err != nil {
		return nil, fmt.Errorf("--init: no node can serve the model: %w", err)
	}
	if n.Profile.Endpoint == "" {
		return nil, fmt.Errorf("--init: node %d of %s serves nothing: give it a blob interface (listen in its node.json), or name in model.init a holder that has %s", n.ID, account.Address(), spec.DigestOf(b))
	}
	asked.Model.Init = spec.Init{Model: spec.DigestOf(b), Holder: n.ID}
	return b, nil
}

// applyTask names the version of an earlier task, once the version is found to fit.
func (m startModel) applyTask(ctx context.Context, s *session, account *client.Account, asked *spec.TaskSpec) error {
	number, err := id("--init-task", m.task)
	if err != nil {
		return err
	}
	earlier, err := account.Task(ctx, number)
	if err != nil {
		return s.hintList(err)
	}
	if err := asked.StartsWith(earlier); err != nil {
		return fmt.Errorf("--init-task %d: %w", number, err)
	}
	madeBy, digest, err := findVersion(ctx, account.Client, earlier, m.round)
	if err != nil {
		return s.hintList(fmt.Errorf("--init-task %d: %w", number, err))
	}
	b, err := s.fetchVersion(ctx, account.Client, earlier, madeBy, digest)
	if err == nil {
		_, err = model.WarmStart(*asked, b)
	}
	if err != nil {
		return fmt.Errorf("--init-task %d: %w", number, err)
	}
	asked.Model.Init = spec.Init{Model: digest, Task: number}
	return nil
}
