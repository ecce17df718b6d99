package blob

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"

	"github.com/althing-network/althing/spec"
)

// Caller is who sent a request. The zero Caller is a stranger: the request
// carried no signature.
type Caller struct {
	Node uint64
	Key  ed25519.PublicKey
}

// Stranger reports whether nobody signed.
func (c Caller) Stranger() bool { return c.Node == 0 }

// Policy decides who may do what. An error refuses, with the status of the one
// it wraps: mostly [ErrForbidden], [ErrTooLarge] or [ErrNotFound]; any other is
// taken for a failure of the server.
type Policy interface {
	// ChainOf is the chain id under which a task was created, which all refs of the task
	// have; empty where the task is not known. The paths of requests do not have it.
	ChainOf(ctx context.Context, task uint64) (string, error)
	// MayPut is asked before a byte of an update is read. The entry is what the
	// caller says it will send; whether it opens the commitment of the slot is
	// for the policy to check.
	MayPut(ctx context.Context, c Caller, r Ref, e Entry) error
	// CheckUpdate reads an update of the right digest before it becomes
	// visible. Any error is [ErrContent], and nothing is kept.
	CheckUpdate(ctx context.Context, r Ref, e Entry, body io.Reader) error
	// Receipt is the node's signed word that it holds an update: the answer to whoever put
	// it. The zero one where the node gives none.
	Receipt(ctx context.Context, r Ref, e Entry) (spec.Receipt, error)
	// MayGetUpdate is asked for a single update, and for each one of a list.
	MayGetUpdate(ctx context.Context, c Caller, r Ref) error
	// MayGetModel is asked for a model or a state, once for each of its places in
	// tasks, until one of them permits it. See [Permit].
	MayGetModel(ctx context.Context, c Caller, r Ref) error
}

// Permit is nil where a policy lets a caller have the model, or the state, of a digest
// from a store. One that several tasks use is had by whom
// any of them permits it. What no label calls a model is none, whatever it holds: else
// whoever learns an update's digest could get it as one, and a node would pass on what
// it fetched for its own work.
//
// A model that is refused is [ErrNotFound] in the same words as one that is not there,
// so that nobody learns by asking what a store keeps.
func Permit(ctx context.Context, s Index, p Policy, c Caller, d spec.Digest) error {
	labels, err := s.LabelsOf(ctx, d)
	if err != nil {
		return err
	}
	var failed error
	for _, l := range labels {
		if l.Kind == Update {
			continue
		}
		chain, err := p.ChainOf(ctx, l.Slot.Task)
		if err == nil && chain != "" && chain != l.Slot.Chain { // of another network: its task has the same number
			continue
		}
		if err == nil {
			err = p.MayGetModel(ctx, c, l.Ref)
		}
		if err == nil {
			return nil
		}
		if !errors.Is(err, ErrForbidden) && !errors.Is(err, ErrNotFound) {
			failed = errors.Join(failed, err)
		}
	}
	if failed != nil {
		return failed
	}
	return fmt.Errorf("%w: model %s", ErrNotFound, d)
}

// Keys knows the transport keys of nodes.
type Keys interface {
	// KeyOf is the Ed25519 transport key of a node, or [ErrNotFound].
	KeyOf(ctx context.Context, node uint64) (ed25519.PublicKey, error)
}
