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
)

func (s *session) proposalShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show N",
		Short:   "Show what a proposal does, its votes and its clock; with --home what one's own account weighs",
		Example: "  althing proposal show 1\n  althing proposal show 1 --home net/trainer-1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			v, err := s.ballot(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if s.json {
				return s.line(v)
			}
			return s.showProposal(v)
		},
	}
}

func (s *session) proposalList() *cobra.Command {
	var p pages
	c := &cobra.Command{
		Use:     "list",
		Short:   "List proposals",
		Example: "  althing proposal list\n  althing proposal list --all --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.dial(cmd.Context())
			if err != nil {
				return err
			}
			proposals, more, err := read(p, func(at client.Page) ([]spec.Proposal, client.Page, error) { return c.Proposals(cmd.Context(), at) })
			if err != nil {
				return err
			}
			s.more(more, "proposal list", fmt.Sprintf("--limit %d", p.limit))
			return show(s, proposals, []any{"PROPOSAL", "STATUS", "ACTIONS", "YES", "VOTED", "TITLE"}, func(p spec.Proposal) []any {
				return []any{
					p.ID, p.Status, unless(len(p.Actions) == 0, kinds(p.Actions)),
					unless(p.Poll.Tally.Decided() == 0, spec.Share(p.Poll.Tally.Yes, p.Poll.Tally.Decided()).Percent()),
					unless(p.Poll.Total == 0, spec.Share(p.Poll.Tally.Cast(), p.Poll.Total).Percent()), clean(p.Title),
				}
			})
		},
	}
	p.flags(c)
	return c
}

func (s *session) proposalTally() *cobra.Command {
	return &cobra.Command{
		Use:     "tally N",
		Short:   "Count the votes on a proposal",
		Example: "  althing proposal tally 1\n  althing proposal tally 1 --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			v, err := s.ballot(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if s.json {
				return s.line(v.counted("tally"))
			}
			for _, line := range v.bars() {
				fmt.Fprintln(s.out, line)
			}
			return nil
		},
	}
}

// ballot is a proposal and what a voter wants to know beside it.
type ballot struct {
	spec.Proposal
	Rules   spec.VoteRules `json:"rules"`
	Now     int64          `json:"now_unix_ms"` // time of the newest block
	Account string         `json:"account,omitempty"`
	Own     *spec.Power    `json:"own,omitempty"` // of Account
}

// ballot reads a proposal, and of the account in the home folder, if there is one, what it
// weighs.
func (s *session) ballot(ctx context.Context, word string) (ballot, error) {
	number, err := id("proposal", word)
	if err != nil {
		return ballot{}, err
	}
	c, err := s.dial(ctx)
	if err != nil {
		return ballot{}, err
	}
	voter, err := s.voter()
	if err != nil {
		return ballot{}, err
	}
	v, err := look(ctx, c, number, voter)
	if errors.Is(err, client.ErrNoProposal) {
		return v, s.explain(err)
	}
	if err == nil && !v.Status.Final() { // what was before it was carried out is past
		v.Actions, err = c.Compare(ctx, v.Actions)
	}
	return v, err
}

// look reads a proposal as it is now.
func look(ctx context.Context, c *client.Client, number uint64, voter string) (v ballot, err error) {
	if v.Proposal, err = c.Proposal(ctx, number); err != nil {
		return v, err
	}
	if v.Rules, err = c.VoteRules(ctx); err != nil {
		return v, err
	}
	if v.Now, err = c.BlockTime(ctx); err != nil || voter == "" {
		return v, err
	}
	own, err := c.Power(ctx, voter, number)
	v.Account, v.Own = voter, &own
	return v, err
}

