package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

// task is about what consumers ask for.
func (s *session) task() *cobra.Command {
	return noun("task", "Ask the network for a model, and see what others asked for",
		s.taskCreate(), s.taskList(), s.taskShow(), s.taskPayouts(), s.taskCancel(), s.taskCheck(), s.taskInit(), s.taskTemplate())
}

// findTask reads the task whose number is given.
func (s *session) findTask(ctx context.Context, word string) (*client.Client, spec.Task, error) {
	number, err := id("task", word)
	if err != nil {
		return nil, spec.Task{}, err
	}
	c, err := s.dial(ctx)
	if err != nil {
		return nil, spec.Task{}, err
	}
	t, err := c.Task(ctx, number)
	if err != nil {
		return nil, t, s.hintList(err) // the chain names the task
	}
	return c, t, nil
}
