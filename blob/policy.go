package blob

import (
	"context"
	"crypto/ed25519"
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
	// MayPut is asked before a byte of an update is read. The entry is what the
	// caller says it will send; whether it opens the commitment of the slot is
	// for the policy to check.
	MayPut(ctx context.Context, c Caller, r Ref, e Entry) error
	// CheckUpdate reads an update of the right digest before it becomes
	// visible. Any error is [ErrContent], and nothing is kept.
	CheckUpdate(ctx context.Context, r Ref, e Entry, body io.Reader) error
	// MayGetUpdate is asked for a single update, and for each one of a list.
	MayGetUpdate(ctx context.Context, c Caller, r Ref) error
	// MayGetModel is asked only for blobs labelled as a model.
	MayGetModel(ctx context.Context, c Caller, d spec.Digest) error
}

// Keys knows the transport keys of nodes.
type Keys interface {
	// KeyOf is the Ed25519 transport key of a node, or [ErrNotFound].
	KeyOf(ctx context.Context, node uint64) (ed25519.PublicKey, error)
}
