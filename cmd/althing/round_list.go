package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

func (s *session) roundList() *cobra.Command {
	var p pageFlags
	c := &cobra.Command{
		Use:   "list TASK",
		Short: "List the rounds of a task",
		Long: `Lists the rounds of a task. All scores of a line are of the model that its round made:
SCORE is the median of the evaluators' accuracies, HOLD-OUT the accuracy on the ROWS of all
of them together, FEDERATED the accuracy on the trainers' own rows, which the trainers of
the next round measured before they trained. UPDATES are those in the sum, of the trainers
that were asked. PAID is in THING.`,
		Example: "  althing round list 1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, t, err := s.findTask(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			rounds, next, err := readPages(p, func(page client.Page) ([]spec.Round, client.Page, error) {
				return c.Rounds(cmd.Context(), t.ID, page)
			})
			if err != nil {
				return err
			}
			s.hintNext(p, next, "round list", fmt.Sprint(t.ID))
			list, err := view.ReadLaterRounds(cmd.Context(), c, rounds)
			if err != nil {
				return err
			}
			return showList(s, list)
		},
	}
	p.add(c)
	return c
}
