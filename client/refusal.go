package client

import (
	"errors"
	"fmt"
	"strings"

	"github.com/althing-network/althing/spec"
)

// What callers branch on; test with [errors.Is]. The last two are of the family
// [spec.ErrCommunication]: nothing is known of what was asked for.
var (
	ErrTaskNotFound  = errors.New("task not found")
	ErrRoundNotFound = errors.New("round not found")
	ErrNodeNotFound  = errors.New("node not found")
	ErrUnreachable   = fmt.Errorf("%w: no chain node answers", spec.ErrCommunication)
	ErrUnconfirmed   = fmt.Errorf("%w: transaction was not seen in a block", spec.ErrCommunication)
)

// Refusal is what the chain answers to a message or a query it does not accept.
// The message changed nothing.
type Refusal struct {
	Codespace string // module
	Code      uint32 // stable within the module
	Why       string
}

// Error is the chain's reason.
func (r *Refusal) Error() string {
	return fmt.Sprintf("%s (%s/%d)", r.Why, r.Codespace, r.Code)
}

// Unwrap finds the sentinel a query's reason ends in.
func (r *Refusal) Unwrap() error {
	for _, sentinel := range []error{ErrTaskNotFound, ErrRoundNotFound, ErrNodeNotFound} {
		if strings.Contains(r.Why, sentinel.Error()) {
			return sentinel
		}
	}
	return nil
}

func refused(codespace string, code uint32, log string) error {
	why, _, _ := strings.Cut(log, "\n") // what follows is a stack trace
	why = strings.TrimPrefix(why, "failed to execute message; message index: 0: ")
	if at := strings.Index(why, " ["); at >= 0 && strings.Contains(why[at:], ".go:") {
		why = why[:at]
	}
	return &Refusal{Codespace: codespace, Code: code, Why: why}
}

// transient reports a refusal that a node which has just restarted gives until
// its first block: bad signature (account unknown), lifetime too long, sequence.
func (r *Refusal) transient() bool {
	return r.Codespace == "sdk" && (r.Code == 4 || r.Code == 18 || r.Code == 32)
}
