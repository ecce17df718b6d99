package demo

import (
	"context"
	"errors"
	"fmt"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

// governance is what the holders of a governed demo decide while its task runs: the validators
// propose and vote, the consumer executes what has passed.
type governance struct {
	*follower
	plans []*plan
}

// plan is a proposal of a governed demo, from before it is submitted until its effect is seen.
type plan struct {
	title, summary string
	action         spec.Action
	proposer       string // home of a validator
	unvoted        bool   // nobody votes

	proposal spec.Proposal // as the chain has it; ID 0: not submitted
	voted    bool          // all have voted who will
	seen     bool          // its effect was seen
}

// plansFor are the proposals of a demo: one for each thing that votes decide, and one that
// nobody votes for.
func (f *follower) plansFor(task spec.Task, applicant, leaver uint64) []*plan {
	rate := task.Spec.Training.Rate / 2
	plans := []*plan{
		{
			title: "A smaller learning rate", summary: "The model is close to its best: smaller steps from the next round on.",
			action: spec.Action{UpdateModel: &spec.UpdateModel{
				Task: task.ID, Base: spec.LatestModel, Settings: spec.Settings{{Name: "training.rate", Value: rate.String()}},
			}},
		},
		{
			title: "A newcomer", summary: "It has rows that nobody else has, and no coins.",
			action: spec.Action{AddParticipant: &spec.AddParticipant{Node: applicant, Grant: spec.Amount(stake)}},
		},
		{
			title: "A farewell", summary: "It no longer trains; its stake goes back to its owner.",
			action: spec.Action{RemoveParticipant: &spec.RemoveParticipant{Node: leaver, Reason: "its rows are out of date"}},
		},
		{
			title: "Coins for somebody", summary: "Nobody takes part in this vote.", unvoted: true,
			action: spec.Action{Mint: &spec.Mint{To: f.account, Amount: spec.Amount(1_000_000 * spec.Thing)}},
		},
	}
	for i, p := range plans {
		p.proposer = f.local.Validator(i % f.local.Validators)
	}
	return plans
}

// startVotes finds the nodes that the proposals are about; nil where the guest has not
// registered yet.
func (f *follower) startVotes(ctx context.Context, task spec.Task) (*governance, error) {
	nodes, _, err := f.chain.Nodes(ctx, 0, false, client.Page{Limit: 1000})
	if err != nil {
		return nil, err
	}
	byName := map[string]uint64{}
	for _, n := range nodes {
		byName[n.Profile.Name] = n.ID
		f.names[n.ID] = n.Profile.Name
	}
	applicant, leaver := byName[Guest], byName[trainerName(f.record.Trainers-1)]
	if applicant == 0 {
		return nil, nil
	}
	return &governance{f, f.plansFor(task, applicant, leaver)}, nil
}

// step takes each proposal one step further, and reports whether all effects were seen. Newest
// is the newest round that has settled.
func (g *governance) step(ctx context.Context, task spec.Task, newest spec.Round) (done bool, err error) {
	done = true
	for _, p := range g.plans {
		if p.seen {
			continue
		}
		done = false
		if err := g.advance(ctx, p); err != nil {
			return false, fmt.Errorf("%s: %w", p.title, err)
		}
		if !p.voted || !p.proposal.Status.Final() {
			continue
		}
		if p.seen = p.effectSeen(task, newest); p.seen {
			if err := g.narrator.Proposal(p.event(newest)); err != nil {
				return false, err
			}
		}
	}
	open, err := g.open(ctx)
	g.narrator.Voting(open)
	return done, err
}

// open are the proposals that are not decided.
func (g *governance) open(ctx context.Context) (open []view.Ballot, err error) {
	rules, err := g.chain.VoteRules(ctx)
	if err != nil {
		return nil, err
	}
	now, err := g.chain.BlockTime(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range g.plans {
		if p.voted && !p.proposal.Status.Final() {
			open = append(open, view.Ballot{Proposal: p.proposal, Rules: rules, Now: now})
		}
	}
	return open, nil
}

// advance submits a proposal and has it voted on, or executes it, where that is due.
func (g *governance) advance(ctx context.Context, p *plan) (err error) {
	if p.proposal.ID == 0 {
		if g.proposerBusy(p) {
			return nil
		}
		submit, err := g.chain.Compose(ctx, spec.Draft{Title: p.title, Summary: p.summary, Actions: []spec.Action{p.action}})
		if err != nil {
			return err
		}
		receipt, err := g.send(ctx, p.proposer, submit)
		if err != nil {
			return err
		}
		if p.proposal.ID, err = receipt.Proposed(); err != nil {
			return err
		}
		if err := g.vote(ctx, p); err != nil {
			return err
		}
		p.voted = true
	}
	if p.proposal, err = g.chain.Proposal(ctx, p.proposal.ID); err != nil {
		return err
	}
	if p.proposal.Status != spec.ProposalQueued || !p.proposal.Entry.Executable() {
		return nil
	}
	_, err = g.send(ctx, Consumer, client.Execute{Proposal: p.proposal.ID, Ran: p.proposal.Poll.DryRun.Gas})
	if err != nil {
		return err
	}
	p.proposal, err = g.chain.Proposal(ctx, p.proposal.ID)
	return err
}

// vote has all validators vote at the same time, because the vote of a demo is short and a
// machine may be slow. A vote that comes too late is left out.
func (g *governance) vote(ctx context.Context, p *plan) error {
	if p.unvoted {
		return nil
	}
	sent := make(chan error)
	for i := range g.local.Validators {
		go func() {
			_, err := g.send(ctx, g.local.Validator(i), client.Vote{Proposal: p.proposal.ID, Option: spec.VoteYes})
			sent <- err
		}()
	}
	var failed error
	for range g.local.Validators {
		if err := <-sent; !errors.Is(err, client.ErrInactive) {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// proposerBusy reports whether the proposer of a plan has another open proposal: nobody may
// have two.
func (g *governance) proposerBusy(of *plan) bool {
	for _, p := range g.plans {
		if p == of {
			return false
		}
		if p.proposer == of.proposer && p.proposal.Poll.Ended == 0 {
			return true
		}
	}
	return false
}

// send sends a message signed with the key of a home.
func (g *governance) send(ctx context.Context, home string, m client.Message) (client.Receipt, error) {
	key, err := daemon.LoadKey(g.local.Home(home))
	if err != nil {
		return client.Receipt{}, err
	}
	account, err := g.chain.Account(ctx, key)
	if err != nil {
		return client.Receipt{}, err
	}
	return account.Send(ctx, m)
}

// effectSeen reports whether the effect of a decided proposal can be seen: a round with the new
// learning rate, a newcomer that has earned, a round without the node that was removed.
func (p *plan) effectSeen(task spec.Task, newest spec.Round) bool {
	a := p.action
	switch {
	case p.proposal.Status != spec.ProposalExecuted:
		return true // it has none
	case a.UpdateModel != nil:
		return len(task.Revisions) > 0 && newest.Number >= task.Revisions[0].Round
	case a.AddParticipant != nil:
		i := newest.Trainer(a.AddParticipant.Node)
		return i >= 0 && newest.Trainers[i].Paid > 0
	case a.RemoveParticipant != nil:
		return newest.Opened > p.proposal.Entry.Closed && newest.Trainer(a.RemoveParticipant.Node) < 0
	}
	return true
}

// event is the proposal for a narrator.
func (p *plan) event(newest spec.Round) ProposalEvent {
	expected := spec.ProposalExecuted
	if p.unvoted {
		expected = spec.ProposalRejected
	}
	e := ProposalEvent{
		Event: "proposal", ID: p.proposal.ID, Action: p.action.Kind(), Status: p.proposal.Status, Reason: p.proposal.Reason, Title: p.title,
		Power: p.proposal.Poll.Tally.Cast(), Total: p.proposal.Poll.Total, Height: p.proposal.Poll.Ended, Round: newest.Number,
		Expected: p.proposal.Status == expected,
	}
	if p.proposal.Entry != nil {
		e.Height = p.proposal.Entry.Closed
	}
	return e
}

// granted is what votes have minted for nodes, in uthing.
func (f *follower) granted() (uthing uint64) {
	if f.governance == nil {
		return 0
	}
	for _, p := range f.governance.plans {
		if p.action.AddParticipant != nil && p.proposal.Status == spec.ProposalExecuted {
			uthing += uint64(p.action.AddParticipant.Grant)
		}
	}
	return uthing
}

// events are all proposals that were submitted, for the summary.
func (g *governance) events() (list []ProposalEvent) {
	for _, p := range g.plans {
		if p.proposal.ID > 0 {
			list = append(list, p.event(spec.Round{}))
		}
	}
	return list
}

// outcome is how the proposal ended, in words.
func (e ProposalEvent) outcome() string {
	if e.Reason != "" {
		return fmt.Sprintf("%s: %s", e.Status, e.Reason)
	}
	return string(e.Status)
}
