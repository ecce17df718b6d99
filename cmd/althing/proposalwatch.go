package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

// soon is how long before the end of a vote somebody who has not voted is told.
const soon = 24 * int64(spec.Hour)

func (s *session) proposalWatch() *cobra.Command {
	return &cobra.Command{
		Use:   "watch [N]",
		Short: "Follow a proposal until it ends; without a number, all of them",
		Long: `Says a line for new votes, for each period that begins, when a passed proposal may
be executed, and, with --home, a day before the end of a vote in which the account of the
home folder has not voted.`,
		Example: "  althing proposal watch 1 --home net/trainer-1\n  althing proposal watch --json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			var only uint64
			if len(args) == 1 {
				var err error
				if only, err = id("proposal", args[0]); err != nil {
					return err
				}
			}
			c, err := s.dial(ctx)
			if err != nil {
				return err
			}
			voter, err := s.voter()
			if err != nil {
				return err
			}
			w := watching{s: s, c: c, voter: voter, seen: map[uint64]ballot{}, told: map[uint64]bool{}, screen: &live{out: s.out}}
			if only > 0 {
				return w.one(ctx, only)
			}
			return w.all(ctx)
		},
	}
}

// watching follows proposals.
type watching struct {
	s      *session
	c      *client.Client
	voter  string
	seen   map[uint64]ballot // those that have not ended, as they were
	told   map[uint64]bool   // that the vote ends soon
	screen *live             // where bars are drawn anew
}

// one follows a proposal until it ends.
func (w watching) one(ctx context.Context, number uint64) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for range w.c.Heights(ctx) {
		ended, err := w.turn(ctx, number)
		if errors.Is(err, client.ErrNoProposal) {
			return w.s.explain(err)
		}
		if refused(err) || ended {
			return err
		}
	}
	return ctx.Err()
}

// all follows every proposal that has not ended, and those that come, until ctx ends.
func (w watching) all(ctx context.Context) error {
	next := uint64(1)
	for range w.c.Heights(ctx) {
		for { // numbers follow each other
			_, err := w.turn(ctx, next)
			if refused(err) && !errors.Is(err, client.ErrNoProposal) {
				return err
			}
			if err != nil {
				break
			}
			next++
		}
		for _, number := range slices.Sorted(maps.Keys(w.seen)) {
			if _, err := w.turn(ctx, number); refused(err) {
				return err
			}
		}
	}
	return ctx.Err()
}

// refused reports whether the chain has answered, and to ask again is no use.
func refused(err error) bool {
	_, ok := errors.AsType[*client.Refusal](err)
	return ok
}

// turn looks at a proposal again and says what is new. It reports whether it has ended.
func (w watching) turn(ctx context.Context, number uint64) (ended bool, err error) {
	now, err := look(ctx, w.c, number, w.voter)
	if err != nil {
		return false, err
	}
	before, known := w.seen[number]
	for _, n := range newsOf(before, now, known, w.told[number]) {
		w.screen.draw()
		w.told[number] = w.told[number] || n.Event == "ending"
		if err := w.say(n, now); err != nil {
			return false, err
		}
	}
	if now.Status.Final() {
		w.screen.draw()
		delete(w.seen, number)
		return true, nil
	}
	w.seen[number] = now
	if !w.s.json && w.s.terminal() {
		w.screen.draw(now.bars()...)
	}
	return false, nil
}

// newsOf are what has happened between two looks at a proposal.
func newsOf(before, now ballot, known, told bool) (news []counting) {
	if !known || before.Status != now.Status {
		news = append(news, now.counted("status"))
	}
	if known && before.Poll.Tally.Voters != now.Poll.Tally.Voters {
		news = append(news, now.counted("votes"))
	}
	if ripe(now) && (!known || !ripe(before)) {
		news = append(news, now.counted("ripe"))
	}
	if late := now.Status == spec.ProposalVoting && now.left() <= soon; late && !told && now.Own != nil && !now.Own.Voted && now.Own.Power > 0 {
		news = append(news, now.counted("ending"))
	}
	return news
}

func ripe(v ballot) bool { return v.Status == spec.ProposalQueued && v.Entry.Ripe() }

// say prints what is new.
func (w watching) say(n counting, now ballot) error {
	if w.s.json {
		return w.s.line(n)
	}
	number := fmt.Sprint(n.Proposal)
	words := ""
	switch n.Event {
	case "status":
		words = string(n.Status)
		if n.Reason != "" {
			words += ": " + clean(n.Reason)
		}
		if n.Status == spec.ProposalQueued {
			words += ", " + waits(*now.Entry)
		}
	case "votes":
		words = fmt.Sprintf("%s, %s is Yes, %s has voted of %s", counted(uint32(n.Tally.Voters), "voter"), n.Yes.Percent(), n.Voted.Percent(), n.Quorum.Percent())
	case "ripe":
		words = "may be executed: " + w.s.command("proposal execute", number)
	case "ending":
		words = fmt.Sprintf("ends in %s, and %s has not voted: %s",
			inSeconds(n.Left), w.voter, w.s.command("proposal vote", number, "yes"))
	}
	_, err := fmt.Fprintf(w.s.out, "proposal %s  %s\n", number, words)
	return err
}
