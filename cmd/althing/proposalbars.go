package main

import (
	"fmt"

	"github.com/althing-network/althing/spec"
)

// counting is how far a vote is.
type counting struct {
	Event    string              `json:"event"`
	Proposal uint64              `json:"proposal"`
	Status   spec.ProposalStatus `json:"status"`
	Reason   string              `json:"reason,omitempty"`
	Tally    spec.Tally          `json:"tally"`
	Total    uint64              `json:"total_uthing"`
	Voted    spec.PPM            `json:"voted"` // part of Total
	Quorum   spec.PPM            `json:"quorum"`
	Yes      spec.PPM            `json:"yes"` // part of Yes, No and veto
	Needs    spec.PPM            `json:"needs"`
	Passing  bool                `json:"passing"`
	Why      string              `json:"why,omitempty"` // it does not pass as it stands
	Left     int64               `json:"left_ms,omitempty"`
}

func (v ballot) counted(event string) counting {
	passing, why := v.Poll.Passing(v.Rules)
	return counting{
		Event: event, Proposal: v.ID, Status: v.Status, Reason: v.Reason, Tally: v.Poll.Tally, Total: v.Poll.Total,
		Voted: spec.Share(v.Poll.Tally.Cast(), v.Poll.Total), Quorum: v.Rules.Quorum,
		Yes: spec.Share(v.Poll.Tally.Yes, v.Poll.Tally.Decided()), Needs: v.Poll.Needs(v.Rules),
		Passing: passing, Why: why, Left: v.left(),
	}
}

// left is for how many milliseconds the running period goes on; 0 where none runs.
func (v ballot) left() int64 {
	_, to, now := v.period()
	return max(0, to-now)
}

// period is from when to when what runs now runs, and where it is: in block time, or in
// network time where the proposal waits in the timelock.
func (v ballot) period() (from, to, now int64) {
	switch v.Status {
	case spec.ProposalDeposit:
		return v.DepositEnds, v.DepositEnds, v.Now // x/gov does not say when it began
	case spec.ProposalVoting:
		return v.Starts, v.Ends, v.Now
	case spec.ProposalQueued:
		if e := v.Entry; e.Now < e.ETA {
			return int64(min(e.Now, e.ETA)), int64(e.ETA), int64(e.Now)
		}
		return int64(v.Entry.ETA), int64(v.Entry.Expires), int64(v.Entry.Now)
	default: // it has ended
		return 0, 0, 0
	}
}

// bars draw the votes and the clock, each in a line of at most 80 columns.
func (v ballot) bars() (lines []string) {
	t := v.Poll.Tally
	if v.Poll.Start > 0 {
		for _, b := range []struct {
			name  string
			power uint64
		}{{"yes", t.Yes}, {"no", t.No}, {"abstain", t.Abstain}, {"veto", t.Veto}} {
			share := spec.Share(b.power, t.Cast())
			lines = append(lines, fmt.Sprintf("%-8s  %s %-8s %s", b.name, bar(int(share), int(spec.One)), share.Percent(), money(b.power)))
		}
		lines = append(lines, v.quorum())
	}
	if line := v.clock(); line != "" {
		lines = append(lines, line)
	}
	if v.Status == spec.ProposalVoting {
		outcome := "would pass"
		if passing, why := v.Poll.Passing(v.Rules); !passing {
			outcome = "would not pass: " + why
		}
		lines = append(lines, fmt.Sprintf("%-8s  %s", "as is", outcome))
	}
	return lines
}

// brief draws a vote in three lines: Yes, the quorum and the clock.
func (v ballot) brief() []string {
	yes := spec.Share(v.Poll.Tally.Yes, v.Poll.Tally.Decided())
	return []string{fmt.Sprintf("vote %3d  %s %s Yes, %s", v.ID, bar(int(yes), int(spec.One)), yes.Percent(), clean(v.Title)), v.quorum(), v.clock()}
}

// quorum is how much of all power has voted.
func (v ballot) quorum() string {
	voted := spec.Share(v.Poll.Tally.Cast(), v.Poll.Total)
	return fmt.Sprintf("%-8s  %s %-8s of %s at least, %s", "quorum",
		bar(int(voted), max(1, int(v.Rules.Quorum))), voted.Percent(), v.Rules.Quorum.Percent(), counted(uint32(v.Poll.Tally.Voters), "voter"))
}

// clock is how far the running period is, empty where none runs.
func (v ballot) clock() string {
	from, to, now := v.period()
	if to == 0 {
		return ""
	}
	what := map[spec.ProposalStatus]string{
		spec.ProposalDeposit: "until its deposit must be complete", spec.ProposalVoting: "left to vote",
		spec.ProposalQueued: "until it may be executed",
	}[v.Status]
	if v.Entry != nil && v.Entry.Ripe() {
		what = "left to execute it"
	}
	line := fmt.Sprintf("%s %s", inSeconds(max(0, to-now)), what)
	if from == to || from == now {
		return fmt.Sprintf("%-8s  %s", "clock", line)
	}
	return fmt.Sprintf("%-8s  %s %s", "clock", bar(int(now-from), int(to-from)), line)
}

// inSeconds is a time in milliseconds for people, rounded down to seconds.
func inSeconds[T ~int64 | ~uint64](ms T) spec.Duration {
	return spec.Duration(ms) - spec.Duration(ms)%spec.Second
}
