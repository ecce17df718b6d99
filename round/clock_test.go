package round_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// TestClock: network time grows by at most 5 s per block and never falls, whatever the block times.
func TestClock(t *testing.T) {
	const day = 24 * 60 * 60 * 1000
	clock := round.Clock{}
	for _, step := range []struct {
		block int64
		want  spec.Time
	}{
		{day, 1}, // the first block, whatever its time
		{day + 1, 2},
		{day + 50, 51},
		{day + 1050, 1051},
		{day + 6050, 6051},     // 5 s
		{day + 11_051, 11_051}, // 5.001 s
		{2 * day, 16_051},
		{2 * day, 16_051},
		{day, 16_051}, // a block time before the last one
		{day + 7, 16_058},
	} {
		if clock = clock.Tick(step.block); clock.Time != step.want || clock.Block != step.block {
			t.Errorf("a block at %d: %+v, want %d", step.block, clock, step.want)
		}
	}
}

// TestClockProperties: network time never falls, and grows by at most 5 s and at most the block
// time. If no block takes longer than 5 s, it grows by exactly the block time.
func TestClockProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		block := rapid.Int64Range(1, 1<<41).Draw(t, "first")
		first := round.Clock{}.Tick(block)
		clock, fast := first, true
		for range rapid.IntRange(1, 20).Draw(t, "blocks") {
			later := rapid.OneOf(rapid.Int64Range(1, 10_000), rapid.Int64Range(1, 1<<40)).Draw(t, "later")
			block += later
			next := clock.Tick(block)
			if grown := int64(next.Time - clock.Time); grown != min(later, 5000) {
				t.Fatalf("block time grew by %d ms, network time by %d ms", later, grown)
			}
			clock, fast = next, fast && later <= 5000
		}
		if passed := block - first.Block; fast && int64(clock.Time-first.Time) != passed {
			t.Errorf("block time grew by %d ms in all, network time by %d ms", passed, clock.Time-first.Time)
		}
	})
}
