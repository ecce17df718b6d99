package client

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	rpc "github.com/cometbft/cometbft/rpc/client/http"
	"github.com/cosmos/gogoproto/proto"

	sdkmath "cosmossdk.io/math"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/althing-network/althing/pb/daopb"
	"github.com/althing-network/althing/pb/timelockpb"
	"github.com/althing-network/althing/spec"
)

// Messages about proposals.
type (
	// Submit puts a proposal to the vote. [Client.Compose] makes it.
	Submit struct {
		spec.Draft
		messages []sdk.Msg
		Ran      uint64 // gas that its messages used when they were tried
	}
	// Vote is the vote of the account on a proposal. An account votes once.
	Vote struct {
		Proposal uint64
		Option   spec.Option
	}
	// AddDeposit adds to the deposit of a proposal that is not voted on yet. If the
	// account has too little, the error is [ErrFunds].
	AddDeposit struct {
		Proposal uint64
		Amount   uint64 // uthing
	}
	// CancelProposal takes the account's own proposal back before its vote ends.
	CancelProposal struct{ Proposal uint64 }
	// Execute carries out a passed proposal whose time has come.
	Execute struct {
		Proposal uint64
		Ran      uint64 // gas that its messages used when they were tried
	}
)

func (Submit) message()         {}
func (Vote) message()           {}
func (AddDeposit) message()     {}
func (CancelProposal) message() {}
func (Execute) message()        {}

// gRPC methods that ask for one proposal, which may not be there.
const (
	queryProposal = "/cosmos.gov.v1.Query/Proposal"
	queryPoll     = "/althing.dao.v1.Query/Poll"
	queryPower    = "/althing.dao.v1.Query/Power"
	queryEntry    = "/althing.timelock.v1.Query/Entry"
)

func (m Submit) wire(proposer string) (sdk.Msg, error) {
	msg := &govv1.MsgSubmitProposal{
		Proposer: proposer, Title: m.Title, Summary: m.Summary, InitialDeposit: coins(uint64(m.Deposit)),
	}
	for _, a := range m.Actions {
		msg.Metadata += a.Text // a draft with a text has no other action
	}
	var err error
	msg.Messages, err = packed(m.messages)
	return msg, err
}

// Digest is the digest of the proposal's messages, as in [spec.Poll].
func (m Submit) Digest() (spec.Digest, error) {
	b, err := daopb.DigestOf(m.messages)
	if err != nil {
		return spec.Digest{}, err
	}
	return spec.DigestFrom(b)
}

func (m Vote) wire(voter string) (sdk.Msg, error) {
	option, ok := map[spec.Option]govv1.VoteOption{
		spec.VoteYes: govv1.OptionYes, spec.VoteNo: govv1.OptionNo, spec.VoteAbstain: govv1.OptionAbstain, spec.VoteVeto: govv1.OptionNoWithVeto,
	}[m.Option]
	if !ok {
		return nil, fmt.Errorf("vote %q: want %s", m.Option, spec.Choice(spec.Options()))
	}
	return &govv1.MsgVote{ProposalId: m.Proposal, Voter: voter, Option: option}, nil
}

