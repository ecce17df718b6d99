package role

import (
	"context"
	"io"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/spec"
)

// Blobs is how a node gets blobs from other nodes and sends them its updates. Nodes are
// named by their ids. A node that cannot be found serves nothing, and no node asks
// itself. [blob.Network] implements it; package blobstest tests every implementation.
// Its methods may be called from many goroutines at once.
type Blobs interface {
	// FetchModel gets a model, or the state of one, of at most limit bytes from the first
	// node that serves it into a store, unless the store has it. The error is
	// [blob.ErrNotFound] when no node has it, [blob.ErrMismatch] when the bytes have
	// another digest.
	FetchModel(ctx context.Context, from []uint64, d spec.Digest, limit int64, into blob.Store) error
	// FetchUpdate gets an update in the same way, with its label. The error is
	// [blob.ErrOpening] when the update does not open its trainer's commitment.
	FetchUpdate(ctx context.Context, from []uint64, r blob.Ref, commitment spec.Digest, limit int64, into blob.Store) (blob.Entry, error)
	// PutUpdate uploads the node's own update, and returns the other node's receipt
	// unverified, or the zero receipt where it gave none. Repeating an upload is allowed.
	PutUpdate(ctx context.Context, to uint64, r blob.Ref, e blob.Entry, open func() (io.ReadCloser, error)) (spec.Receipt, error)
}
