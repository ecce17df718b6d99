package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// booksInterval is how long a validator rests between two looks at the books: a look reads
// the whole state.
const booksInterval = time.Hour

// watchBooks logs what does not hold of the chain's state, until ctx ends. The validator
// goes on: where the books are wrong they are so for all.
func (v *Validator) watchBooks(ctx context.Context, log *slog.Logger) {
	for pause(ctx, booksInterval) == nil {
		if err := v.books(log); err != nil && ctx.Err() == nil { // else the validator was stopped meanwhile
			log.Warn("the books were not looked at", slog.Any("err", err))
		}
	}
}

// books looks at the newest state once.
func (v *Validator) books(log *slog.Logger) (err error) {
	defer func() { // a store has no other way to fail than to panic
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	at, err := v.app.At(0)
	if err != nil {
		return err
	}
	broken, err := v.app.Invariants(at)
	for _, b := range broken {
		log.Error("the books are not in order", slog.Int64("height", at.BlockHeight()), slog.String("invariant", b.Invariant), slog.String("says", b.Says))
	}
	return err
}
