package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

func (s *session) modelCard() *cobra.Command {
	var file string
	var all bool
	c := &cobra.Command{
		Use:   "card LINE [--set FILE --home DIR]",
		Short: "Show what the owner of a line says about it, or set it",
		Long: fmt.Sprintf(`Shows the newest card of a line, with --all every card that it has had. A card is the word
of the owner: the network checks nothing of it.

--set puts a new card on the chain from a text file of at most %d bytes, such as Markdown.
Only the owner of the line may. Earlier cards stay; a line has at most %d cards.`, spec.MaxCard, spec.MaxCards),
		Example: "  althing model card 1\n  althing model card 1 --set card.md --home net/consumer-1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			if cmd.Flags().Changed("set") {
				if err := s.setCard(ctx, args[0], file); err != nil {
					return err
				}
			}
			c, l, err := s.findLine(ctx, args, "")
			if err != nil {
				return err
			}
			cards := []spec.Card{l.Card}
			switch {
			case l.Card.Number == 0 && !all:
				err := fmt.Errorf("line %d has no card: its owner, %s, has set none", l.ID, l.Owner)
				return hinted{err, s.command("model versions", fmt.Sprint(l.ID))}
			case all:
				cards, err = view.ReadAll(func(page client.Page) ([]spec.Card, client.Page, error) { return c.Cards(ctx, l.ID, page) })
				if err != nil {
					return s.hintList(err)
				}
			}
			if s.json {
				return showLines(s, cards)
			}
			return s.page(view.Cards(cards).Page(l.Line))
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
	return s.hintList(err)
}
