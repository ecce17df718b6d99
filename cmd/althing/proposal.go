package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

// proposal is about what holders of THING decide together.
func (s *session) proposal() *cobra.Command {
	return noun("proposal", "Propose, vote, and execute what was decided",
		s.proposalSubmit(), s.proposalShow(), s.proposalList(), s.proposalTally(), s.proposalWatch(),
		s.proposalVote(), s.proposalDeposit(), s.proposalCancel(), s.proposalExecute())
}

// proposalDone is a message about a proposal that is in a block.
type proposalDone struct {
	Event    string      `json:"event"`
	Proposal uint64      `json:"proposal"`
	Vote     spec.Option `json:"vote,omitempty"`
	Power    uint64      `json:"power_uthing,omitempty"`
	Amount   uint64      `json:"amount_uthing,omitempty"`
	Height   int64       `json:"height"`
}

// showDone prints what was done.
func (s *session) showDone(d proposalDone, text string) error {
	if s.json {
		return s.line(d)
	}
	s.tell("proposal %d: %s at height %d", d.Proposal, text, d.Height)
	return nil
}

// readBallot reads a proposal, and the voting power of the account in the home folder, if
// there is one.
func (s *session) readBallot(ctx context.Context, word string) (view.Ballot, error) {
	number, err := id("proposal", word)
	if err != nil {
		return view.Ballot{}, err
	}
	c, err := s.dial(ctx)
	if err != nil {
		return view.Ballot{}, err
	}
	address, err := s.ownAddress()
	if err != nil {
		return view.Ballot{}, err
	}
	b, err := view.ReadFullBallot(ctx, c, number, address)
	if errors.Is(err, client.ErrNoProposal) {
		err = s.hintList(err)
	}
	return b, err
}

// ownAddress is the address of the account in the home folder; empty where there is none.
func (s *session) ownAddress() (string, error) {
	if s.home == "" {
		return "", nil
	}
	key, err := daemon.LoadKey(s.home)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", err
	}
	return client.Address(key)
}

// accountAndProposal is the account of the home folder, and the number of a proposal.
func (s *session) accountAndProposal(ctx context.Context, word string) (*client.Account, uint64, error) {
	number, err := id("proposal", word)
	if err != nil {
		return nil, 0, err
	}
	account, err := s.account(ctx)
	return account, number, err
}

// hintProposal names the proposal in a refusal, and gives the next step.
func (s *session) hintProposal(ctx context.Context, account *client.Account, number uint64, err error) error {
	if _, refused := errors.AsType[*client.Refusal](err); !refused {
		return err
	}
	if name := fmt.Sprintf("proposal %d", number); !strings.Contains(err.Error(), name) {
		err = fmt.Errorf("%s: %w", name, err)
	}
	show := s.command("proposal show", fmt.Sprint(number))
	switch {
	case errors.Is(err, client.ErrNoProposal):
		return s.hintList(err)
	case errors.Is(err, client.ErrVoting), errors.Is(err, client.ErrEarly):
		return hinted{err, s.command("proposal watch", fmt.Sprint(number))}
	case errors.Is(err, client.ErrPower):
		power, unknown := account.Power(ctx, account.Address(), number)
		if unknown == nil && power.Bonded+power.Staked > 0 {
			err = fmt.Errorf("%w: of %s bonded and %s staked, %s were there when it counted",
				err, spec.Money(power.Bonded), spec.Money(power.Staked), spec.Money(power.Power))
		}
		return hinted{err, show}
	case errors.Is(err, client.ErrInactive), errors.Is(err, client.ErrVoted), errors.Is(err, client.ErrQuorum), errors.Is(err, client.ErrNotQueued):
		return hinted{err, show}
	}
	return err
}
