package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/terminal"
	"github.com/althing-network/althing/view"
)

func (s *session) proposalWatch() *cobra.Command {
	return &cobra.Command{
		Use:   "watch [N]",
		Short: "Follow a proposal until it ends; without a number, all proposals",
		Long: `Prints a line when somebody votes, when a period begins, and when a passed proposal may
be executed. A terminal also shows below these lines what the proposal waits for, which is
"waits_for" in --json. With --home it also prints one a day before a vote ends in which the account
of the home folder has not voted.`,
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
			address, err := s.ownAddress()
			if err != nil {
				return err
			}
			w := proposalWatcher{s: s, c: c, account: address, open: map[uint64]view.Ballot{}, reminded: map[uint64]bool{}, screen: s.screen()}
			if only > 0 {
				return w.watchOne(ctx, only)
			}
			return w.watchAll(ctx)
		},
	}
}

// proposalWatcher follows proposals.
type proposalWatcher struct {
	s        *session
	c        *client.Client
	account  string                 // empty where the home folder has none
	open     map[uint64]view.Ballot // proposals that have not ended, as they were last
	reminded map[uint64]bool        // proposals of which it was said that the vote ends soon
	screen   *terminal.Screen       // on which bars are redrawn
}

// watchOne follows a proposal until it ends.
func (w proposalWatcher) watchOne(ctx context.Context, number uint64) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for range w.c.Heights(ctx) {
		ended, err := w.look(ctx, number)
		if errors.Is(err, client.ErrNoProposal) {
			return w.s.hintList(err)
		}
		if isRefusal(err) || ended {
			return err
		}
	}
	return ctx.Err()
}

// watchAll follows every proposal that has not ended, and new ones, until ctx ends.
func (w proposalWatcher) watchAll(ctx context.Context) error {
	next := uint64(1)
	for range w.c.Heights(ctx) {
		for { // the numbers of proposals follow each other
			_, err := w.look(ctx, next)
			if isRefusal(err) && !errors.Is(err, client.ErrNoProposal) {
				return err
			}
			if err != nil {
				break
			}
			next++
		}
		for _, number := range slices.Sorted(maps.Keys(w.open)) {
			if _, err := w.look(ctx, number); isRefusal(err) {
				return err
			}
		}
	}
	return ctx.Err()
}

// isRefusal reports whether the chain has answered with a refusal: to ask again is no use.
func isRefusal(err error) bool {
	_, ok := errors.AsType[*client.Refusal](err)
	return ok
}

// look reads a proposal again, prints what is new, and reports whether it has ended.
func (w proposalWatcher) look(ctx context.Context, number uint64) (ended bool, err error) {
	now, err := view.ReadBallot(ctx, w.c, number, w.account)
	if err != nil {
		return false, err
	}
	before, known := w.open[number]
	for _, news := range view.News(before, now, known, w.reminded[number]) {
		w.reminded[number] = w.reminded[number] || news.Event == view.EventEnding
		if err := w.show(news, now); err != nil {
			return false, err
		}
	}
	if now.Status.Final() {
		w.screen.Erase()
		delete(w.open, number)
		return true, nil
	}
	w.open[number] = now
	if !w.s.json {
		w.draw()
	}
	return false, nil
}

// draw redraws what the open proposals wait for, and the bars of one that is alone.
func (w proposalWatcher) draw() {
	const label = len("proposal 1")
	var lines []view.Cell
	for _, number := range slices.Sorted(maps.Keys(w.open)) {
		b := w.open[number]
		lines = append(lines, view.Cells(w.screen.Wrap(fmt.Sprintf("proposal %d  waits for %s", number, strings.Join(b.WaitsFor, "; ")))...)...)
		if len(w.open) > 1 {
			continue
		}
		for _, bar := range b.Bars() {
			lines = append(lines, w.screen.Bar(bar, label))
		}
	}
	w.screen.Redraw(lines...)
}

// show prints what is new.
func (w proposalWatcher) show(news view.Tally, now view.Ballot) error {
	if w.s.json {
		return w.s.line(news)
	}
	number, text := fmt.Sprint(news.Proposal), ""
	switch news.Event {
	case view.EventStatus:
		text = string(news.Status)
		if news.Reason != "" {
			text += ": " + news.Reason
		}
		if news.Status == spec.ProposalQueued {
			text += ", " + view.TimelockText(*now.Entry)
		}
	case view.EventVotes:
		text = fmt.Sprintf("%s, %s is Yes, %s has voted of %s", view.Counted(news.Tally.Voters, "voter"), news.Yes.Percent(), news.Voted.Percent(), news.Quorum.Percent())
	case view.EventRipe:
		text = "may be executed: " + w.s.command("proposal execute", number)
	case view.EventEnding:
		text = fmt.Sprintf("ends in %s, and %s has not voted: %s",
			view.WholeSeconds(news.Left), w.account, w.s.command("proposal vote", number, "yes"))
	}
	return w.screen.Print(fmt.Sprintf("proposal %s  %s", number, text))
}
