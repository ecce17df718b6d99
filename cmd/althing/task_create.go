package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// createdTask is a task that is on the chain now.
type createdTask struct {
	Event  string         `json:"event"`
	Task   uint64         `json:"task"`
	State  spec.TaskState `json:"state"`
	Escrow uint64         `json:"escrow_uthing"`
	Height int64          `json:"height"`
}

func (s *session) taskCreate() *cobra.Command {
	var watch bool
	var start startModel
	c := &cobra.Command{
		Use:   "create FILE --home DIR",
		Short: "Lock the reward and open a task; prints its number",
		Long: `Locks the reward and opens a task; prints its number.

With --init or --init-task the task starts with the weights of an existing model. Without
them, the seed in the task file gives the weights. The model must fit the task file. The
node of --home serves the file of --init until the task's aggregators have fetched it, so
it needs a blob interface; the model of an earlier task is served by the aggregators of
that task.`,
		Example: "  althing task create net/task.yaml --home net/consumer-1\n" +
			"  althing task create net/task.yaml --home net/consumer-1 --watch\n" +
			"  althing task create net/task.yaml --home net/consumer-1 --init model.safetensors\n" +
			"  althing task create net/task.yaml --home net/consumer-1 --init-task 1 --init-round best\n" +
			"  althing task template | althing task create - --home net/consumer-1",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			asked, err := readTaskFile(ctx, cmd.InOrStdin(), args[0])
			if err != nil {
				return err
			}
			account, err := s.account(ctx)
			if err != nil {
				return err
			}
			served, err := start.apply(ctx, s, account, &asked)
			if err != nil {
				return err
			}
			t, err := s.createTask(ctx, account, args[0], asked, served)
			if err != nil {
				return err
			}
			if watch {
				return s.watch(ctx, account.Client, t.ID)
			}
			if !s.json {
				s.hint("round watch", fmt.Sprint(t.ID))
			}
			return nil
		},
	}
	c.Flags().BoolVar(&watch, "watch", false, "follow the task until it closes, one line per round")
	start.flags(c)
	return c
}

// createTask puts the task of a file on the chain and prints its number. Served is a model file that the
// node of the home folder is to serve; nil where others serve the model, or there is none.
func (s *session) createTask(ctx context.Context, account *client.Account, path string, asked spec.TaskSpec, served []byte) (spec.Task, error) {
	receipt, err := account.Send(ctx, client.CreateTask{Spec: asked})
	if err != nil {
		if errors.Is(err, round.ErrBudget) && path != "-" {
			return spec.Task{}, hinted{err, s.command("budget check", quote(path))}
		}
		return spec.Task{}, lacksCoins(ctx, account, err, round.ErrEscrow, "the task locks "+spec.Money(asked.Escrow))
	}
	number, err := receipt.Created()
	if err != nil {
		return spec.Task{}, err
	}
	if served != nil {
		if err := serveModel(s.home, number, 0, served); err != nil {
			return spec.Task{}, fmt.Errorf("task %d is on the chain, but the model with which it starts is not served: %w", number, err)
		}
	}
	t, err := account.Task(ctx, number)
	if err != nil {
		return t, err
	}
	if s.json {
		return t, s.line(createdTask{"created", t.ID, t.State, t.Spec.Escrow, t.Created})
	}
	s.tell("task %d is on the chain since height %d, %s are locked", t.ID, t.Created, spec.Money(t.Spec.Escrow))
	_, err = fmt.Fprintln(s.out, t.ID)
	return t, err
}
