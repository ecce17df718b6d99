package dataset

import (
	"google.golang.org/grpc/codes"

	"cosmossdk.io/errors"
)

// The registered errors of data sets. The numbers are part of the protocol.
var (
	ErrNotFound    = errors.RegisterWithGRPCCode(Name, 2, codes.NotFound, "data set not found")
	ErrRegistered  = errors.RegisterWithGRPCCode(Name, 3, codes.AlreadyExists, "data set is registered already")
	ErrDescription = errors.RegisterWithGRPCCode(Name, 4, codes.InvalidArgument, "invalid data set")
	ErrOwner       = errors.RegisterWithGRPCCode(Name, 5, codes.PermissionDenied, "not the owner")
	ErrGrant       = errors.RegisterWithGRPCCode(Name, 6, codes.FailedPrecondition, "grant is refused")
	ErrGenesis     = errors.RegisterWithGRPCCode(Name, 7, codes.InvalidArgument, "invalid genesis")
)
