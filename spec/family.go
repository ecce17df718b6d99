package spec

import (
	"errors"
	"strings"
)

// Callers distinguish four families of errors with [errors.Is]. Two are here; ErrTraining
// and ErrEvaluation are in package train. An error of no family is final: the same request
// fails again.
var (
	// ErrCommunication means that a chain node or a peer was unreachable, closed the
	// connection or stopped responding. Nothing was decided, and a retry may succeed.
	ErrCommunication = errors.New("communication")
	// ErrPrivacy means that a task asks for something that breaks a privacy rule.
	ErrPrivacy = errors.New("privacy")
)

// Unwrap makes an error about a field of privacy one of the family [ErrPrivacy].
func (e *FieldError) Unwrap() error {
	if strings.HasPrefix(e.Field, "privacy") {
		return ErrPrivacy
	}
	return nil
}
