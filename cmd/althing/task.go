package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// task is about what consumers ask for.
func (s *session) task() *cobra.Command {
	return noun("task", "Ask the network for a model, and see what others asked for",
		s.taskCreate(), s.taskList(), s.taskShow(), s.taskPayouts(), s.taskCancel(), s.taskCheck(), s.taskInit(), s.taskTemplate())
}

// created is a task that has just been put on the chain.
type created struct {
	Event  string         `json:"event"`
	Task   uint64         `json:"task"`
	State  spec.TaskState `json:"state"`
	Escrow uint64         `json:"escrow_uthing"`
	Height int64          `json:"height"`
}

func (s *session) taskCreate() *cobra.Command {
	var watch bool
	var from warm
	c := &cobra.Command{
		Use:   "create FILE --home DIR",
		Short: "Lock the reward and open a task; prints its number",
		Long: `Locks the reward and opens a task; prints its number.

--init and --init-task have it start with the weights of a model that there is, in place
of those that the seed gives. The model must fit the task file. A file is then served by
the node of --home, which must have a blob interface, until the task's aggregators have
fetched it; the model of an earlier task is served by that task's aggregators.`,
		Example: "  althing task create net/task.yaml --home net/consumer-1\n" +
			"  althing task create net/task.yaml --home net/consumer-1 --watch\n" +
			"  althing task create net/task.yaml --home net/consumer-1 --init model.safetensors\n" +
			"  althing task create net/task.yaml --home net/consumer-1 --init-task 1 --init-round best\n" +
			"  althing task template | althing task create - --home net/consumer-1",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			asked, err := readTask(cmd.Context(), cmd.InOrStdin(), args[0])
			if err != nil {
				return err
			}
			ctx := cmd.Context()
			account, err := s.account(ctx)
			if err != nil {
				return err
			}
			start, err := from.into(ctx, s, account, &asked)
			if err != nil {
				return err
			}
			receipt, err := account.Send(ctx, client.CreateTask{Spec: asked})
			if err != nil {
				return affordable(ctx, account, asked, err)
			}
			number, err := receipt.Created()
			if err != nil {
				return err
			}
			if start != nil {
				if err := offer(s.home, number, 0, start); err != nil {
					return fmt.Errorf("task %d is on the chain, but the model with which it starts is not served: %w", number, err)
				}
			}
			t, err := account.Task(ctx, number)
			if err != nil {
				return err
			}
			if err := s.created(t); err != nil {
				return err
			}
			if watch {
				return s.watch(ctx, account.Client, t.ID)
			}
			if !s.json {
				fmt.Fprintf(s.err, "althing: hint: %s\n", s.command("round watch", fmt.Sprint(t.ID)))
			}
			return nil
		},
	}
	c.Flags().BoolVar(&watch, "watch", false, "follow the task until it closes, a line a round")
	from.flags(c)
	return c
}

func (s *session) created(t spec.Task) error {
	if s.json {
		return s.line(created{"created", t.ID, t.State, t.Spec.Escrow, t.Created})
	}
	fmt.Fprintf(s.err, "task %d is on the chain since height %d, %s are locked\n", t.ID, t.Created, money(t.Spec.Escrow))
	_, err := fmt.Fprintln(s.out, t.ID)
	return err
}

// affordable says of a task that was refused for lack of money how much is missing.
func affordable(ctx context.Context, account *client.Account, asked spec.TaskSpec, refused error) error {
	return lacking(ctx, account, refused, round.ErrEscrow, fmt.Sprintf("the task locks %s", money(asked.Escrow)))
}

