package timelock

import (
	"google.golang.org/grpc/codes"

	"cosmossdk.io/errors"
)

// The registered errors. The numbers are part of the protocol.
var (
	ErrNotFound  = errors.RegisterWithGRPCCode(Name, 2, codes.NotFound, "proposal is not in the timelock")
	ErrClosed    = errors.RegisterWithGRPCCode(Name, 3, codes.FailedPrecondition, "proposal not active")
	ErrEarly     = errors.RegisterWithGRPCCode(Name, 4, codes.FailedPrecondition, "timelock not over")
	ErrExecution = errors.RegisterWithGRPCCode(Name, 5, codes.FailedPrecondition, "execution fails")
	ErrFull      = errors.RegisterWithGRPCCode(Name, 6, codes.ResourceExhausted, "timelock is full")
	ErrAuthority = errors.RegisterWithGRPCCode(Name, 7, codes.PermissionDenied, "not allowed")
	ErrParams    = errors.RegisterWithGRPCCode(Name, 8, codes.InvalidArgument, "invalid parameters")
	ErrGenesis   = errors.RegisterWithGRPCCode(Name, 9, codes.InvalidArgument, "invalid genesis")
	ErrAccount   = errors.RegisterWithGRPCCode(Name, 10, codes.InvalidArgument, "invalid account")
)
