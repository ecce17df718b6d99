package task

import (
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/althing-network/althing/round"
)

// refusal is an error that wraps a [round.Refusal]. The SDK takes codespace and code of its
// answer from it.
type refusal struct {
	error
	reason *round.Refusal
}

// withCode makes the chain answer with the code of the [round.Refusal] that err wraps. Other
// errors stay as they are.
func withCode(err error) error {
	reason, ok := errors.AsType[*round.Refusal](err)
	if !ok {
		return err
	}
	return &refusal{err, reason}
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
	if r.reason == round.ErrTaskNotFound || r.reason == round.ErrRoundNotFound {
		code = codes.NotFound
	}
	return status.New(code, r.Error())
}
