package dao

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/daopb"
)

// Validate reports the first thing that is wrong with a genesis: polls ascend, no account
// has two that are open, votes are of polls that are there, and no
// record is there twice.
func Validate(g daopb.Genesis) error {
	if err := checkParams(g.Params); err != nil {
		return ErrGenesis.Wrap(err.Error())
	}
	if g.MinVotingSeconds > maxVoting {
		return ErrGenesis.Wrapf("the shortest vote takes %d seconds: want at most %d", g.MinVotingSeconds, maxVoting)
	}
	var before uint64
	polls, open := make(map[uint64]daopb.Poll), make(map[string]uint64)
	for _, p := range g.Polls {
		if err := checkPoll(p); err != nil {
			return ErrGenesis.Wrapf("poll %d: %s", p.Proposal, err)
		}
		if p.Proposal <= before {
			return ErrGenesis.Wrapf("poll %d behind poll %d: want ascending ones from 1", p.Proposal, before)
		}
		if other := open[p.Proposer]; p.Ended == 0 && other > 0 {
			return ErrGenesis.Wrapf("polls %d and %d of %s are both open", other, p.Proposal, p.Proposer)
		}
		if p.Ended == 0 {
			open[p.Proposer] = p.Proposal
		}
		before, polls[p.Proposal] = p.Proposal, p
	}
	if err := checkVotes(g.Votes, polls); err != nil {
		return err
	}
	return checkRecords(g.Records)
}

func checkRecords(records []daopb.Record) error {
	seen := make(map[string]bool)
	for _, r := range records {
		key := fmt.Sprintf("%d %x", r.Time, r.Key)
		switch {
		case len(r.Key) == 0 || r.Time <= 0:
			return ErrGenesis.Wrapf("record %x of time %d has no key or no time", r.Key, r.Time)
		case seen[key]:
			return ErrGenesis.Wrapf("there are two records %x of time %d", r.Key, r.Time)
		}
		seen[key] = true
	}
	return nil
}

func checkPoll(p daopb.Poll) error {
	switch {
	case p.Proposer == "":
		return errors.New("it has no proposer")
	case len(p.Digest) != sha256.Size:
		return fmt.Errorf("its digest has %d bytes: want %d", len(p.Digest), sha256.Size)
	case (p.Ended == 0) != (p.Outcome == daopb.OUTCOME_UNSPECIFIED):
		return fmt.Errorf("it ended at height %d with outcome %s", p.Ended, p.Outcome)
	case p.Start == 0 && (p.Mark != 0 || p.End != 0 || p.Total != 0 || p.Changed != 0 || p.Tally != daopb.Tally{}):
		return errors.New("it has votes, and voting has not started")
	case p.Start != 0 && (p.Mark < 0 || p.Mark > p.Start || p.Start >= p.End):
		return fmt.Errorf("voting lasts from %d to %d by what was there since %d", p.Start, p.End, p.Mark)
	}
	return nil
}

// checkVotes wants the votes of an open poll to add up to its sums. Of one that has ended
// some may have been removed.
func checkVotes(votes []daopb.Vote, polls map[uint64]daopb.Poll) error {
	type sums struct{ power, voters uint64 }
	found := make(map[uint64]sums)
	seen := make(map[string]bool)
	for _, v := range votes {
		key := fmt.Sprintf("%d %s", v.Proposal, v.Voter)
		p, ok := polls[v.Proposal]
		switch {
		case !ok || p.Start == 0:
			return ErrGenesis.Wrapf("a vote in poll %d, which is not there or has not started", v.Proposal)
		case v.Power == 0:
			return ErrGenesis.Wrapf("the vote of %s in poll %d weighs nothing", v.Voter, v.Proposal)
		case seen[key]:
			return ErrGenesis.Wrapf("%s votes twice in poll %d", v.Voter, v.Proposal)
		}
		seen[key] = true
		s := found[v.Proposal]
		found[v.Proposal] = sums{s.power + v.Power, s.voters + 1}
	}
	for _, id := range slices.Sorted(maps.Keys(polls)) {
		p, s := polls[id], found[id]
		if power := cast(p.Tally); p.Ended == 0 && (s.power != power || s.voters != p.Tally.Voters) {
			return ErrGenesis.Wrapf("poll %d: %d votes weigh %d, its sums are %d votes that weigh %d", id, s.voters, s.power, p.Tally.Voters, power)
		}
	}
	return nil
}

// initialise writes a genesis. x/gov must have its proposals already.
func (k Keeper) initialise(ctx context.Context, g daopb.Genesis) error {
	if err := Validate(g); err != nil {
		return err
	}
	if err := k.params.Set(ctx, g.Params); err != nil {
		return err
	}
	if err := k.minVoting.Set(ctx, g.MinVotingSeconds); err != nil {
		return err
	}
	for _, p := range g.Polls {
		if err := k.enter(ctx, p); err != nil {
			return err
		}
	}
	for _, v := range g.Votes {
		voter, err := k.addresses.StringToBytes(v.Voter)
		if err != nil {
			return ErrGenesis.Wrap(err.Error())
		}
		if err := k.votes.Set(ctx, collections.Join(v.Proposal, sdk.AccAddress(voter)), v.Power); err != nil {
			return err
		}
		p, err := k.poll(ctx, v.Proposal)
		if err != nil {
			return err
		}
		if p.Ended > 0 {
			if err := k.emptying.Set(ctx, v.Proposal); err != nil {
				return err
			}
		}
	}
	for _, r := range g.Records {
		if err := k.note(ctx, r.Key, r.Time, r.Before); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) enter(ctx context.Context, p daopb.Poll) error {
	if err := k.polls.Set(ctx, p.Proposal, p); err != nil || p.Ended > 0 {
		return err
	}
	proposer, err := k.addresses.StringToBytes(p.Proposer)
	if err != nil {
		return ErrGenesis.Wrap(err.Error())
	}
	lives, err := k.lives(ctx, p)
	if err != nil {
		return err
	}
	if !lives {
		return ErrGenesis.Wrapf("poll %d is open, and x/gov has no such proposal in that state", p.Proposal)
	}
	return k.open.Set(ctx, proposer, p.Proposal)
}

// export reads all of it.
func (k Keeper) export(ctx context.Context) (g daopb.Genesis, err error) {
	if g.Params, err = k.rules(ctx); err != nil {
		return g, err
	}
	if g.MinVotingSeconds, err = k.minVoting.Get(ctx); err != nil {
		return g, fmt.Errorf("read the shortest vote: %w", err)
	}
	err = k.polls.Walk(ctx, nil, func(_ uint64, p daopb.Poll) (bool, error) {
		g.Polls = append(g.Polls, p)
		return false, nil
	})
	if err != nil {
		return g, fmt.Errorf("list polls: %w", err)
	}
	err = k.votes.Walk(ctx, nil, func(at collections.Pair[uint64, sdk.AccAddress], power uint64) (bool, error) {
		voter, err := k.addresses.BytesToString(at.K2())
		g.Votes = append(g.Votes, daopb.Vote{Proposal: at.K1(), Voter: voter, Power: power})
		return err != nil, err
	})
	if err != nil {
		return g, fmt.Errorf("list votes: %w", err)
	}
	err = k.records.Walk(ctx, nil, func(at collections.Pair[[]byte, int64], before uint64) (bool, error) {
		g.Records = append(g.Records, daopb.Record{Key: at.K1(), Time: at.K2(), Before: before})
		return false, nil
	})
	return g, err
}
