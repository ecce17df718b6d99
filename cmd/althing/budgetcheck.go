package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/privacy/terms"
	"github.com/althing-network/althing/spec"
)

// verdict is whether the owner of a data set could pay the rounds of a task.
type verdict struct {
	Dataset   uint64         `json:"dataset"`
	Owner     string         `json:"owner"`
	Unit      cost.Unit      `json:"unit"`
	Adjacency cost.Adjacency `json:"adjacency"`
	Limit     json.Number    `json:"limit_epsilon"`
	Label     string         `json:"label,omitempty"`
	Delta     json.Number    `json:"delta"`
	Left      json.Number    `json:"left_epsilon"`
	Rounds    uint64         `json:"rounds"`
	Affords   uint64         `json:"affords"`
	Pays      bool           `json:"pays"`
	Why       string         `json:"why,omitempty"`
}

func (s *session) budgetCheck() *cobra.Command {
	var r release
	var unit string
	var steps int
	c := &cobra.Command{
		Use:   "check TASK|FILE",
		Short: "Say which owners of a task's data could pay all its rounds; charges nothing",
		Long: `Says of each data set that a task asks for whether its budget could pay all rounds of
the task. Nothing is charged or reserved. A whole number is a task on the chain, all
else is a task file.

The rounds of a private task cost what its file says. One in the mode none adds no noise:
no budget can pay for that. The flags of "budget plan" say the noise of one round, to
check a task as if it had it.`,
		Example: "  althing budget check task.yaml --noise 4 --home net/trainer-1\n  althing budget check 1 --mechanism laplace --epsilon0 0.1 --steps 10",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			asked, noisy, err := r.asked(unit)
			if err != nil {
				return err
			}
			c, task, err := s.anyTask(ctx, cmd.InOrStdin(), args[0])
			if err != nil {
				return err
			}
			if !noisy && task.Private() {
				if asked, err = terms.Release(task); err != nil {
					return err
				}
				noisy = true
			}
			rounds := uint64(task.Target.Rounds)
			switch {
			case cmd.Flags().Changed("steps") && steps < 1:
				return again(cmd, fmt.Errorf("--steps %d: want at least 1", steps), "steps", "1")
			case steps > 0:
				rounds = uint64(steps)
			}
			verdicts, err := verdictsOf(ctx, c, task, asked, noisy, rounds)
			if err != nil {
				return err
			}
			return s.showVerdicts(task, verdicts, rounds)
		},
	}
	r.flags(c)
	c.Flags().IntVar(&steps, "steps", 0, "rounds to pay (default: all of the task)")
	c.Flags().StringVar(&unit, "unit", "", "what the noise protects: example, client or data-subject (default: example where a sample is drawn, else client)")
	return c
}

// asked is the release of one round that the flags describe, if they describe any.
func (r *release) asked(unit string) (asked cost.Release, noisy bool, err error) {
	if err := r.check(); err != nil {
		return asked, false, err
	}
	protects, err := r.protects(unit)
	if err != nil {
		return asked, false, err
	}
	if r.given(r.measure()) {
		return r.onChain(r.amount(), protects), true, nil
	}
	if unit != "" || r.given("mechanism") || r.given("l1") || r.given("l2") || r.sampling != everybody {
		return asked, false, again(r.cmd, fmt.Errorf("--%s is missing: want the noise of one round", r.measure()), r.measure(), "1")
	}
	return asked, false, nil
}

// anyTask reads a task file, or a task of the chain.
func (s *session) anyTask(ctx context.Context, in io.Reader, word string) (*client.Client, spec.TaskSpec, error) {
	if _, err := strconv.ParseUint(word, 10, 64); err == nil {
		c, t, err := s.find(ctx, word)
		return c, t.Spec, err
	}
	task, err := readTask(ctx, in, word)
	if err != nil {
		return nil, task, err
	}
	c, err := s.dial(ctx)
	return c, task, err
}

// verdictsOf asks the chain about every data set of the task's kind.
func verdictsOf(ctx context.Context, c *client.Client, task spec.TaskSpec, asked cost.Release, noisy bool, rounds uint64) (verdicts []verdict, err error) {
	if noisy {
		said, _, err := read(pages{limit: 100, all: true}, func(at client.Page) ([]client.Verdict, client.Page, error) {
			return c.CheckBudgets(ctx, task.Data.Name, asked, rounds, at)
		})
		for _, v := range said {
			if v.Refused == "" && !task.Selection.Admits(v.Owner) {
				v.Refused = errNotAdmitted.Error()
			}
			verdicts = append(verdicts, verdict{
				v.Dataset, v.Owner, v.Limit.Unit, v.Limit.Adjacency, json.Number(v.Limit.Epsilon.String()), meaning(v.Limit), json.Number(v.Limit.Delta.String()),
				json.Number(v.Left.String()), rounds, v.Affords, v.Refused == "", v.Refused,
			})
		}
		return verdicts, err
	}
	sets, _, err := read(pages{limit: 100, all: true}, func(at client.Page) ([]spec.Dataset, client.Page, error) {
		return c.Datasets(ctx, "", task.Data.Name, at)
	})
	if err != nil {
		return nil, err
	}
	for _, d := range sets {
		b, err := c.Book(ctx, d.ID)
		if err != nil {
			return nil, err
		}
		verdicts = append(verdicts, verdict{
			d.ID, d.Owner, b.Limit.Unit, b.Limit.Adjacency, json.Number(b.Limit.Epsilon.String()), meaning(b.Limit), json.Number(b.Limit.Delta.String()),
			json.Number(b.Left().String()), rounds, 0, false, errNoiseless.Error(),
		})
	}
	return verdicts, nil
}

// Why a data set does not pay for a task, beside what the chain says.
var (
	errNoiseless   = errors.New("privacy.mode none adds no noise, so no budget covers it")
	errNotAdmitted = errors.New("selection.owners does not name its owner")
)

func (s *session) showVerdicts(task spec.TaskSpec, verdicts []verdict, rounds uint64) error {
	able := 0
	for _, v := range verdicts {
		if v.Pays {
			able++
		}
	}
	err := show(s, verdicts, []any{"DATA", "UNIT", "EPSILON", "LEFT", "PAYS", "OWNER", "WHY NOT"}, func(v verdict) []any {
		return []any{v.Dataset, v.Unit, labelled(v.Limit.String(), v.Label), v.Left, fmt.Sprintf("%d of %d", v.Affords, v.Rounds), v.Owner, unless(v.Pays, v.Why)}
	})
	if err != nil || s.json {
		return err
	}
	_, err = fmt.Fprintf(s.out, "\n%d of %s of %s could pay %s of task %s\n", able, counted(uint32(len(verdicts)), "data set"), task.Data.Name, counted(uint32(rounds), "round"), task.Name)
	return err
}
