package ledgerpb

import (
	"errors"

	"github.com/althing-network/althing/privacy/cost"
)

// What the ledger refuses beside what a book refuses.
var (
	ErrNoBook    = errors.New("data set has no book")
	ErrBookOpen  = errors.New("data set has a book already")
	ErrRelease   = errors.New("release cannot be counted")
	ErrNoCosting = errors.New("no release of the task is costed for this reason")
)

// Refusal is the number under which the chain answers with an error.
type Refusal struct {
	Code uint32
	Err  error
}

// Refusals lists what the ledger refuses. The numbers are part of the protocol.
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
