package dao

import (
	"google.golang.org/grpc/codes"

	"cosmossdk.io/errors"
)

// The registered errors of proposals and votes. The numbers are part of the protocol.
var (
	ErrNotFound  = errors.RegisterWithGRPCCode(Name, 2, codes.NotFound, "proposal not found")
	ErrInactive  = errors.RegisterWithGRPCCode(Name, 3, codes.FailedPrecondition, "proposal not active")
	ErrPower     = errors.RegisterWithGRPCCode(Name, 4, codes.PermissionDenied, "insufficient voting power")
	ErrVoted     = errors.RegisterWithGRPCCode(Name, 5, codes.AlreadyExists, "already voted")
	ErrVoting    = errors.RegisterWithGRPCCode(Name, 6, codes.FailedPrecondition, "voting period not ended")
	ErrQuorum    = errors.RegisterWithGRPCCode(Name, 7, codes.FailedPrecondition, "quorum not reached")
	ErrOpen      = errors.RegisterWithGRPCCode(Name, 8, codes.ResourceExhausted, "too many open proposals")
	ErrProposal  = errors.RegisterWithGRPCCode(Name, 9, codes.InvalidArgument, "invalid proposal")
	ErrThreshold = errors.RegisterWithGRPCCode(Name, 10, codes.FailedPrecondition, "high threshold not reached")
	ErrAuthority = errors.RegisterWithGRPCCode(Name, 11, codes.PermissionDenied, "only a passed proposal changes the rules")
	ErrParams    = errors.RegisterWithGRPCCode(Name, 12, codes.InvalidArgument, "invalid rules")
	ErrAccount   = errors.RegisterWithGRPCCode(Name, 13, codes.InvalidArgument, "invalid account")
	ErrGenesis   = errors.RegisterWithGRPCCode(Name, 14, codes.InvalidArgument, "invalid genesis")
)
