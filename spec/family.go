package spec

import (
	"errors"
	"strings"
)

// Two of the four families of errors that callers tell apart with [errors.Is];
// the others are ErrTraining and ErrEvaluation of package train. What belongs to
// none was refused for good: the same thing again is refused again.
var (
	// ErrCommunication: a chain node or a peer was not reached, broke off or stood
	// still. Nothing was decided, and another try may do better.
	ErrCommunication = errors.New("communication")
	// ErrPrivacy: what a task asks for is against a privacy rule.
	ErrPrivacy = errors.New("privacy")
)

// Unwrap puts what is wrong with a task's privacy into the family [ErrPrivacy].
func (e *FieldError) Unwrap() error {
	if strings.HasPrefix(e.Field, "privacy") {
		return ErrPrivacy
	}
	return nil
}
