package dao

import (
	"context"

	govkeeper "github.com/cosmos/cosmos-sdk/x/gov/keeper"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/althing-network/althing/pb/daopb"
)

// server is x/gov's, which first says why a proposal cannot be voted on, in words that name
// its state. The hooks refuse the rest.
type server struct {
	govv1.MsgServer
	polls Keeper
}

// Server is to be registered in place of x/gov's.
func (k Keeper) Server() govv1.MsgServer {
	return server{govkeeper.NewMsgServerImpl(k.parts.Gov), k}
}

// Vote implements [govv1.MsgServer].
func (s server) Vote(ctx context.Context, msg *govv1.MsgVote) (*govv1.MsgVoteResponse, error) {
	p, err := s.polls.poll(ctx, msg.ProposalId)
	if err == nil {
		err = voting(ctx, p)
	}
	if err != nil {
		return nil, err
	}
	return s.MsgServer.Vote(ctx, msg)
}

// VoteWeighted implements [govv1.MsgServer].
func (s server) VoteWeighted(ctx context.Context, msg *govv1.MsgVoteWeighted) (*govv1.MsgVoteWeightedResponse, error) {
	p, err := s.polls.poll(ctx, msg.ProposalId)
	if err == nil {
		err = voting(ctx, p)
	}
	if err != nil {
		return nil, err
	}
	return s.MsgServer.VoteWeighted(ctx, msg)
}

// Deposit implements [govv1.MsgServer].
func (s server) Deposit(ctx context.Context, msg *govv1.MsgDeposit) (*govv1.MsgDepositResponse, error) {
	if err := s.ended(ctx, msg.ProposalId); err != nil {
		return nil, err
	}
	return s.MsgServer.Deposit(ctx, msg)
}

// CancelProposal implements [govv1.MsgServer]. x/gov forgets the proposal and tells nobody.
func (s server) CancelProposal(ctx context.Context, msg *govv1.MsgCancelProposal) (*govv1.MsgCancelProposalResponse, error) {
	if err := s.ended(ctx, msg.ProposalId); err != nil {
		return nil, err
	}
	resp, err := s.MsgServer.CancelProposal(ctx, msg)
	if err != nil {
		return nil, err
	}
	p, err := s.polls.poll(ctx, msg.ProposalId)
	if err != nil {
		return nil, err
	}
	return resp, s.polls.end(ctx, p, daopb.OUTCOME_CANCELLED, "")
}

// ended refuses a proposal that is not there, or is over.
func (s server) ended(ctx context.Context, id uint64) error {
	p, err := s.polls.poll(ctx, id)
	if err == nil && p.Ended > 0 {
		err = ErrInactive.Wrapf("proposal %d has ended at height %d", id, p.Ended)
	}
	return err
}
