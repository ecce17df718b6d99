package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/spec"
)

// motion is a proposal of a governed demonstration, from its idea to what it leads to.
type motion struct {
	title, summary string
	action         spec.Action
	proposer       string // a validator's home
	unvoted        bool   // nobody but its proposer takes part

	proposal spec.Proposal // as the chain has it; ID 0: it is not submitted
	cast     bool          // its votes are
	told     bool          // that its effect shows
}

// motionEvent is a proposal whose effect shows.
type motionEvent struct {
	Event    string              `json:"event"`
	ID       uint64              `json:"id"`
	Action   string              `json:"action"`
	Status   spec.ProposalStatus `json:"status"`
	Reason   string              `json:"reason,omitempty"`
	Power    uint64              `json:"voted_uthing"` // that has voted
	Total    uint64              `json:"total_uthing"` // that could have
	Title    string              `json:"title"`
	Height   int64               `json:"height"`
	Round    uint64              `json:"round"` // in which its effect was seen
	Expected bool                `json:"expected"`
}

// votes are what the holders of a governed demonstration decide while its task runs: the
// validators propose and vote, the consumer has executed what has passed.
type votes struct {
	*demonstration
	motions []*motion
}

// moves are the motions of a demonstration: one for each thing that votes decide, and one
// that nobody votes for.
func (d *demonstration) moves(task spec.Task, applicant, leaver uint64) []*motion {
	rate := task.Spec.Training.Rate / 2
	list := []*motion{
		{
			title: "A smaller learning rate", summary: "The model has come close: smaller steps from the next round on.",
			action: spec.Action{UpdateModel: &spec.UpdateModel{
				Task: task.ID, Base: spec.LatestModel, Settings: spec.Settings{{Name: "training.rate", Value: rate.String()}},
			}},
		},
		{
			title: "A newcomer", summary: "It has rows that nobody else has, and no coins.",
			action: spec.Action{AddParticipant: &spec.AddParticipant{Node: applicant, Grant: spec.Amount(stake)}},
		},
		{
			title: "A farewell", summary: "It trains no more; its stake goes back to its owner.",
			action: spec.Action{RemoveParticipant: &spec.RemoveParticipant{Node: leaver, Reason: "its rows are out of date"}},
		},
		{
			title: "Coins for somebody", summary: "Nobody takes part in this vote.", unvoted: true,
			action: spec.Action{Mint: &spec.Mint{To: d.account, Amount: spec.Amount(1_000_000 * spec.Thing)}},
		},
	}
	for i, m := range list {
		m.proposer = d.local.Validator(i % d.local.Validators)
	}
	return list
}

// begin finds the nodes that the votes are about, once the task runs.
func (d *demonstration) begin(ctx context.Context, task spec.Task) (*votes, error) {
	nodes, _, err := d.chain.Nodes(ctx, 0, false, client.Page{Limit: 1000})
	if err != nil {
		return nil, err
	}
	byName := map[string]uint64{}
	for _, n := range nodes {
		byName[n.Profile.Name] = n.ID
		d.names[n.ID] = n.Profile.Name
	}
	applicant, leaver := byName[guest], byName[fmt.Sprintf("trainer-%d", d.network.trainers)]
	if applicant == 0 {
		return nil, nil // it has not registered yet
	}
	return &votes{d, d.moves(task, applicant, leaver)}, nil
}

// step does what is to be done at a height, and reports whether all effects show. Newest is
// the newest round that has settled.
func (v *votes) step(ctx context.Context, task spec.Task, newest spec.Round) (over bool, err error) {
	over = true
	for _, m := range v.motions {
		if m.told {
			continue
		}
		over = false
		if err := v.advance(ctx, m); err != nil {
			return false, fmt.Errorf("%s: %w", m.title, err)
		}
		if !m.cast || !m.proposal.Status.Final() {
			continue
		}
		if m.told = m.shows(task, newest); m.told {
			v.face.motion(m.event(newest))
		}
	}
	open, err := v.open(ctx)
	v.face.voting(open)
	return over, err
}

