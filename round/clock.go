package round

import "github.com/althing-network/althing/spec"

// Moment is a place on the chain and the network time there.
type Moment struct {
	Height int64 // of the block, above zero; it never falls
	Time   spec.Time
}

// maxTick is how much network time passes in one block at most. A chain that stood
// still for an hour is 5 s older than before, so nobody has missed a deadline that
// was further away.
const maxTick = 5 * spec.Second

// Clock is network time as a chain keeps it in its state, and the only clock of
// deadlines. The zero Clock is that of a chain before its first block.
type Clock struct {
	Time  spec.Time // at the newest block
	Block int64     // block time of the newest block, in milliseconds since 1970; 0 before the first
}

// Tick is the clock of the next block, which has a block time in milliseconds since
// 1970: network time grows by what has passed since the block before it, by 5 s at
// most, and never falls.
func (c Clock) Tick(block int64) Clock {
	next := Clock{Time: max(c.Time, 1), Block: block}
	if c.Block > 0 && block > c.Block {
		next.Time = next.Time.After(min(spec.Duration(block-c.Block), maxTick))
	}
	return next
}