func (s *session) taskList() *cobra.Command {
	var p pages
	var state, owner string
	c := &cobra.Command{
		Use:     "list",
		Short:   "List tasks",
		Example: "  althing task list --state running\n  althing task list --all --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var want spec.TaskState
			words := []string{"task list"}
			if state != "" {
				if err := want.UnmarshalText([]byte(state)); err != nil {
					return fmt.Errorf("--state: %w", err)
				}
				words = append(words, "--state", state)
			}
			if owner != "" {
				words = append(words, "--owner", quote(owner))
			}
			c, err := s.dial(cmd.Context())
			if err != nil {
				return err
			}
			tasks, more, err := read(p, func(at client.Page) ([]spec.Task, client.Page, error) {
				return c.Tasks(cmd.Context(), want, owner, at)
			})
			if err != nil {
				return err
			}
			s.more(more, append(words, fmt.Sprintf("--limit %d", p.limit))...)
			return show(s, tasks, []any{"TASK", "NAME", "STATE", "ROUNDS", "SCORE", "TARGET", "ESCROW", "PAID", "OWNER"}, taskRow)
		},
	}
	p.flags(c)
	c.Flags().StringVar(&state, "state", "", "only tasks in this state: waiting, preparing, running, reached, spent, failed or cancelled")
	c.Flags().StringVar(&owner, "owner", "", "only tasks that this account pays")
	return c
}

func taskRow(t spec.Task) []any {
	return []any{
		t.ID, t.Spec.Name, t.State, fmt.Sprintf("%d of %d", t.Accepted, t.Spec.Target.Rounds),
		unless(t.ScoredRound == 0, score(t)), unless(t.Spec.Target.Accuracy == 0, t.Spec.Target.Accuracy),
		money(t.Spec.Escrow), money(t.Paid), t.Owner,
	}
}

func (s *session) taskShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show TASK",
		Short:   "Show one task: its rules, its committee, its money",
		Example: "  althing task show 1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, t, err := s.find(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return s.showTask(cmd.Context(), c, t)
		},
	}
}

// find reads the task that a word names.
func (s *session) find(ctx context.Context, word string) (*client.Client, spec.Task, error) {
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
		return nil, t, s.explain(err) // the chain names the task
	}
	return c, t, nil
}

func (s *session) showTask(ctx context.Context, c *client.Client, t spec.Task) error {
	scored, err := scoredRound(ctx, c, t)
	if err != nil {
		return err
	}
	if s.json {
		return s.line(struct {
			spec.Task
			Holdout *spec.Holdout `json:"holdout,omitempty"` // of ScoredRound
			Promise *promise      `json:"promise,omitempty"`
		}{t, holdout(scored), promiseOf(t.Spec)})
	}
	var ids []uint64
	for _, m := range append(append([]spec.Member(nil), t.Aggregators...), t.Evaluators...) {
		ids = append(ids, m.Node)
	}
	known, err := names(ctx, c, ids)
	if err != nil {
		return err
	}
	out := s.table()
	standing(out, t, scored)
	rules(out, t.Spec)
	for _, m := range t.Aggregators {
		out.row("aggregator", member(m, known))
	}
	for _, m := range t.Evaluators {
		out.row("evaluator", member(m, known))
	}
	return out.flush()
}

func member(m spec.Member, known map[uint64]string) string {
	return fmt.Sprintf("%d %s, stake %s, ready %v", m.Node, known[m.Node], money(m.Stake), unless(m.Ready.IsZero(), m.Ready.Short()))
}

func (s *session) taskCancel() *cobra.Command {
	return &cobra.Command{
		Use:     "cancel TASK --home DIR",
		Short:   "Close your task when the rounds that run have ended; the rest is refunded",
		Example: "  althing task cancel 1 --home net/consumer-1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			number, err := id("task", args[0])
			if err != nil {
				return err
			}
			account, err := s.account(cmd.Context())
			if err != nil {
				return err
			}
			if _, err := account.Send(cmd.Context(), client.Say{Task: number, Input: round.Cancel{}}); err != nil {
				return s.explain(fmt.Errorf("task %d: %w", number, err))
			}
			t, err := account.Task(cmd.Context(), number)
			if err != nil {
				return err
			}
			return s.showTask(cmd.Context(), account.Client, t)
		},
	}
}
