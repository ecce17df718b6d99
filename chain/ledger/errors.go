package ledger

import (
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/althing-network/althing/pb/ledgerpb"
)

// refusal is an error that wraps one of [ledgerpb.Refusals]. The SDK takes codespace and code
// of its answer from it.
type refusal struct {
	error
	reason ledgerpb.Refusal
}

// withCode makes the chain answer with the code of the refusal that err wraps. Other errors
// stay as they are.
func withCode(err error) error {
	for _, reason := range ledgerpb.Refusals() {
		if errors.Is(err, reason.Err) {
			return &refusal{err, reason}
		}
	}
	return err
}

// Unwrap returns the error without codespace and code.
func (r *refusal) Unwrap() error { return r.error }

// ABCICode is the code in the answer to a transaction.
func (r *refusal) ABCICode() uint32 { return r.reason.Code }

// Codespace is the module the code belongs to.
func (r *refusal) Codespace() string { return Name }

// GRPCStatus is the answer to a query. The SDK passes on only whether it is NotFound.
func (r *refusal) GRPCStatus() *status.Status {
	code := codes.Unknown
	if errors.Is(r.reason.Err, ledgerpb.ErrNoBook) || errors.Is(r.reason.Err, ledgerpb.ErrNoCosting) {
		code = codes.NotFound
	}
	return status.New(code, r.Error())
}