// open are the proposals that have not ended.
func (v *votes) open(ctx context.Context) (open []ballot, err error) {
	rules, err := v.chain.VoteRules(ctx)
	if err != nil {
		return nil, err
	}
	now, err := v.chain.BlockTime(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range v.motions {
		if m.cast && !m.proposal.Status.Final() {
			open = append(open, ballot{Proposal: m.proposal, Rules: rules, Now: now})
		}
	}
	return open, nil
}

// advance takes a proposal one step further, where somebody has to do something for that.
func (v *votes) advance(ctx context.Context, m *motion) (err error) {
	if m.proposal.ID == 0 {
		if v.occupied(m) {
			return nil
		}
		submit, err := v.chain.Compose(ctx, spec.Draft{Title: m.title, Summary: m.summary, Actions: []spec.Action{m.action}})
		if err != nil {
			return err
		}
		receipt, err := v.send(ctx, m.proposer, submit)
		if err != nil {
			return err
		}
		if m.proposal.ID, err = receipt.Proposed(); err != nil {
			return err
		}
		if err := v.cast(ctx, m); err != nil {
			return err
		}
		m.cast = true
	}
	if m.proposal, err = v.chain.Proposal(ctx, m.proposal.ID); err != nil {
		return err
	}
	if m.proposal.Status != spec.ProposalQueued || !m.proposal.Entry.Ripe() {
		return nil
	}
	_, err = v.send(ctx, customer, client.Execute{Proposal: m.proposal.ID, Ran: m.proposal.Poll.DryRun.Gas})
	if err != nil {
		return err
	}
	m.proposal, err = v.chain.Proposal(ctx, m.proposal.ID)
	return err
}

// cast has all validators vote at once: a vote of the demonstration is short, and a machine
// may be slow. One that comes too late is left out.
func (v *votes) cast(ctx context.Context, m *motion) error {
	if m.unvoted {
		return nil
	}
	sent := make(chan error)
	for i := range v.local.Validators {
		go func() {
			_, err := v.send(ctx, v.local.Validator(i), client.Vote{Proposal: m.proposal.ID, Option: spec.VoteYes})
			sent <- err
		}()
	}
	var failed error
	for range v.local.Validators {
		if err := <-sent; !errors.Is(err, client.ErrInactive) {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// occupied reports whether the proposer of a motion has another one open: nobody may have
// two.
func (v *votes) occupied(of *motion) bool {
	for _, m := range v.motions {
		if m == of {
			return false
		}
		if m.proposer == of.proposer && m.proposal.Poll.Ended == 0 {
			return true
		}
	}
	return false
}

func (v *votes) send(ctx context.Context, home string, m client.Message) (client.Receipt, error) {
	key, err := daemon.LoadKey(v.local.Home(home))
	if err != nil {
		return client.Receipt{}, err
	}
	account, err := v.chain.Account(ctx, key)
	if err != nil {
		return client.Receipt{}, err
	}
	return account.Send(ctx, m)
}

// shows reports whether what a decided motion leads to can be seen: a round with the new
// rate, a newcomer that has earned, a round without the one that left.
func (m *motion) shows(task spec.Task, newest spec.Round) bool {
	a := m.action
	switch {
	case m.proposal.Status != spec.ProposalExecuted:
		return true // there is nothing to wait for
	case a.UpdateModel != nil:
		return len(task.Revisions) > 0 && newest.Number >= task.Revisions[0].Round
	case a.AddParticipant != nil:
		i := newest.Trainer(a.AddParticipant.Node)
		return i >= 0 && newest.Trainers[i].Paid > 0
	case a.RemoveParticipant != nil:
		return newest.Opened > m.proposal.Entry.Closed && newest.Trainer(a.RemoveParticipant.Node) < 0
	}
	return true
}

// event is a motion for whoever watches.
func (m *motion) event(newest spec.Round) motionEvent {
	want := spec.ProposalExecuted
	if m.unvoted {
		want = spec.ProposalRejected
	}
	p := m.proposal
	e := motionEvent{
		Event: "proposal", ID: p.ID, Action: m.action.Kind(), Status: p.Status, Reason: p.Reason, Title: m.title,
		Power: p.Poll.Tally.Cast(), Total: p.Poll.Total, Height: p.Poll.Ended, Round: newest.Number, Expected: p.Status == want,
	}
	if p.Entry != nil {
		e.Height = p.Entry.Closed
	}
	return e
}

// granted is what votes have made for nodes, in uthing.
func (d *demonstration) granted() (uthing uint64) {
	if d.votes == nil {
		return 0
	}
	for _, m := range d.votes.motions {
		if m.action.AddParticipant != nil && m.proposal.Status == spec.ProposalExecuted {
			uthing += uint64(m.action.AddParticipant.Grant)
		}
	}
	return uthing
}

// outcome is how it ended, in words.
func (e motionEvent) outcome() string {
	if e.Reason != "" {
		return fmt.Sprintf("%s: %s", e.Status, e.Reason)
	}
	return string(e.Status)
}

// events are what came of all that were proposed, for the summary.
func (v *votes) events() (list []motionEvent) {
	for _, m := range v.motions {
		if m.proposal.ID > 0 {
			list = append(list, m.event(spec.Round{}))
		}
	}
	return list
}
