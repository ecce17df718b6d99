package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

func (s *session) modelList() *cobra.Command {
	var p pages
	var owner string
	c := &cobra.Command{
		Use:   "list",
		Short: "List the lines of models that the network knows",
		Long: `Lists the lines of models: each is all versions of one model, whatever tasks of its
owner made them. NEWEST is the number of the newest one, SCORED the number of the newest
one that has a score, and that score.`,
		Example: "  althing model list\n  althing model list --all --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.dial(cmd.Context())
			if err != nil {
				return err
			}
			lines, more, err := read(p, func(at client.Page) ([]spec.Line, client.Page, error) {
				return c.Lines(cmd.Context(), owner, at)
			})
			if err != nil {
				return err
			}
			s.more(more, append(filters("model list", owner, ""), fmt.Sprintf("--limit %d", p.limit))...)
			return s.showLines(lines)
		},
	}
	p.flags(c)
	c.Flags().StringVar(&owner, "owner", "", "only lines of this account")
	return c
}

func (s *session) modelVersions() *cobra.Command {
	var p pages
	var task string
	c := &cobra.Command{
		Use:   "versions LINE|--task N",
		Short: "List the versions of a line: what made each, who took part, its score",
		Long: `Lists the versions of a line in the order in which they were published. Of digests it
shows the first digits; --json has all of them.`,
		Example: "  althing model versions 1\n  althing model versions --task 1 --json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, l, err := s.lineOr(cmd.Context(), args, task)
			if err != nil {
				return err
			}
			versions, more, err := read(p, func(at client.Page) ([]spec.Version, client.Page, error) {
				return c.Versions(cmd.Context(), l.ID, at)
			})
			if err != nil {
				return s.explain(err)
			}
			s.more(more, "model versions", fmt.Sprint(l.ID), fmt.Sprintf("--limit %d", p.limit))
			return s.showVersions(versions)
		},
	}
	p.flags(c)
	c.Flags().StringVar(&task, "task", "", "the line of this task")
	return c
}

func (s *session) showLines(lines []spec.Line) error {
	return show(s, lines, []any{"LINE", "NAME", "NEWEST", "SCORED", "OWNER"}, func(l spec.Line) []any {
		return []any{l.ID, l.Name, l.Versions, unless(l.Scored == 0, fmt.Sprintf("%d %s", l.Scored, l.Score)), l.Owner}
	})
}

func (s *session) showVersions(versions []spec.Version) error {
	return show(s, versions, []any{"NO", "TASK", "MADE BY", "SCORE", "TRAINERS", "NODES", "HEIGHT", "MODEL", "BASE"}, func(v spec.Version) []any {
		return []any{
			v.Number, v.Task, madeBy(v), figure(number(v.Score, v.Scored)), unless(v.Round == 0, v.Trainers),
			unless(v.Round == 0, v.Participants), v.Height, v.Model.Short(), unless(v.Base.IsZero(), v.Base.Short()),
		}
	})
}

// madeBy says what put a version there.
func madeBy(v spec.Version) string {
	switch {
	case v.Proposal > 0:
		return fmt.Sprintf("proposal %d", v.Proposal)
	case v.Round > 0:
		return fmt.Sprintf("round %d", v.Round)
	}
	return "the seed"
}

func (s *session) modelCard() *cobra.Command {
	var file string
	var all bool
	c := &cobra.Command{
		Use:   "card LINE [--set FILE --home DIR]",
		Short: "Show what the owner of a line says of it, or say it",
		Long: fmt.Sprintf(`Shows the newest card of a line, with --all every one it has had. What a card says is
its owner's word: the network checks none of it.

--set puts a new card on the chain from a text file of at most %d bytes, such as Markdown.
Only the owner of the line may. The former cards stay; a line has at most %d.`, spec.MaxCard, spec.MaxCards),
		Example: "  althing model card 1\n  althing model card 1 --set card.md --home net/consumer-1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			if cmd.Flags().Changed("set") {
				if err := s.setCard(ctx, args[0], file); err != nil {
					return err
				}
			}
			c, l, err := s.lineOr(ctx, args, "")
			if err != nil {
				return err
			}
			cards := []spec.Card{l.Card}
			switch {
			case l.Card.Number == 0 && !all:
				err := fmt.Errorf("line %d has no card: its owner, %s, has set none", l.ID, l.Owner)
				return hinted{err, s.command("model versions", fmt.Sprint(l.ID))}
			case all:
				cards, _, err = read(pages{limit: spec.MaxCards, all: true}, func(at client.Page) ([]spec.Card, client.Page, error) {
					return c.Cards(ctx, l.ID, at)
				})
				if err != nil {
					return s.explain(err)
				}
			}
			return s.showCards(l.Line, cards)
		},
	}
	c.Flags().StringVar(&file, "set", "", "text file that is the new card")
	c.Flags().BoolVar(&all, "all", false, "show every card, the oldest first")
	return c
}

// setCard puts the text of a file on the chain.
func (s *session) setCard(ctx context.Context, word, file string) error {
	line, err := id("line", word)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := spec.ValidateCard(string(text)); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	account, err := s.account(ctx)
	if err != nil {
		return err
	}
	_, err = account.Send(ctx, client.SetCard{Line: line, Text: string(text)})
	if errors.Is(err, client.ErrNotLineOwner) {
		return hinted{err, s.command("model list")}
	}
	return s.explain(err)
}

func (s *session) showCards(l spec.Line, cards []spec.Card) error {
	if s.json {
		for _, c := range cards {
			if err := s.line(c); err != nil {
				return err
			}
		}
		return nil
	}
	for i, c := range cards {
		if i > 0 {
			fmt.Fprintln(s.out)
		}
		_, err := fmt.Fprintf(s.out, "line %d %s, card %d of %d, set at height %d\n\n%s\n", l.ID, l.Name, c.Number, l.Cards, c.Height, strings.TrimSuffix(c.Text, "\n"))
		if err != nil {
			return err
		}
	}
	return nil
}

// lineOr reads the line that an argument names, or that of a task.
func (s *session) lineOr(ctx context.Context, args []string, task string) (*client.Client, client.Registered, error) {
	var l client.Registered
	if (len(args) > 0) == (task != "") {
		return nil, l, errors.New("want a line, or --task and its number")
	}
	what, word := "task", task
	if task == "" {
		what, word = "line", args[0]
	}
	number, err := id(what, word)
	if err != nil {
		return nil, l, err
	}
	c, err := s.dial(ctx)
	if err != nil {
		return nil, l, err
	}
	if task == "" {
		l, err = c.Line(ctx, number)
	} else {
		l, err = c.LineOf(ctx, number)
	}
	if err != nil {
		return nil, l, s.explain(fmt.Errorf("%s %d: %w", what, number, err))
	}
	return c, l, nil
}
