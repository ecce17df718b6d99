package dao

import (
	"context"

	govkeeper "github.com/cosmos/cosmos-sdk/x/gov/keeper"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/althing-network/althing/pb/daopb"
)

// server is the message server of x/gov. Before x/gov it checks the state of the poll, so that
// errors name that state. The hooks check everything else.
type server struct {
	govv1.MsgServer
	polls Keeper
}

// Server returns the message server to register in place of x/gov's.
func (k Keeper) Server() govv1.MsgServer {
	return server{govkeeper.NewMsgServerImpl(k.parts.Gov), k}
}

// Vote implements [govv1.MsgServer].
func (s server) Vote(ctx context.Context, msg *govv1.MsgVote) (*govv1.MsgVoteResponse, error) {
	p, err := s.polls.poll(ctx, msg.ProposalId)
	if err == nil {
		err = checkVoting(ctx, p)
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
		err = checkVoting(ctx, p)
	}
	if err != nil {
		return nil, err
	}
	return s.MsgServer.VoteWeighted(ctx, msg)
}

// Deposit implements [govv1.MsgServer].
func (s server) Deposit(ctx context.Context, msg *govv1.MsgDeposit) (*govv1.MsgDepositResponse, error) {
	if err := s.checkOpen(ctx, msg.ProposalId); err != nil {
		return nil, err
	}
	return s.MsgServer.Deposit(ctx, msg)
}

// CancelProposal implements [govv1.MsgServer]. It ends the poll, since x/gov calls no hook.
func (s server) CancelProposal(ctx context.Context, msg *govv1.MsgCancelProposal) (*govv1.MsgCancelProposalResponse, error) {
	if err := s.checkOpen(ctx, msg.ProposalId); err != nil {
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

// checkOpen refuses a proposal that does not exist or has ended.
func (s server) checkOpen(ctx context.Context, id uint64) error {
	p, err := s.polls.poll(ctx, id)
	if err == nil && p.Ended > 0 {
		err = ErrInactive.Wrapf("proposal %d has ended at height %d", id, p.Ended)
	}
	return err
}
