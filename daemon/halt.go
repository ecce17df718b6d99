package daemon

import (
	"errors"
	"fmt"
	"runtime"
)

// ErrHalted is returned by a validator that has stopped making blocks after an internal
// failure. Its data is complete up to its last block.
var ErrHalted = errors.New("validator has halted")

// consensusFailure is what CometBFT logs when it stops consensus; the field "err" has the
// reason. The process goes on and answers queries, and only this line says why.
const consensusFailure = "CONSENSUS FAILURE!!!"

// halt receives the first reason for which a validator halts.
type halt chan error

func newHalt() halt { return make(halt, 1) }

// trigger reports a reason. Only the first one counts.
func (h halt) trigger(why error) {
	select {
	case h <- why:
	default:
	}
}

// haltOnError is deferred in the application's answers to CometBFT. In consensus, CometBFT
// stops at an error or a panic by itself. While CometBFT fetches blocks from others, it
// would end the whole process instead: then only the goroutine ends, and the validator
// halts.
func (c *connections) haltOnError(err *error) {
	if c.syncing == nil || !c.syncing() {
		return
	}
	if r := recover(); r != nil {
		*err = fmt.Errorf("panic: %v", r)
	}
	if *err != nil {
		c.halt.trigger(fmt.Errorf("cannot execute a block of another validator: %w", *err))
		runtime.Goexit()
	}
}
