package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/terminal"
	"github.com/althing-network/althing/view"
)

const (
	ann  = "althing1lka74t2z438cfmplfgghqw5cqaw8jhv4drm684"
	hour = int64(spec.Hour)
)

// openProposal is a proposal on which accounts vote.
func openProposal() view.Ballot {
	digest := spec.DigestOf([]byte("messages"))
	base := spec.DigestOf([]byte("base")).String()
	b := view.Ballot{
		Rules: spec.VoteRules{Quorum: 250_000, Threshold: 500_000, HighThreshold: 667_000, Veto: 334_000, MinDeposit: 1000 * spec.Thing, Initial: 250_000},
		Now:   1_800_000_000_000 + 3*hour,
		Proposal: spec.Proposal{
			ID: 3, Status: spec.ProposalVoting, Title: "Train more\x1b[31m carefully", Summary: "The loss oscillates.\nSee round 7.\n",
			Deposit: 1000 * spec.Thing, Starts: 1_800_000_000_000, Ends: 1_800_000_000_000 + 12*hour,
			Actions: []spec.Action{
				{UpdateModel: &spec.UpdateModel{Task: 1, Base: base, Updates: 2, Settings: spec.Settings{{Name: "training.rate", Value: "0.05", Before: "0.1"}}}},
				{UpdateParams: &spec.UpdateParams{Module: "node", Settings: spec.Settings{
					{Name: "stakes.trainer.min", Value: "20", Before: "10"}, {Name: "jail_seconds", Value: "3600", Before: "600"}, {Name: "max_slash", Value: "0.1", Before: "0.1"},
				}}},
				{Mint: &spec.Mint{To: ann, Amount: 1_500_000}},
			},
			Poll: spec.Poll{
				Proposer: ann, Digest: digest, Dangerous: true, DryRun: spec.DryRun{Height: 12, Gas: 51_234},
				Start: 1_800_000_000_000, Total: 1000 * spec.Thing, Tally: spec.Tally{Yes: 150 * spec.Thing, No: 50 * spec.Thing, Voters: 2},
			},
		},
		Account: ann, Own: &spec.Power{Power: 30 * spec.Thing, Bonded: 10 * spec.Thing, Staked: 25 * spec.Thing},
	}
	b.WaitsFor = view.ProposalWaitsFor(b)
	return b
}

