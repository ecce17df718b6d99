package node

import (
	"google.golang.org/grpc/codes"

	"cosmossdk.io/errors"
)

// What the registry refuses. The numbers are part of the protocol.
var (
	ErrNotFound   = errors.RegisterWithGRPCCode(Name, 2, codes.NotFound, "node not found")
	ErrRegistered = errors.RegisterWithGRPCCode(Name, 3, codes.AlreadyExists, "already registered")
	ErrStake      = errors.RegisterWithGRPCCode(Name, 4, codes.InvalidArgument, "stake too small")
	ErrFunds      = errors.RegisterWithGRPCCode(Name, 5, codes.FailedPrecondition, "stake above balance")
	ErrBusy       = errors.RegisterWithGRPCCode(Name, 6, codes.FailedPrecondition, "node is busy")
	ErrProfile    = errors.RegisterWithGRPCCode(Name, 7, codes.InvalidArgument, "invalid profile")
	ErrOwner      = errors.RegisterWithGRPCCode(Name, 8, codes.InvalidArgument, "invalid owner")
	ErrGenesis    = errors.RegisterWithGRPCCode(Name, 9, codes.InvalidArgument, "invalid genesis")
)
