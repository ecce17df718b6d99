package ledger

import (
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/althing-network/althing/pb/ledgerpb"
)

// refusal is an error that ends in one of [ledgerpb.Refusals], as the SDK wants it: the
// module's name and the refusal's code go into the answer.
type refusal struct {
	error
	reason ledgerpb.Refusal
}

// refused lets the chain answer with the number of what err ends in; an error that has
// none stays as it is.
func refused(err error) error {
	for _, reason := range ledgerpb.Refusals() {
		if errors.Is(err, reason.Err) {
			return &refusal{err, reason}
		}
	}
	return err
}

// Unwrap is the error without the chain's words.
func (r *refusal) Unwrap() error { return r.error }

// ABCICode is the code in the answer to a transaction.
func (r *refusal) ABCICode() uint32 { return r.reason.Code }

// Codespace is the module the code belongs to.
func (r *refusal) Codespace() string { return Name }

// GRPCStatus is the answer to a query. Of it the SDK passes only on whether what was
// asked for is there.
func (r *refusal) GRPCStatus() *status.Status {
	code := codes.Unknown
	if errors.Is(r.reason.Err, ledgerpb.ErrNoBook) || errors.Is(r.reason.Err, ledgerpb.ErrNoCosting) {
		code = codes.NotFound
	}
	return status.New(code, r.Error())
}
