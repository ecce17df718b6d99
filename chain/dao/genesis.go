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

// Validate reports the first mistake in a genesis. Polls must ascend; no account has two open
// polls; votes belong to existing polls; no record appears twice.
func Validate(g daopb.Genesis) error {
	if err := checkParams(g.Params); err != nil {
		return ErrGenesis.Wrap(err.Error())
	}
	if g.MinVotingSeconds > maxVoting {
		return ErrGenesis.Wrapf("min_voting_seconds is %d: want at most %d", g.MinVotingSeconds, maxVoting)
	}
	var before uint64
	polls, open := make(map[uint64]daopb.Poll), make(map[string]uint64)
	for _, p := range g.Polls {
		if err := checkPoll(p); err != nil {
			return ErrGenesis.Wrapf("poll %d: %s", p.Proposal, err)
		}
		if p.Proposal <= before {
			return ErrGenesis.Wrapf("poll %d follows poll %d: want ascending proposals from 1", p.Proposal, before)
		}
		if other := open[p.Proposer]; p.Ended == 0 && other > 0 {
			return ErrGenesis.Wrapf("polls %d and %d of %s are both open: want at most one per account", other, p.Proposal, p.Proposer)
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
			return ErrGenesis.Wrapf("record %x of time %d: want a key and a time", r.Key, r.Time)
		case seen[key]:
			return ErrGenesis.Wrapf("record %x of time %d appears twice", r.Key, r.Time)
		}
		seen[key] = true
	}
	return nil
}

func checkPoll(p daopb.Poll) error {
	switch {
	case p.Proposer == "":
		return errors.New("proposer is empty")
	case len(p.Digest) != sha256.Size:
		return fmt.Errorf("digest has %d bytes: want %d", len(p.Digest), sha256.Size)
	case (p.Ended == 0) != (p.Outcome == daopb.OUTCOME_UNSPECIFIED):
		return fmt.Errorf("ended at height %d with outcome %s: want both or neither", p.Ended, p.Outcome)
	case p.Start == 0 && (p.Mark != 0 || p.End != 0 || p.Total != 0 || p.Changed != 0 || p.Tally != daopb.Tally{}):
		return errors.New("voting has not started: want no times, sums or votes")
	case p.Start != 0 && (p.Mark < 0 || p.Mark > p.Start || p.Start >= p.End):
		return fmt.Errorf("mark %d, start %d, end %d: want ascending block times", p.Mark, p.Start, p.End)
	}
	return nil
}

// checkVotes compares the votes of open polls with their sums. Votes of ended polls may have
// been removed.
func checkVotes(votes []daopb.Vote, polls map[uint64]daopb.Poll) error {
	type sums struct{ power, voters uint64 }
	found := make(map[uint64]sums)
	seen := make(map[string]bool)
	for _, v := range votes {
		key := fmt.Sprintf("%d %s", v.Proposal, v.Voter)
		p, ok := polls[v.Proposal]
		switch {
		case !ok || p.Start == 0:
			return ErrGenesis.Wrapf("vote of %s in poll %d: want a poll in which voting has started", v.Voter, v.Proposal)
		case v.Power == 0:
			return ErrGenesis.Wrapf("vote of %s in poll %d with power 0: want more", v.Voter, v.Proposal)
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
			return ErrGenesis.Wrapf("poll %d says %d votes with power %d: want %d with power %d, as listed", id, p.Tally.Voters, power, s.voters, s.power)
		}
	}
	return nil
}

// initialise writes a genesis, after x/gov has read its proposals.
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
			if err := k.endedWithVotes.Set(ctx, v.Proposal); err != nil {
				return err
			}
		}
	}
	for _, r := range g.Records {
		if err := k.addRecord(ctx, r.Key, r.Time, r.Before); err != nil {
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
	lives, err := k.existsInGov(ctx, p)
	if err != nil {
		return err
	}
	if !lives {
		return ErrGenesis.Wrapf("poll %d is open: want an open proposal in x/gov", p.Proposal)
	}
	return k.open.Set(ctx, proposer, p.Proposal)
}

// export reads the whole state of the module.
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
