package round

import "github.com/althing-network/althing/spec"

// Moment is a block of the chain and its network time.
type Moment struct {
	Height int64 // of the block, above zero; it never falls
	Time   spec.Time
}

// maxTick is the most network time that passes between two blocks. If the chain stands still
// for an hour, network time grows by 5 s, so nobody misses a deadline that was further away.
const maxTick = 5 * spec.Second

// Clock is network time, which a chain keeps in its state. All deadlines use it. The zero
// Clock is that of a chain before its first block.
type Clock struct {
	Time  spec.Time // at the newest block
	Block int64     // block time of the newest block, in milliseconds since 1970; 0 before the first
}

// Tick is the clock at the next block, whose block time is in milliseconds since 1970.
// Network time grows by the difference to the block before, by at most 5 s, and never falls.
func (c Clock) Tick(block int64) Clock {
	next := Clock{Time: max(c.Time, 1), Block: block}
	if c.Block > 0 && block > c.Block {
		next.Time = next.Time.After(min(spec.Duration(block-c.Block), maxTick))
	}
	return next
}
