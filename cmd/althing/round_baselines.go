package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
	"github.com/althing-network/althing/view"
)

// baseline is one model of a round, scored on rows of the user.
type baseline struct {
	Event string   `json:"event"`
	Task  uint64   `json:"task"`
	Round uint64   `json:"round"`
	What  string   `json:"what"`           // base, next, or alone: the base with one trainer's update
	Node  uint64   `json:"node,omitempty"` // that trainer
	Rows  int      `json:"rows"`
	Score spec.PPM `json:"score"` // accuracy, or R2 where the label is a number
	name  string
}

func (s *session) roundBaselines() *cobra.Command {
	var input string
	var table tableFlags
	c := &cobra.Command{
		Use:   "baselines TASK ROUND --input ROWS",
		Short: "Compare what a settled round made with what each of its trainers would have made alone",
		Long: `Downloads the updates of a settled round, adds each of them alone to the model that the
round began with, and scores these models on rows of your own, beside the model that the
round made of all updates. The rows are read as "althing predict" reads them, and must
have labels.

It needs the updates, like "round verify": where the task says audit: public, an RPC
address is enough. A private task has no such updates: its trainers send only what was
noised and charged to a budget.`,
		Example: "  althing round baselines 1 3 --input rows.csv",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			c, t, r, err := s.findRound(ctx, args[0], args[1])
			if err != nil {
				return err
			}
			if t.Spec.Private() {
				return fmt.Errorf("task %d is private: its trainers send only what was noised and charged to a budget", t.ID)
			}
			o := table.options()
			o.Classes = int(t.Spec.Model.Classes)
			rows, labelled, err := data.Read(input, t.Spec.Data, o)
			if err != nil {
				return withPath(input, err)
			}
			if !labelled {
				return fmt.Errorf("%s has no labels: want a column of labels to compare with", input)
			}
			list, err := s.baselines(ctx, c, t, r, rows)
			if err != nil {
				return err
			}
			return showList(s, list)
		},
	}
	c.Flags().StringVar(&input, "input", "", "file of rows, or folder of IDX files, with labels")
	table.addNames(c, "the task's")
	_ = c.MarkFlagRequired("input") // it is defined above
	return c
}

// baselines is a list of models of one round.
type baselines []baseline

// Page lists the models.
func (list baselines) Page() view.Page {
	return view.Page{Parts: []view.Part{view.Table([]string{"MODEL", "NODE", "NAME", "SCORE", "ROWS"}, list, func(b baseline) []any {
		return []any{b.What, view.Dash(b.Node == 0, b.Node), view.Dash(b.Node == 0, b.name), b.Score, b.Rows}
	})}}
}

// baselines scores the models of a round on some rows.
func (s *session) baselines(ctx context.Context, c *client.Client, t spec.Task, r spec.Round, rows data.Table) (list baselines, err error) {
	models, err := daemon.Baselines(ctx, c, s.home, t, r)
	if errors.Is(err, daemon.ErrMembers) || errors.Is(err, daemon.ErrPrivate) { // who they are, to name the home folder of one
		return nil, hinted{err, s.command("round show", fmt.Sprint(r.Task), fmt.Sprint(r.Number))}
	}
	if err != nil {
		return nil, fmt.Errorf("round %d of task %d: %w", r.Number, r.Task, err)
	}
	names, err := view.ReadNames(ctx, c, view.NodesOf(r))
	if err != nil {
		return nil, err
	}
	for i, m := range models {
		scaled, err := train.ToScale(m.Model, rows)
		if err != nil {
			return nil, err
		}
		judged, err := train.Engine{}.Evaluate(ctx, m.Model.Model, m.Model.Weights, scaled)
		if err != nil {
			return nil, err
		}
		b := baseline{Event: "baseline", Task: t.ID, Round: r.Number, What: "alone", Node: m.Node, Rows: rows.Rows(), Score: judged.Score(), name: names[m.Node]}
		switch {
		case i == 0:
			b.What = "base"
		case m.Node == 0:
			b.What = "next"
		}
		list = append(list, b)
	}
	return list, nil
}
