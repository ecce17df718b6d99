package node

import (
	"strings"

	"google.golang.org/grpc/codes"

	"cosmossdk.io/errors"

	"github.com/althing-network/althing/round"
)

// The registered errors of the registry. The numbers are part of the protocol.
var (
	ErrNotFound   = errors.RegisterWithGRPCCode(Name, 2, codes.NotFound, "node not found")
	ErrRegistered = errors.RegisterWithGRPCCode(Name, 3, codes.AlreadyExists, "already registered")
	ErrStake      = errors.RegisterWithGRPCCode(Name, 4, codes.InvalidArgument, "stake out of bounds")
	ErrFunds      = errors.RegisterWithGRPCCode(Name, 5, codes.FailedPrecondition, "stake above balance")
	ErrBusy       = errors.RegisterWithGRPCCode(Name, 6, codes.FailedPrecondition, "node is busy")
	ErrProfile    = errors.RegisterWithGRPCCode(Name, 7, codes.InvalidArgument, "invalid profile")
	ErrOwner      = errors.RegisterWithGRPCCode(Name, 8, codes.InvalidArgument, "invalid owner")
	ErrGenesis    = errors.RegisterWithGRPCCode(Name, 9, codes.InvalidArgument, "invalid genesis")
	ErrState      = errors.RegisterWithGRPCCode(Name, 10, codes.FailedPrecondition, "node is in another state")
	ErrUnbonding  = errors.RegisterWithGRPCCode(Name, 11, codes.FailedPrecondition, "no such unbonding, or too many of them")
	ErrAuthority  = errors.RegisterWithGRPCCode(Name, 12, codes.PermissionDenied, "only a passed proposal may do this")
	ErrReason     = errors.RegisterWithGRPCCode(Name, 13, codes.InvalidArgument, "invalid reason")
	ErrParams     = errors.RegisterWithGRPCCode(Name, 14, codes.InvalidArgument, "invalid parameters")
)

// withCode gives an error of package round about a deposit its registered number.
func withCode(err error) error {
	for _, known := range []struct {
		reason error
		number *errors.Error
	}{
		{round.ErrStake, ErrStake}, {round.ErrNodeState, ErrState}, {round.ErrUnbonding, ErrUnbonding},
	} {
		if errors.IsOf(err, known.reason) {
			return known.number.Wrap(strings.TrimPrefix(err.Error(), known.reason.Error()+": "))
		}
	}
	return err
}