// voter is the address of the account in the home folder, empty where there is none.
func (s *session) voter() (string, error) {
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

func (s *session) showProposal(v ballot) error {
	t := s.table()
	t.row("proposal", fmt.Sprintf("%d %s", v.ID, clean(v.Title)))
	state := string(v.Status)
	if v.Reason != "" {
		state += ": " + clean(v.Reason)
	}
	t.row("status", state)
	t.row("proposer", v.Proposer())
	paragraph(t, v.Summary)
	deposit := money(v.Deposit)
	if v.Status == spec.ProposalDeposit {
		deposit += " of " + money(v.Rules.MinDeposit)
	}
	t.row("deposit", deposit)
	actions(t, v.Actions, nil)
	verdicts(t, v.Poll.DryRun, v.Poll.Dangerous, v.Poll.Digest, len(v.Actions) > 0 && v.Actions[0].Text != "")
	if e := v.Entry; e != nil {
		t.row("timelock", waits(*e))
		if e.Refusal != "" {
			t.row("", "would fail now: "+clean(e.Refusal))
		}
	}
	if v.Own != nil {
		t.row("account", v.Account)
		t.row("", ownVote(v))
	}
	if err := t.flush(); err != nil {
		return err
	}
	for _, line := range v.bars() {
		if _, err := fmt.Fprintln(s.out, line); err != nil {
			return err
		}
	}
	return nil
}

// ownVote is what the account of the home folder weighs.
func ownVote(v ballot) string {
	switch {
	case v.Own.Voted:
		return "has voted with " + money(v.Own.Power)
	case v.Own.Power == 0:
		return fmt.Sprintf("weighs nothing in it: of %s bonded and %s staked none was there when it counted", money(v.Own.Bonded), money(v.Own.Staked))
	}
	return fmt.Sprintf("weighs %s and has not voted", money(v.Own.Power))
}

// waits is what the timelock says of a passed proposal.
func waits(e spec.Entry) string {
	switch {
	case e.State != spec.EntryQueued:
		line := fmt.Sprintf("%s at height %d", e.State, e.Closed)
		if e.By != "" {
			line += " by " + e.By
		}
		return line
	case e.Ripe():
		return fmt.Sprintf("may be executed, for %s more of network time", inSeconds(e.Expires-e.Now))
	case e.Now < e.ETA:
		return fmt.Sprintf("may be executed in %s of network time", inSeconds(e.ETA-e.Now))
	}
	return "expires with the next block"
}

// showDraft shows a proposal before it is signed.
func (s *session) showDraft(ctx context.Context, c *client.Client, p proposed) error {
	if s.json {
		return s.line(p)
	}
	owners := map[uint64]string{}
	for _, a := range p.Actions {
		for _, number := range nodesOf(a) {
			n, err := c.Node(ctx, number)
			if err != nil {
				return s.explain(fmt.Errorf("node %d: %w", number, err))
			}
			owners[number] = fmt.Sprintf("%s, %s, of %s", n.Profile.Name, n.State, n.Owner)
		}
	}
	t := s.table()
	t.row("proposal", clean(p.Title))
	paragraph(t, p.Summary)
	t.row("proposer", p.Proposer)
	t.row("deposit", money(uint64(p.Deposit)))
	actions(t, p.Actions, owners)
	verdicts(t, p.DryRun, p.Dangerous, p.Digest, p.Actions[0].Text != "")
	return t.flush()
}

// verdicts are what became of the actions in a copy of the state, and what they need.
func verdicts(t table, ran spec.DryRun, dangerous bool, digest spec.Digest, text bool) {
	if text {
		return // there is nothing to run
	}
	if dangerous {
		t.row("needs", "the high threshold: it is dangerous")
	}
	outcome := fmt.Sprintf("would succeed at height %d, with %d gas", ran.Height, ran.Gas)
	if ran.Error != "" {
		outcome = fmt.Sprintf("would fail at height %d: %s", ran.Height, clean(ran.Error))
	}
	t.row("dry run", outcome)
	t.row("digest", digest)
}

// paragraph is the summary, a row for each of its lines.
func paragraph(t table, summary string) {
	for i, line := range strings.Split(strings.TrimSpace(summary), "\n") {
		t.row(first(i, "summary"), clean(line))
	}
}

// clean is a text of others without what could move the cursor of a terminal.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || 0x7f <= r && r < 0xa0 || r == '\u202e' || 0x2066 <= r && r <= 0x2069 {
			return '?'
		}
		return r
	}, text)
}
