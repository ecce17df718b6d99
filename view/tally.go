package view

import (
	"fmt"

	"github.com/althing-network/althing/spec"
)

// Tally is the state of a vote.
type Tally struct {
	Event    string              `json:"event"`
	Proposal uint64              `json:"proposal"`
	Status   spec.ProposalStatus `json:"status"`
	Reason   string              `json:"reason,omitempty"`
	Tally    spec.Tally          `json:"tally"`
	Total    uint64              `json:"total_uthing"`
	Voted    spec.PPM            `json:"voted"` // share of Total
	Quorum   spec.PPM            `json:"quorum"`
	Yes      spec.PPM            `json:"yes"` // share of yes, no and veto together
	Needs    spec.PPM            `json:"needs"`
	Passing  bool                `json:"passing"`
	Why      string              `json:"why,omitempty"` // it would not pass now
	Left     int64               `json:"left_ms,omitempty"`
	WaitsFor []string            `json:"waits_for,omitempty"` // see [ProposalWaitsFor]
}

// Tally is the vote as it stands. The event names what is reported: "tally", or what has
// changed.
func (b Ballot) Tally(event string) Tally {
	passing, why := b.Poll.Passing(b.Rules)
	return Tally{
		Event: event, Proposal: b.ID, Status: b.Status, Reason: b.Reason, Tally: b.Poll.Tally, Total: b.Poll.Total,
		Voted: spec.Share(b.Poll.Tally.Cast(), b.Poll.Total), Quorum: b.Rules.Quorum,
		Yes: spec.Share(b.Poll.Tally.Yes, b.Poll.Tally.Decided()), Needs: b.Poll.YesThreshold(b.Rules),
		Passing: passing, Why: why, Left: b.left(), WaitsFor: ProposalWaitsFor(b),
	}
}

// Executable reports whether a passed proposal may be executed now.
func (b Ballot) Executable() bool { return b.Status == spec.ProposalQueued && b.Entry.Executable() }

// left is the rest of the running period in milliseconds; 0 where none runs.
func (b Ballot) left() int64 {
	_, end, now := b.period()
	return max(0, end-now)
}

// period is the start and the end of the running period, and the time now: in block time, or
// in network time where the proposal waits in the timelock. All are 0 where none runs.
func (b Ballot) period() (start, end, now int64) {
	switch b.Status {
	case spec.ProposalDeposit:
		return b.DepositEnds, b.DepositEnds, b.Now // x/gov does not record when it began
	case spec.ProposalVoting:
		return b.Starts, b.Ends, b.Now
	case spec.ProposalQueued:
		if e := b.Entry; e.Now < e.ETA {
			return int64(min(e.Now, e.ETA)), int64(e.ETA), int64(e.Now)
		}
		return int64(b.Entry.ETA), int64(b.Entry.Expires), int64(b.Entry.Now)
	default: // the proposal is closed
		return 0, 0, 0
	}
}

// Bars draw the votes, the quorum, the clock and the outcome as it stands.
func (b Ballot) Bars() (bars []Bar) {
	t := b.Poll.Tally
	if b.Poll.Start > 0 {
		for _, option := range []struct {
			name  string
			power uint64
		}{{"yes", t.Yes}, {"no", t.No}, {"abstain", t.Abstain}, {"veto", t.Veto}} {
			share := spec.Share(option.power, t.Cast())
			bars = append(bars, Bar{Label: option.name, Done: uint64(share), All: uint64(spec.One), Text: fmt.Sprintf("%-8s %s", share.Percent(), spec.Money(option.power))})
		}
		bars = append(bars, b.quorumBar())
	}
	if clock, runs := b.clockBar(); runs {
		bars = append(bars, clock)
	}
	if b.Status == spec.ProposalVoting {
		outcome := Bar{Label: "as is", Text: "would pass", Tone: Good}
		if passing, why := b.Poll.Passing(b.Rules); !passing {
			outcome.Text, outcome.Tone = "would not pass: "+why, Bad
		}
		bars = append(bars, outcome)
	}
	return bars
}

// ShortBars draw the vote in at most three bars: yes, the quorum and the clock.
func (b Ballot) ShortBars() []Bar {
	yes := spec.Share(b.Poll.Tally.Yes, b.Poll.Tally.Decided())
	bars := []Bar{
		{Label: fmt.Sprintf("vote %3d", b.ID), Done: uint64(yes), All: uint64(spec.One), Text: fmt.Sprintf("%s Yes, %s", yes.Percent(), b.Title)},
		b.quorumBar(),
	}
	if clock, runs := b.clockBar(); runs {
		bars = append(bars, clock)
	}
	return bars
}

// quorumBar is how much of all voting power has voted, of what the quorum wants.
func (b Ballot) quorumBar() Bar {
	voted := spec.Share(b.Poll.Tally.Cast(), b.Poll.Total)
	bar := Bar{
		Label: "quorum", Done: uint64(voted), All: max(1, uint64(b.Rules.Quorum)),
		Text: fmt.Sprintf("%-8s of %s at least, %s", voted.Percent(), b.Rules.Quorum.Percent(), Counted(b.Poll.Tally.Voters, "voter")),
	}
	if voted >= b.Rules.Quorum {
		bar.Tone = Good
	}
	return bar
}

// clockBar is how much of the running period has passed, if one runs.
func (b Ballot) clockBar() (bar Bar, runs bool) {
	start, end, now := b.period()
	if end == 0 {
		return bar, false
	}
	what := map[spec.ProposalStatus]string{
		spec.ProposalDeposit: "until its deposit must be complete", spec.ProposalVoting: "left to vote",
		spec.ProposalQueued: "until it may be executed",
	}[b.Status]
	if b.Executable() {
		what = "left to execute it"
	}
	bar = Bar{Label: "clock", Text: fmt.Sprintf("%s %s", WholeSeconds(max(0, end-now)), what)}
	if start != end && start != now {
		bar.Done, bar.All = uint64(now-start), uint64(end-start)
	}
	return bar, true
}

// The events of a followed proposal, in [Tally.Event].
const (
	EventStatus = "status" // the proposal has another status
	EventVotes  = "votes"  // more accounts have voted
	EventRipe   = "ripe"   // a passed proposal may be executed
	EventEnding = "ending" // the vote ends soon, and the account has not voted
)

// endingSoon is how long before the end of a vote [EventEnding] is due, in milliseconds.
const endingSoon = 24 * int64(spec.Hour)

// News lists what has happened to a proposal between two queries. known says that there was
// an earlier query, and reminded that [EventEnding] was reported before.
func News(before, now Ballot, known, reminded bool) (news []Tally) {
	if !known || before.Status != now.Status {
		news = append(news, now.Tally(EventStatus))
	}
	if known && before.Poll.Tally.Voters != now.Poll.Tally.Voters {
		news = append(news, now.Tally(EventVotes))
	}
	if now.Executable() && (!known || !before.Executable()) {
		news = append(news, now.Tally(EventRipe))
	}
	mayVote := now.Own != nil && !now.Own.Voted && now.Own.Power > 0
	if now.Status == spec.ProposalVoting && now.left() <= endingSoon && mayVote && !reminded {
		news = append(news, now.Tally(EventEnding))
	}
	return news
}
