package blob

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"

	"github.com/althing-network/althing/spec"
)

// Caller is the sender of a request. The zero Caller is a stranger: the request had no
// signature.
type Caller struct {
	Node uint64
	Key  ed25519.PublicKey
}

// Stranger reports whether the request had no signature.
func (c Caller) Stranger() bool { return c.Node == 0 }

// Policy decides who may do what. An error refuses the request, with the status of the
// error that it wraps: [ErrForbidden], [ErrTooLarge] or [ErrNotFound], mostly. An error
// without a status counts as a failure of the server.
type Policy interface {
	// ChainOf is the chain id under which a task was created, which all refs of the task
	// have; empty if the task is not known. Paths of requests do not contain it.
	ChainOf(ctx context.Context, task uint64) (string, error)
	// MayPut is called before a byte of an update is read. The entry is what the caller says
	// it will send. The policy must check that it opens the commitment of the slot.
	MayPut(ctx context.Context, c Caller, r Ref, e Entry) error
	// CheckUpdate reads an update with the right digest before it becomes visible. Any error
	// becomes [ErrContent], and nothing is stored.
	CheckUpdate(ctx context.Context, r Ref, e Entry, body io.Reader) error
	// Receipt is the node's signed receipt for an update that it holds, sent to the uploader;
	// zero if the node gives none.
	Receipt(ctx context.Context, r Ref, e Entry) (spec.Receipt, error)
	// MayGetUpdate is called for a single update, and for each update of a list.
	MayGetUpdate(ctx context.Context, c Caller, r Ref) error
	// MayGetModel is called for a model or a state, once for each of its labels, until it
	// permits one of them. See [Permit].
	MayGetModel(ctx context.Context, c Caller, r Ref) error
}

// Permit returns nil if a policy lets a caller get a model, or a state, from a store by its
// digest. If several tasks use the model, the permission of one is enough. A blob without
// the label of a model is not served, whatever it holds: otherwise anybody who learns an
// update's digest could get it as a model, and a node would serve what it fetched for its
// own work.
//
// The error of a refused model is [ErrNotFound], with the same text as for a missing one,
// so that nobody learns what a store keeps by asking.
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
		if err == nil && chain != "" && chain != l.Slot.Chain { // a task of another network with the same number
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

// Keys looks up the transport keys of nodes.
type Keys interface {
	// KeyOf is the Ed25519 transport key of a node, or [ErrNotFound].
	KeyOf(ctx context.Context, node uint64) (ed25519.PublicKey, error)
}
