package daemon

import (
	"errors"
	"fmt"
	"runtime"
)

// ErrHalted is returned by a validator that makes no blocks any more, because
// something in it has failed. What it keeps on its disk is whole up to its last block.
var ErrHalted = errors.New("validator has halted")

// consensusFailure is what CometBFT logs when it stops consensus; "err" says why. The
// process lives on and answers questions, and nothing but this line tells the reason.
const consensusFailure = "CONSENSUS FAILURE!!!"

// halt gets the first reason for which a validator halts.
type halt chan error

func newHalt() halt { return make(halt, 1) }

// because gives a reason; whoever comes second is not heard.
func (h halt) because(why error) {
	select {
	case h <- why:
	default:
	}
}

// broken is deferred where CometBFT waits for an answer of the application. Consensus
// stops at an error or a panic. The part of CometBFT that fetches blocks from others
// would end the process in the middle of whatever else runs in it: there the goroutine
// ends, and the validator halts.
func (c *connections) broken(err *error) {
	if c.syncing == nil || !c.syncing() {
		return
	}
	if r := recover(); r != nil {
		*err = fmt.Errorf("panic: %v", r)
	}
	if *err != nil {
		c.halt.because(fmt.Errorf("a block of another validator cannot be carried out: %w", *err))
		runtime.Goexit()
	}
}
