package round

import (
	"fmt"
	"runtime/debug"
)

// Panic is a panic of a calculation, as an error.
type Panic struct {
	Value any
	Stack []byte
}

// Error implements [error].
func (p *Panic) Error() string { return fmt.Sprintf("panic: %v", p.Value) }

// Contain runs a calculation; where it panics, the error is a [*Panic]. A calculation
// gives the same everywhere, its panics too, so whoever contains one goes on with all
// others. What reads or writes a store must not be run in it: a store that fails here
// does not fail elsewhere.
func Contain[T any](calculate func() (T, error)) (result T, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &Panic{r, debug.Stack()}
		}
	}()
	return calculate()
}
