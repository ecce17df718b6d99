package round

import (
	"fmt"
	"runtime/debug"
)

// Panic is the error of a calculation that panicked.
type Panic struct {
	Value any
	Stack []byte
}

// Error implements [error].
func (p *Panic) Error() string { return fmt.Sprintf("panic: %v", p.Value) }

// Contain runs a calculation; if that panics, the error is a [*Panic]. A calculation gives the
// same result on every machine, and panics on every machine or on none. So after a panic the
// caller can go on with other tasks. Do not contain code that reads or writes a store: a
// store may fail on one machine only.
func Contain[T any](calculate func() (T, error)) (result T, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &Panic{r, debug.Stack()}
		}
	}()
	return calculate()
}