// TestProposalShown holds every line of a proposal to what a voter has to know.
func TestProposalShown(t *testing.T) {
	var out bytes.Buffer
	s := &session{out: &out}
	if err := s.show(openProposal()); err != nil {
		t.Fatal(err)
	}
	want := `proposal   3 Train more?[31m carefully
status     voting
waits for  quorum: 20% of 25% have voted; the vote ends in 9h
proposer   althing1lka74t2z438cfmplfgghqw5cqaw8jhv4drm684
summary    The loss oscillates.
           See round 7.
deposit    1000 THING
action 1   update_model of task 1
           base     ` + spec.DigestOf([]byte("base")).String() + `
           updates  2 so far
           training.rate 0.1 -> 0.05
action 2   update_params of node
           stakes.trainer.min 10 THING -> 20 THING
           jail_seconds 600 (10m) -> 3600 (1h)
           1 value unchanged
action 3   mint: 1.5 THING for althing1lka74t2z438cfmplfgghqw5cqaw8jhv4drm684
needs      Yes above the high threshold: an action is dangerous
dry run    would succeed at height 12, with 51234 gas
digest     ` + spec.DigestOf([]byte("messages")).String() + `
account    althing1lka74t2z438cfmplfgghqw5cqaw8jhv4drm684
           has 30 THING to vote with, and has not voted
yes        [======================        ] 75%      150 THING
no         [=======                       ] 25%      50 THING
abstain    [                              ] 0%       0 THING
veto       [                              ] 0%       0 THING
quorum     [========================      ] 20%      of 25% at least, 2 voters
clock      [=======                       ] 9h left to vote
as is      would not pass: quorum not reached: 20% voted, want 25%
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for line := range strings.Lines(out.String()) {
		if slices.ContainsFunc([]rune(line), func(r rune) bool { return r > '~' || r < ' ' && r != '\n' }) {
			t.Errorf("%q is not plain", line)
		}
		if strings.Contains(line, "[=") && len(line) > 81 {
			t.Errorf("%q is longer than 80 columns", line)
		}
	}
	out.Reset()
	s.json = true
	if err := s.line(openProposal()); err != nil {
		t.Fatal(err)
	}
	var read struct {
		ID     uint64 `json:"id"`
		Status string `json:"status"`
		Poll   struct {
			DryRun struct {
				Gas uint64 `json:"gas"`
			} `json:"dry_run"`
		} `json:"poll"`
		Own struct {
			Power uint64 `json:"power_uthing"`
		} `json:"own"`
	}
	if err := json.Unmarshal(out.Bytes(), &read); err != nil || read.ID != 3 || read.Status != "voting" || read.Poll.DryRun.Gas != 51_234 || read.Own.Power != 30_000_000 || strings.Count(out.String(), "\n") != 1 {
		t.Errorf("%s: %+v (%v)", out.String(), read, err)
	}
}

// TestProposalEnds: what the last lines say in each status.
func TestProposalEnds(t *testing.T) {
	for want, change := range map[string]func(*view.Ballot){
		"timelock   may be executed in 1h of network time": func(b *view.Ballot) {
			b.Status, b.Entry = spec.ProposalQueued, &spec.Entry{State: spec.EntryQueued, Now: 5, ETA: 5 + spec.Time(spec.Hour), Expires: 5 + spec.Time(2*spec.Hour)}
		},
		"until it may be executed": func(b *view.Ballot) {
			b.Status, b.Entry = spec.ProposalQueued, &spec.Entry{State: spec.EntryQueued, Now: 5, ETA: 5 + spec.Time(spec.Hour), Expires: 5 + spec.Time(2*spec.Hour)}
		},
		"would fail now: node 3 has left": func(b *view.Ballot) {
			b.Status, b.Entry = spec.ProposalQueued, &spec.Entry{State: spec.EntryQueued, Now: 5, ETA: 5, Expires: 9, Refusal: "node 3 has left"}
		},
		"left to execute it": func(b *view.Ballot) {
			b.Status, b.Entry = spec.ProposalQueued, &spec.Entry{State: spec.EntryQueued, Now: 5, ETA: 4, Expires: 9000}
		},
		"timelock  executed at height 9 by " + ann: func(b *view.Ballot) {
			b.Status, b.Entry = spec.ProposalExecuted, &spec.Entry{State: spec.EntryExecuted, Closed: 9, By: ann}
		},
		"status    rejected: quorum not reached": func(b *view.Ballot) { b.Status, b.Reason = spec.ProposalRejected, "quorum not reached" },
		"until its deposit must be complete": func(b *view.Ballot) {
			b.Status, b.Poll.Start, b.DepositEnds = spec.ProposalDeposit, 0, b.Now+hour
		},
		"cannot vote: of 10": func(b *view.Ballot) { b.Own.Power = 0 },
		"has voted with 30":  func(b *view.Ballot) { b.Own.Voted = true },
		"dry run    would fail at height 12: no such node": func(b *view.Ballot) { b.Poll.DryRun.Error = "no such node" },
		"as is      would pass\n":                          func(b *view.Ballot) { b.Poll.Tally.Abstain = 100 * spec.Thing },
	} {
		b := openProposal()
		change(&b)
		b.WaitsFor = view.ProposalWaitsFor(b)
		var out bytes.Buffer
		if err := (&session{out: &out, err: io.Discard}).show(b); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("want %q in (%v)\n%s", want, err, out.String())
		}
	}
}

// TestProposalNews: what is said of a proposal between two looks at it.
func TestProposalNews(t *testing.T) {
	same := func(*view.Ballot) {}
	queued := func(now spec.Time) func(*view.Ballot) {
		return func(b *view.Ballot) {
			b.Status, b.Entry = spec.ProposalQueued, &spec.Entry{State: spec.EntryQueued, Now: now, ETA: 7, Expires: 9}
		}
	}
	for name, c := range map[string]struct {
		before, now func(*view.Ballot)
		known, told bool
		want        []string
	}{
		"first look":         {same, func(b *view.Ballot) { b.Ends += 24 * hour }, false, false, []string{"status"}},
		"nothing new":        {same, same, true, true, nil},
		"the end is near":    {same, same, true, false, []string{"ending"}},
		"has voted":          {same, func(b *view.Ballot) { b.Own.Voted = true }, true, false, nil},
		"weighs nothing":     {same, func(b *view.Ballot) { b.Own.Power = 0 }, true, false, nil},
		"is nobody":          {same, func(b *view.Ballot) { b.Own = nil }, true, false, nil},
		"others voted":       {same, func(b *view.Ballot) { b.Poll.Tally.Voters++ }, true, true, []string{"votes"}},
		"it passed":          {same, queued(5), true, true, []string{"status"}},
		"its time has come":  {queued(5), queued(7), true, true, []string{"ripe"}},
		"and still is there": {queued(7), queued(8), true, true, nil},
	} {
		before, now := openProposal(), openProposal()
		c.before(&before)
		c.now(&now)
		var got []string
		for _, n := range view.News(before, now, c.known, c.told) {
			got = append(got, n.Event)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	var out bytes.Buffer
	w := proposalWatcher{s: &session{out: &out, home: "net/trainer-1"}, account: ann, screen: &terminal.Screen{Out: &out}}
	b := openProposal()
	for _, event := range []string{"status", "votes", "ripe", "ending"} {
		if err := w.show(b.Tally(event), b); err != nil {
			t.Fatal(err)
		}
	}
	want := `proposal 3  voting
proposal 3  2 voters, 75% is Yes, 20% has voted of 25%
proposal 3  may be executed: althing proposal execute 3 --home net/trainer-1
proposal 3  ends in 9h, and althing1lka74t2z438cfmplfgghqw5cqaw8jhv4drm684 has not voted: althing proposal vote 3 yes --home net/trainer-1
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestProposalDraft: what is signed is shown whole before, and a file that is wrong reaches
// no chain.
func TestProposalDraft(t *testing.T) {
	b := openProposal()
	var out bytes.Buffer
	err := (&session{out: &out}).show(view.Draft{
		Proposer: ann, Dangerous: true, Digest: b.Poll.Digest, DryRun: spec.DryRun{Height: 9, Error: "task 1 is closed"},
		Draft: spec.Draft{Title: "t", Summary: "s", Deposit: 250_500_000, Actions: b.Actions[:1]},
	})
	want := `proposal  t
summary   s
proposer  althing1lka74t2z438cfmplfgghqw5cqaw8jhv4drm684
deposit   250.5 THING
action 1  update_model of task 1
          base     ` + b.Actions[0].UpdateModel.Base + `
          updates  2 so far
          training.rate 0.1 -> 0.05
needs     Yes above the high threshold: an action is dangerous
dry run   would fail at height 9: task 1 is closed
digest    ` + b.Poll.Digest.String() + "\n"
	if diff := cmp.Diff(want, out.String()); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	file := filepath.Join(t.TempDir(), "proposal.yaml")
	text := "title: t\nsummary: s\nactions:\n  - update_model:\n      task: 1\n      base: latest\n      rat: 0.05\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, stderr := runCommand(t, 1, "proposal", "submit", file, "--rpc", "http://127.0.0.1:1")
	if want := file + ":7: actions.update_model.rat: unknown field: want one of task, base, model, settings, holder"; !strings.Contains(stderr, want) {
		t.Errorf("got %q, want %q", stderr, want)
	}
	for want, args := range map[string][]string{
		`proposal "0": want a whole number above 0`: {"show", "0"},
		`unknown vote "maybe"`:                      {"vote", "1", "maybe"},
		"AMOUNT: ":                                  {"deposit", "1", "much"},
		"there is no such file":                     {"submit", file + "?"},
		"no home folder":                            {"execute", "1"},
	} {
		if _, stderr := runCommand(t, 1, slices.Concat([]string{"proposal"}, args, []string{"--rpc", "http://127.0.0.1:1"})...); !strings.Contains(stderr, want) {
			t.Errorf("proposal %v says %q, want %q", args, stderr, want)
		}
	}
}
