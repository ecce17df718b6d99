package round_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

func TestClock(t *testing.T) {
	const day = 24 * 60 * 60 * 1000
	clock := round.Clock{}
	for _, step := range []struct {
		block int64
		want  spec.Time
	}{
		{day, 1}, // whenever the first block is
		{day + 1, 2},
		{day + 50, 51},
		{day + 1050, 1051},
		{day + 6050, 6051},     // 5 s
		{day + 11_051, 11_051}, // a millisecond more
		{2 * day, 16_051},
		{2 * day, 16_051},
		{day, 16_051}, // a block time that falls
		{day + 7, 16_058},
	} {
		if clock = clock.Tick(step.block); clock.Time != step.want || clock.Block != step.block {
			t.Errorf("a block at %d: %+v, want %d", step.block, clock, step.want)
		}
	}
}

// Network time never falls, never grows by more than 5 s or than time does, and is the
// difference of block times where no block takes longer.
func TestClockRuns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		block := rapid.Int64Range(1, 1<<41).Draw(t, "first")
		first := round.Clock{}.Tick(block)
		clock, swift := first, true
		for range rapid.IntRange(1, 20).Draw(t, "blocks") {
			later := rapid.OneOf(rapid.Int64Range(1, 10_000), rapid.Int64Range(1, 1<<40)).Draw(t, "later")
			block += later
			next := clock.Tick(block)
			if grown := int64(next.Time - clock.Time); grown != min(later, 5000) {
				t.Fatalf("after %d ms it is %d ms later", later, grown)
			}
			clock, swift = next, swift && later <= 5000
		}
		if passed := block - first.Block; swift && int64(clock.Time-first.Time) != passed {
			t.Errorf("%d ms passed, and it is %d ms later", passed, clock.Time-first.Time)
		}
	})
}
