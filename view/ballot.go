package view

import (
	"context"
	"fmt"
	"strings"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

// Ballot is a proposal with what a voter has to know beside it.
type Ballot struct {
	spec.Proposal
	Rules   spec.VoteRules `json:"rules"`
	Now     int64          `json:"now_unix_ms"` // time of the newest block
	Account string         `json:"account,omitempty"`
	Own     *spec.Power    `json:"own,omitempty"` // voting power of Account
	// WaitsFor says what an open proposal waits for, see [ProposalWaitsFor].
	WaitsFor []string `json:"waits_for,omitempty"`
}

// ReadBallot reads a proposal as it is now, with the voting power of an account where one is
// given.
func ReadBallot(ctx context.Context, c *client.Client, proposal uint64, account string) (b Ballot, err error) {
	if b.Proposal, err = c.Proposal(ctx, proposal); err != nil {
		return b, err
	}
	if b.Rules, err = c.VoteRules(ctx); err != nil {
		return b, err
	}
	if b.Now, err = c.BlockTime(ctx); err != nil {
		return b, err
	}
	b.WaitsFor = ProposalWaitsFor(b)
	if account == "" {
		return b, nil
	}
	power, err := c.Power(ctx, account, proposal)
	b.Account, b.Own = account, &power
	return b, err
}

// ReadFullBallot is [ReadBallot] with the values that the actions of an open proposal would
// replace.
func ReadFullBallot(ctx context.Context, c *client.Client, proposal uint64, account string) (Ballot, error) {
	b, err := ReadBallot(ctx, c, proposal, account)
	if err == nil && !b.Status.Final() {
		b.Actions, err = c.Compare(ctx, b.Actions)
	}
	return b, err
}

// Page shows a proposal: what it does, its votes, its clock, and the account's voting power.
func (b Ballot) Page() Page {
	var p Part
	p.Row("proposal", fmt.Sprintf("%d %s", b.ID, b.Title))
	p.Row("status", Cell{withReason(string(b.Status), b.Reason), statusTone(b.Status)})
	for i, what := range b.WaitsFor {
		p.Row(firstRow(i, "waits for"), what)
	}
	p.Row("proposer", b.Proposer())
	p.summaryRows(b.Summary)
	deposit := spec.Money(b.Deposit)
	if b.Status == spec.ProposalDeposit {
		deposit += " of " + spec.Money(b.Rules.MinDeposit)
	}
	p.Row("deposit", deposit)
	p.actionRows(b.Actions, nil)
	if len(b.Actions) == 0 || b.Actions[0].Text == "" {
		p.dryRunRows(b.Poll.DryRun, b.Poll.Dangerous, b.Poll.Digest)
	}
	if e := b.Entry; e != nil {
		p.Row("timelock", TimelockText(*e))
		if e.Refusal != "" {
			p.Row("", Cell{"would fail now: " + e.Refusal, Bad})
		}
	}
	if b.Own != nil && (b.Status == spec.ProposalDeposit || b.Status == spec.ProposalVoting) { // once votes are counted, the chain forgets who has voted
		p.Row("account", b.Account)
		p.Row("", b.ownVote())
	}
	p.Bars = b.Bars()
	page := of(p)
	page.Hints = b.hints()
	return page
}

// ProposalWaitsFor says what an open proposal waits for, in texts such as "quorum: 12.5% of
// 33.4% have voted; the vote ends in 2m". A proposal that has ended waits for nothing.
func ProposalWaitsFor(b Ballot) []string {
	left := WholeSeconds(b.left())
	switch b.Status {
	case spec.ProposalDeposit:
		return []string{fmt.Sprintf("deposit: %s of %s; the rest is due in %s", Thing(b.Deposit), spec.Money(b.Rules.MinDeposit), left)}
	case spec.ProposalVoting:
		passing, why := b.Poll.Passing(b.Rules)
		voted := spec.Share(b.Poll.Tally.Cast(), b.Poll.Total)
		switch {
		case passing:
			return []string{fmt.Sprintf("end of the vote: it is in %s, and the proposal would pass", left)}
		case voted < b.Rules.Quorum:
			return []string{fmt.Sprintf("quorum: %s of %s have voted; the vote ends in %s", voted.Percent(), b.Rules.Quorum.Percent(), left)}
		}
		return []string{fmt.Sprintf("votes: %s; the vote ends in %s", why, left)}
	case spec.ProposalQueued:
		switch {
		case b.Executable() && b.Entry.Refusal != "":
			return []string{fmt.Sprintf("execution: anybody may execute it within %s of network time, but it would fail now: %s", left, b.Entry.Refusal)}
		case b.Executable():
			return []string{fmt.Sprintf("execution: anybody may execute it within %s of network time", left)}
		case b.Entry.Now < b.Entry.ETA:
			return []string{fmt.Sprintf("timelock: it may be executed in %s of network time", left)}
		}
		return []string{"next block: the proposal expires with it"}
	default: // the proposal has ended
		return nil
	}
}

// hints are commands that take an open proposal further.
func (b Ballot) hints() [][]string {
	number := fmt.Sprint(b.ID)
	switch {
	case b.Status == spec.ProposalDeposit && b.Deposit < b.Rules.MinDeposit:
		return [][]string{{"proposal", "deposit", number, Thing(b.Rules.MinDeposit - b.Deposit)}}
	case b.Executable() && b.Entry.Refusal == "":
		return [][]string{{"proposal", "execute", number}}
	}
	return nil
}

// TallyPage shows only the votes and the clock of a proposal.
func (b Ballot) TallyPage() Page { return of(Part{Bars: b.Bars()}) }

// ownVote says with how much the account has voted or can vote.
func (b Ballot) ownVote() string {
	switch {
	case b.Own.Voted:
		return "has voted with " + spec.Money(b.Own.Power)
	case b.Own.Power == 0:
		return fmt.Sprintf("cannot vote: of %s bonded and %s staked, none was there when the vote began", spec.Money(b.Own.Bonded), spec.Money(b.Own.Staked))
	}
	return fmt.Sprintf("has %s to vote with, and has not voted", spec.Money(b.Own.Power))
}

// TimelockText is what the timelock says of a passed proposal.
func TimelockText(e spec.Entry) string {
	switch {
	case e.State != spec.EntryQueued:
		line := fmt.Sprintf("%s at height %d", e.State, e.Closed)
		if e.By != "" {
			line += " by " + e.By
		}
		return line
	case e.Executable():
		return fmt.Sprintf("may be executed, for %s more of network time", WholeSeconds(e.Expires-e.Now))
	case e.Now < e.ETA:
		return fmt.Sprintf("may be executed in %s of network time", WholeSeconds(e.ETA-e.Now))
	}
	return "expires with the next block"
}

// withReason is a status with its reason, if it has one.
func withReason(status, reason string) string {
	if reason == "" {
		return status
	}
	return status + ": " + reason
}

// statusTone says whether a proposal went well.
func statusTone(s spec.ProposalStatus) Tone {
	switch s {
	case spec.ProposalExecuted:
		return Good
	case spec.ProposalDeposit, spec.ProposalVoting, spec.ProposalQueued:
		return Neutral
	default:
		return Bad
	}
}

// summaryRows are the lines of a summary.
func (p *Part) summaryRows(summary string) {
	for i, line := range strings.Split(strings.TrimSpace(summary), "\n") {
		p.Row(firstRow(i, "summary"), line)
	}
}

// dryRunRows are the outcome of the actions on a copy of the state, and the threshold that
// they need.
func (p *Part) dryRunRows(run spec.DryRun, dangerous bool, digest spec.Digest) {
	if dangerous {
		p.Row("needs", "Yes above the high threshold: an action is dangerous")
	}
	outcome := Cell{fmt.Sprintf("would succeed at height %d, with %d gas", run.Height, run.Gas), Good}
	if run.Error != "" {
		outcome = Cell{fmt.Sprintf("would fail at height %d: %s", run.Height, run.Error), Bad}
	}
	p.Row("dry run", outcome)
	p.Row("digest", digest)
}

// Draft is a proposal as it is going to be signed.
type Draft struct {
	Event     string      `json:"event"`
	Proposer  string      `json:"proposer"`
	Dangerous bool        `json:"dangerous"`
	Digest    spec.Digest `json:"digest"`
	DryRun    spec.DryRun `json:"dry_run"`
	spec.Draft

	owners map[uint64]string // of the nodes that the actions are about
}

// ReadOwners reads who owns the nodes that the actions of a draft are about.
func (d *Draft) ReadOwners(ctx context.Context, c *client.Client) error {
	d.owners = map[uint64]string{}
	for _, a := range d.Actions {
		node := nodeOf(a)
		if node == 0 {
			continue
		}
		n, err := c.Node(ctx, node)
		if err != nil {
			return fmt.Errorf("node %d: %w", node, err)
		}
		d.owners[node] = fmt.Sprintf("%s, %s, of %s", n.Profile.Name, n.State, n.Owner)
	}
	return nil
}

// Page shows the draft, with every value in full.
func (d Draft) Page() Page {
	var p Part
	p.Row("proposal", d.Title)
	p.summaryRows(d.Summary)
	p.Row("proposer", d.Proposer)
	p.Row("deposit", spec.Money(uint64(d.Deposit)))
	p.actionRows(d.Actions, d.owners)
	if d.Actions[0].Text == "" {
		p.dryRunRows(d.DryRun, d.Dangerous, d.Digest)
	}
	return of(p)
}

// Proposals is a list of proposals.
type Proposals []spec.Proposal

// Page lists the proposals.
func (list Proposals) Page() Page {
	return of(Table([]string{"PROPOSAL", "STATUS", "ACTIONS", "YES", "VOTED", "TITLE"}, list, func(p spec.Proposal) []any {
		t := p.Poll.Tally
		return []any{
			p.ID,
			Cell{string(p.Status), statusTone(p.Status)},
			Dash(len(p.Actions) == 0, actionKinds(p.Actions)),
			Dash(t.Decided() == 0, spec.Share(t.Yes, t.Decided()).Percent()),
			Dash(p.Poll.Total == 0, spec.Share(t.Cast(), p.Poll.Total).Percent()), p.Title,
		}
	}))
}
