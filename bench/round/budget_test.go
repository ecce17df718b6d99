package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/spec"
)

// chain are the steps of a number of blocks. Each block has a pause of 50 ms, a proposal of
// 10 ms, prevotes of 4 ms and precommits of 6 ms.
func chain(blocks int) (all []step) {
	at := time.Unix(1_800_000_000, 0)
	for height := range int64(blocks) {
		for _, s := range []struct {
			name  string
			after time.Duration
		}{{stepPropose, 50}, {stepPrevote, 10}, {stepPrecommit, 4}, {stepCommit, 6}, {"RoundStepNewHeight", 0}} {
			at = at.Add(s.after * time.Millisecond)
			all = append(all, step{height + 1, s.name, at})
		}
	}
	return all
}

// roundOf is a round whose last messages of each kind are at these heights.
func roundOf(opened, trained, attested, combined, revealed, scored, openedUp int64) spec.Round {
	return spec.Round{
		Task: 1, Number: 1, Opened: opened, Closed: openedUp,
		Trainers:   []spec.Contribution{{Height: trained - 1}, {Height: trained}},
		Aggregates: []spec.Aggregate{{Attested: attested, Committed: combined, Revealed: revealed}, {Attested: attested}},
		Scores:     []spec.Evaluation{{Committed: scored, Revealed: openedUp}},
	}
}

func TestBudgetOfBlocks(t *testing.T) {
	blocks := blocksOf(chain(30))
	for _, c := range []struct {
		what string
		r    spec.Round
		next int64
		want budget
	}{
		{"six serial blocks", roundOf(4, 5, 6, 7, 8, 9, 10), 10, budget{Pause: 300, Proposal: 60, Prevote: 24, Precommit: 36, Serial: 6}},
		{"two blocks of waiting", roundOf(4, 6, 7, 8, 10, 11, 12), 12, budget{Pause: 300, Proposal: 60, Prevote: 24, Precommit: 36, Waiting: 140, Serial: 6, Idle: 2}},
		{"the next begins before the score", roundOf(4, 5, 6, 7, 8, 9, 10), 8, budget{Pause: 200, Proposal: 40, Prevote: 16, Precommit: 24, Serial: 4}},
	} {
		var got budget
		if !got.add(c.r, c.next, blocks) {
			t.Errorf("%s: not counted", c.what)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.what, d)
		}
		sum := got.Pause + got.Proposal + got.Prevote + got.Precommit + got.Waiting
		if want := 70 * float64(c.next-c.r.Opened); sum != want {
			t.Errorf("%s: the items add up to %v ms, want %v", c.what, sum, want)
		}
	}
}

// TestBudgetNeedsEveryCommit: a round is not counted if the commit of one of its blocks was not
// received, because its sum would be too small. A step that a late validator skipped takes no
// time, and the sum is the same.
func TestBudgetNeedsEveryCommit(t *testing.T) {
	for missing, want := range map[string]budget{
		stepPropose:   {Pause: 310, Proposal: 50, Prevote: 24, Precommit: 36, Serial: 6},
		stepPrevote:   {Pause: 300, Proposal: 64, Prevote: 20, Precommit: 36, Serial: 6},
		stepPrecommit: {Pause: 300, Proposal: 60, Prevote: 30, Precommit: 30, Serial: 6},
		stepCommit:    {},
	} {
		var heard []step
		for _, s := range chain(30) {
			if s.height != 6 || s.name != missing {
				heard = append(heard, s)
			}
		}
		var got budget
		if got.add(roundOf(4, 5, 6, 7, 8, 9, 10), 10, blocksOf(heard)) != (missing != stepCommit) {
			t.Errorf("without %s of a block: want the round counted: %t", missing, missing != stepCommit)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("without %s of a block (-want +got):\n%s", missing, d)
		}
	}
}

// TestBudgetOfASecondConsensusRound: if a height needs a second consensus round, the time of the
// first one belongs to the proposal.
func TestBudgetOfASecondConsensusRound(t *testing.T) {
	at := func(ms int) time.Time { return time.Unix(0, 0).Add(time.Duration(ms) * time.Millisecond) }
	b := blocksOf([]step{
		{1, stepPropose, at(50)},
		{1, stepPrevote, at(60)},
		{1, stepPrecommit, at(64)},
		{1, stepPropose, at(1000)},
		{1, stepPrevote, at(1010)},
		{1, stepPrecommit, at(1014)},
		{1, stepCommit, at(1020)},
	})[1]
	if want := (block{at(50), at(1010), at(1014), at(1020)}); b != want {
		t.Errorf("%+v, want %+v", b, want)
	}
}

func TestSince(t *testing.T) {
	now := time.Unix(5, 0)
	for _, c := range []struct {
		from, to time.Time
		want     float64
	}{
		{now, now.Add(1500 * time.Microsecond), 1.5},
		{now, now.Add(-time.Second), 0},
		{time.Time{}, now, 0},
		{now, time.Time{}, 0},
	} {
		if got := since(c.from, c.to); got != c.want {
			t.Errorf("from %s to %s: %v, want %v", c.from, c.to, got, c.want)
		}
	}
}
