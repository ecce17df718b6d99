package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/althing-network/althing/client"
)

// booksInterval is the time between two checks of the books: a check reads the whole state.
const booksInterval = time.Hour

// watchBooks checks the invariants of the chain's state until ctx ends, and logs violations.
// The validator goes on: a violation is the same on all validators.
func (v *Validator) watchBooks(ctx context.Context, log *slog.Logger) {
	for client.Sleep(ctx, booksInterval) == nil {
		if err := v.books(log); err != nil && ctx.Err() == nil { // otherwise the validator was stopped meanwhile
			log.Warn("cannot check the books", slog.Any("err", err))
		}
	}
}

// books checks the newest state once.
func (v *Validator) books(log *slog.Logger) (err error) {
	defer func() { // a store reports its failures by a panic
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