func packed(messages []sdk.Msg) ([]*codectypes.Any, error) {
	list := make([]*codectypes.Any, len(messages))
	for i, m := range messages {
		var err error
		if list[i], err = codectypes.NewAnyWithValue(m); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func coins(uthing uint64) sdk.Coins {
	return sdk.NewCoins(sdk.NewCoin(spec.Denom, sdkmath.NewIntFromUint64(uthing)))
}

// gas is what a submission may use: its bytes are charged as the transaction's, and again
// as x/gov and the poll store them, and its messages are tried.
func (m Submit) gas() uint64 {
	const stored, each = 150, 20_000 // one byte; one message
	size := uint64(len(m.Title) + len(m.Summary))
	for _, msg := range m.messages {
		size += uint64(proto.Size(msg))
	}
	return Gas + stored*size + each*uint64(len(m.messages)) + 2*m.Ran
}

// gas is what an execution may use: twice the gas of the proposal's messages when they were
// tried, but at least a constant that is enough for most proposals.
func (m Execute) gas() uint64 {
	const most = 700_000
	return Gas + max(most, 2*m.Ran)
}

// Proposed is the number of the proposal that a [Submit] made.
func (r Receipt) Proposed() (uint64, error) {
	var resp govv1.MsgSubmitProposalResponse
	err := r.response(&resp)
	return resp.ProposalId, err
}

// Proposal returns a proposal by its number. Of one that was cancelled, or whose deposit
// was not complete in time, only the poll is left.
func (c *Client) Proposal(ctx context.Context, id uint64) (spec.Proposal, error) {
	poll, err := c.poll(ctx, id)
	if err != nil {
		return spec.Proposal{}, err
	}
	p := spec.Proposal{ID: id, Poll: poll, Reason: poll.Reason}
	if poll.Outcome == spec.OutcomeQuorum {
		p.Reason = string(poll.Outcome) + ": " + poll.Reason
	}
	var resp govv1.QueryProposalResponse
	err = c.query(ctx, queryProposal, &govv1.QueryProposalRequest{ProposalId: id}, &resp)
	switch {
	case errors.Is(err, ErrNoProposal):
	case err != nil:
		return p, err
	case resp.Proposal != nil:
		if err := describe(&p, resp.Proposal); err != nil {
			return p, err
		}
	}
	switch entry, err := c.entry(ctx, id); {
	case err == nil:
		p.Entry = &entry
	case !errors.Is(err, ErrNotQueued):
		return p, err
	}
	p.Status = status(p)
	return p, nil
}

func (c *Client) poll(ctx context.Context, id uint64) (spec.Poll, error) {
	var resp daopb.QueryPollResponse
	if err := c.query(ctx, queryPoll, &daopb.QueryPoll{Proposal: id}, &resp); err != nil {
		return spec.Poll{}, err
	}
	return resp.Poll.ToSpec()
}

func (c *Client) entry(ctx context.Context, id uint64) (spec.Entry, error) {
	var resp timelockpb.QueryEntryResponse
	if err := c.query(ctx, queryEntry, &timelockpb.QueryEntry{Proposal: id}, &resp); err != nil {
		return spec.Entry{}, err
	}
	return resp.ToSpec()
}

// describe fills in what x/gov knows of a proposal.
func describe(p *spec.Proposal, of *govv1.Proposal) error {
	p.Title, p.Summary = of.Title, of.Summary
	if p.Reason == "" {
		p.Reason = of.FailedReason
	}
	deposit, err := amount(of.TotalDeposit)
	if err != nil {
		return fmt.Errorf("deposit of proposal %d: %w", p.ID, err)
	}
	p.Deposit = deposit
	p.DepositEnds, p.Starts, p.Ends = unix(of.DepositEndTime), unix(of.VotingStartTime), unix(of.VotingEndTime)
	for _, m := range of.Messages {
		action, err := actionOf(m)
		if err != nil {
			return fmt.Errorf("message of proposal %d: %w", p.ID, err)
		}
		p.Actions = append(p.Actions, action)
	}
	if len(p.Actions) == 0 {
		p.Actions = []spec.Action{{Text: of.Metadata}}
	}
	return nil
}

func amount(of sdk.Coins) (uint64, error) {
	return strconv.ParseUint(of.AmountOf(spec.Denom).String(), 10, 64)
}

func unix(t *time.Time) int64 {
	if t == nil {
		return 0
	}
	return t.UnixMilli()
}

// status is the status of a proposal, which follows from its poll and its entry in the timelock.
func status(p spec.Proposal) spec.ProposalStatus {
	if p.Entry != nil {
		return map[spec.EntryState]spec.ProposalStatus{
			spec.EntryQueued: spec.ProposalQueued, spec.EntryExecuted: spec.ProposalExecuted,
			spec.EntryCancelled: spec.ProposalCancelled, spec.EntryExpired: spec.ProposalExpired,
		}[p.Entry.State]
	}
	switch p.Poll.Outcome {
	case spec.OutcomePassed:
		for _, a := range p.Actions {
			if a.Cancel != nil { // is not queued, but carried out at once
				return spec.ProposalExecuted
			}
		}
		return spec.ProposalPassed
	case spec.OutcomeQuorum, spec.OutcomeRejected, spec.OutcomeVetoed:
		return spec.ProposalRejected
	case spec.OutcomeFailed:
		return spec.ProposalFailed
	case spec.OutcomeCancelled:
		return spec.ProposalCancelled
	case spec.OutcomeNoDeposit:
		return spec.ProposalExpired
	}
	if p.Poll.Start > 0 {
		return spec.ProposalVoting
	}
	return spec.ProposalDeposit
}

// Proposals lists proposals in the order of their numbers.
func (c *Client) Proposals(ctx context.Context, page Page) ([]spec.Proposal, Page, error) {
	var resp daopb.QueryPollsResponse
	if err := c.query(ctx, "/althing.dao.v1.Query/Polls", &daopb.QueryPolls{Pagination: page.request()}, &resp); err != nil {
		return nil, Page{}, err
	}
	proposals, err := list(resp.Polls, func(p *daopb.Poll) (spec.Proposal, error) { return c.Proposal(ctx, p.Proposal) })
	return proposals, page.next(resp.Pagination), err
}

// VoteRules returns the rules by which votes are decided now.
func (c *Client) VoteRules(ctx context.Context) (spec.VoteRules, error) {
	var resp daopb.QueryParamsResponse
	err := c.query(ctx, "/althing.dao.v1.Query/Params", &daopb.QueryParams{}, &resp)
	return resp.VoteRules(), err
}

// Power is the power of an account in the vote on a proposal. Proposal 0 means a vote that begins
// now.
func (c *Client) Power(ctx context.Context, account string, proposal uint64) (spec.Power, error) {
	var resp daopb.QueryPowerResponse
	err := c.query(ctx, queryPower, &daopb.QueryPower{Account: account, Proposal: proposal}, &resp)
	return spec.Power{Power: resp.Power, Bonded: resp.Bonded, Staked: resp.Staked, Voted: resp.Voted}, err
}

// BlockTime is the time of the newest block, in milliseconds since 1970.
func (c *Client) BlockTime(ctx context.Context) (ms int64, err error) {
	err = c.each(ctx, func(remote *rpc.HTTP) error {
		status, err := remote.Status(ctx)
		if err == nil {
			ms = status.SyncInfo.LatestBlockTime.UnixMilli()
		}
		return err
	})
	return ms, err
}
