package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/privacy/terms"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

func (s *session) budgetCheck() *cobra.Command {
	var r releaseFlags
	var unit string
	var steps int
	c := &cobra.Command{
		Use:   "check TASK|FILE",
		Short: "Say which data sets of a task could pay for all its rounds; charges nothing",
		Long: `Says for each data set that a task asks for whether its budget could pay for all rounds
of the task. Nothing is charged or reserved. A whole number is a task on the chain,
everything else is a task file.

The rounds of a private task cost what its file says. A task with privacy mode none adds no
noise: no budget can pay for that. With the flags of "budget plan", which set the noise of
one round, a task is checked as if it had that noise.`,
		Example: "  althing budget check task.yaml --noise 4 --home net/trainer-1\n  althing budget check 1 --mechanism laplace --epsilon0 0.1 --steps 10",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			release, noisy, err := r.release(unit)
			if err != nil {
				return err
			}
			c, task, err := s.readTaskOrFile(ctx, cmd.InOrStdin(), args[0])
			if err != nil {
				return err
			}
			if !noisy && task.Private() {
				if release, err = terms.Release(task); err != nil {
					return err
				}
				noisy = true
			}
			rounds := uint64(task.Target.Rounds)
			switch {
			case cmd.Flags().Changed("steps") && steps < 1:
				return hintFlags(cmd, fmt.Errorf("--steps %d: want at least 1", steps), "steps", "1")
			case steps > 0:
				rounds = uint64(steps)
			}
			list, err := affordableBy(ctx, c, task, release, noisy, rounds)
			if err != nil {
				return err
			}
			if s.json {
				return showLines(s, list)
			}
			return s.page(list.Page(task, rounds))
		},
	}
	r.add(c)
	c.Flags().IntVar(&steps, "steps", 0, "rounds to pay (default: all of the task)")
	c.Flags().StringVar(&unit, "unit", "", "what the noise protects: example, client or data-subject (default: example where a sample is drawn, else client)")
	return c
}

// release is the release of one round that the flags describe, if they describe one.
func (r *releaseFlags) release(unit string) (release cost.Release, noisy bool, err error) {
	if err := r.check(); err != nil {
		return release, false, err
	}
	protects, err := r.readUnit(unit)
	if err != nil {
		return release, false, err
	}
	if r.isSet(r.noiseFlag()) {
		return r.ledgerRelease(r.noiseValue(), protects), true, nil
	}
	if unit != "" || r.isSet("mechanism") || r.isSet("l1") || r.isSet("l2") || r.sampling != noSampling {
		return release, false, hintFlags(r.cmd, fmt.Errorf("--%s is missing: want the noise of one round", r.noiseFlag()), r.noiseFlag(), "1")
	}
	return release, false, nil
}

// readTaskOrFile reads a task of the chain where word is a number, else a task file.
func (s *session) readTaskOrFile(ctx context.Context, in io.Reader, word string) (*client.Client, spec.TaskSpec, error) {
	if _, err := strconv.ParseUint(word, 10, 64); err == nil {
		c, t, err := s.findTask(ctx, word)
		return c, t.Spec, err
	}
	task, err := readTaskFile(ctx, in, word)
	if err != nil {
		return nil, task, err
	}
	c, err := s.dial(ctx)
	return c, task, err
}

// affordableBy asks the chain about every data set of the task's kind.
func affordableBy(ctx context.Context, c *client.Client, task spec.TaskSpec, release cost.Release, noisy bool, rounds uint64) (list view.AffordableList, err error) {
	if noisy {
		verdicts, err := view.ReadAll(func(page client.Page) ([]client.Verdict, client.Page, error) {
			return c.CheckBudgets(ctx, task.Data.Name, release, rounds, page)
		})
		for _, v := range verdicts {
			if v.Refused == "" && !task.Selection.Admits(v.Owner) {
				v.Refused = errNotAdmitted.Error()
			}
			list = append(list, view.AffordableOf(v.Dataset, v.Owner, v.Limit, v.Left, rounds, v.Affords, v.Refused))
		}
		return list, err
	}
	sets, err := view.ReadAll(func(page client.Page) ([]spec.Dataset, client.Page, error) {
		return c.Datasets(ctx, "", task.Data.Name, page)
	})
	if err != nil {
		return nil, err
	}
	for _, d := range sets {
		b, err := c.Book(ctx, d.ID)
		if err != nil {
			return nil, err
		}
		list = append(list, view.AffordableOf(d.ID, d.Owner, b.Limit, b.Left(), rounds, 0, errNoiseless.Error()))
	}
	return list, nil
}

// Why a data set does not pay for a task, beside the reasons of the chain.
var (
	errNoiseless   = errors.New("privacy.mode none adds no noise, so no budget covers it")
	errNotAdmitted = errors.New("selection.owners does not name its owner")
)
