package model

import (
	"google.golang.org/grpc/codes"

	"cosmossdk.io/errors"
)

// The registered errors of the registry of models. The numbers are part of the protocol.
var (
	ErrNotFound     = errors.RegisterWithGRPCCode(Name, 2, codes.NotFound, "model line not found")
	ErrLine         = errors.RegisterWithGRPCCode(Name, 3, codes.InvalidArgument, "invalid model line")
	ErrArchitecture = errors.RegisterWithGRPCCode(Name, 4, codes.FailedPrecondition, "model line is of another architecture")
	ErrEntered      = errors.RegisterWithGRPCCode(Name, 5, codes.AlreadyExists, "task has a model line already")
	ErrVersion      = errors.RegisterWithGRPCCode(Name, 6, codes.InvalidArgument, "invalid version")
	ErrOwner        = errors.RegisterWithGRPCCode(Name, 7, codes.PermissionDenied, "not the owner")
	ErrCard         = errors.RegisterWithGRPCCode(Name, 8, codes.InvalidArgument, "invalid card")
	ErrFull         = errors.RegisterWithGRPCCode(Name, 9, codes.ResourceExhausted, "model line has all cards that it can have")
	ErrGenesis      = errors.RegisterWithGRPCCode(Name, 10, codes.InvalidArgument, "invalid genesis")
)
