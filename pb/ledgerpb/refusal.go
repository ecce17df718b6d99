package ledgerpb

import (
	"errors"

	"github.com/althing-network/althing/privacy/cost"
)

// Errors of the ledger, in addition to those of [cost.Book].
var (
	ErrNoBook    = errors.New("data set has no book")
	ErrBookOpen  = errors.New("data set has a book already")
	ErrRelease   = errors.New("release cannot be counted")
	ErrNoCosting = errors.New("no release of the task is costed for this reason")
)

// Refusal is an error with its code in answers of the chain.
type Refusal struct {
	Code uint32
	Err  error
}

// Refusals lists the errors of the ledger. The numbers are part of the protocol.
func Refusals() []Refusal {
	return []Refusal{
		{2, ErrNoBook},
		{3, ErrBookOpen},
		{4, cost.ErrExhausted},
		{5, cost.ErrLimit},
		{6, cost.ErrReserved},
		{7, cost.ErrNotReserved},
		{8, cost.ErrPast},
		{9, ErrRelease},
		{10, ErrNoCosting},
	}
}
