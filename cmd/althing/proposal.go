package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

// proposal is about what holders of THING decide together.
func (s *session) proposal() *cobra.Command {
	return noun("proposal", "Propose, vote, and carry out what was decided",
		s.proposalSubmit(), s.proposalShow(), s.proposalList(), s.proposalTally(), s.proposalWatch(),
		s.proposalVote(), s.proposalDeposit(), s.proposalCancel(), s.proposalExecute())
}

// done is something that was said of a proposal and is in a block.
type done struct {
	Event    string      `json:"event"`
	Proposal uint64      `json:"proposal"`
	Vote     spec.Option `json:"vote,omitempty"`
	Power    uint64      `json:"power_uthing,omitempty"`
	Amount   uint64      `json:"amount_uthing,omitempty"`
	Height   int64       `json:"height"`
}

func (s *session) proposalVote() *cobra.Command {
	return &cobra.Command{
		Use:     "vote N yes|no|abstain|veto --home DIR",
		Short:   "Vote on a proposal, once, with the stake that was there when its vote began",
		Example: "  althing proposal vote 1 yes --home net/trainer-1",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			var option spec.Option
			if err := option.UnmarshalText([]byte(args[1])); err != nil {
				return err
			}
			account, number, err := s.party(ctx, args[0])
			if err != nil {
				return err
			}
			receipt, err := account.Send(ctx, client.Vote{Proposal: number, Option: option})
			if err != nil {
				return s.refusedOf(ctx, account, number, err)
			}
			power, err := account.Power(ctx, account.Address(), number)
			if err != nil {
				return err
			}
			return s.did(done{Event: "voted", Proposal: number, Vote: option, Power: power.Power, Height: receipt.Height},
				fmt.Sprintf("%s votes %s with %s", account.Address(), option, money(power.Power)))
		},
	}
}

func (s *session) proposalDeposit() *cobra.Command {
	return &cobra.Command{
		Use:     "deposit N AMOUNT --home DIR",
		Short:   "Add so many THING to the deposit of a proposal, so that its vote begins",
		Example: "  althing proposal deposit 1 250 --home net/trainer-1",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			amount, err := amountOf(args[1])
			if err != nil {
				return err
			}
			account, number, err := s.party(ctx, args[0])
			if err != nil {
				return err
			}
			receipt, err := account.Send(ctx, client.AddDeposit{Proposal: number, Amount: amount})
			if err != nil {
				err = lacking(ctx, account, err, client.ErrFunds, "the deposit takes "+money(amount))
				return s.refusedOf(ctx, account, number, err)
			}
			return s.did(done{Event: "deposited", Proposal: number, Amount: amount, Height: receipt.Height},
				money(amount)+" deposited")
		},
	}
}

func (s *session) proposalCancel() *cobra.Command {
	return &cobra.Command{
		Use:     "cancel N --home DIR",
		Short:   "Take a proposal of one's own back before its vote ends; a part of the deposit is lost",
		Example: "  althing proposal cancel 1 --home net/trainer-1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			account, number, err := s.party(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			receipt, err := account.Send(cmd.Context(), client.CancelProposal{Proposal: number})
			if err != nil {
				return s.refusedOf(cmd.Context(), account, number, err)
			}
			return s.did(done{Event: "cancelled", Proposal: number, Height: receipt.Height}, "cancelled")
		},
	}
}

func (s *session) proposalExecute() *cobra.Command {
	return &cobra.Command{
		Use:     "execute N --home DIR",
		Short:   "Carry out a passed proposal whose time has come; anybody may",
		Example: "  althing proposal execute 1 --home net/trainer-1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			account, number, err := s.party(ctx, args[0])
			if err != nil {
				return err
			}
			p, err := account.Proposal(ctx, number)
			if err != nil {
				return s.refusedOf(ctx, account, number, err)
			}
			receipt, err := account.Send(ctx, client.Execute{Proposal: number, Ran: p.Poll.DryRun.Gas})
			if err != nil {
				return s.refusedOf(ctx, account, number, err)
			}
			return s.did(done{Event: "executed", Proposal: number, Height: receipt.Height}, "executed")
		},
	}
}

// party is the account of the home folder, and the number of a proposal.
func (s *session) party(ctx context.Context, word string) (*client.Account, uint64, error) {
	number, err := id("proposal", word)
	if err != nil {
		return nil, 0, err
	}
	account, err := s.account(ctx)
	return account, number, err
}

// did says what was done.
func (s *session) did(d done, words string) error {
	if s.json {
		return s.line(d)
	}
	_, err := fmt.Fprintf(s.err, "proposal %d: %s at height %d\n", d.Proposal, words, d.Height)
	return err
}

// refusedOf names the proposal that something was refused of, and the next step.
func (s *session) refusedOf(ctx context.Context, account *client.Account, number uint64, err error) error {
	if _, refused := errors.AsType[*client.Refusal](err); !refused {
		return err
	}
	if name := fmt.Sprintf("proposal %d", number); !strings.Contains(err.Error(), name) {
		err = fmt.Errorf("%s: %w", name, err)
	}
	shown := s.command("proposal show", fmt.Sprint(number))
	switch {
	case errors.Is(err, client.ErrNoProposal):
		return s.explain(err)
	case errors.Is(err, client.ErrVoting), errors.Is(err, client.ErrEarly):
		return hinted{err, s.command("proposal watch", fmt.Sprint(number))}
	case errors.Is(err, client.ErrPower):
		power, unknown := account.Power(ctx, account.Address(), number)
		if unknown == nil && power.Bonded+power.Staked > 0 {
			err = fmt.Errorf("%w: of %s bonded and %s staked, %s were there when it counted",
				err, money(power.Bonded), money(power.Staked), money(power.Power))
		}
		return hinted{err, shown}
	case errors.Is(err, client.ErrInactive), errors.Is(err, client.ErrVoted), errors.Is(err, client.ErrQuorum), errors.Is(err, client.ErrNotQueued):
		return hinted{err, shown}
	}
	return err
}
