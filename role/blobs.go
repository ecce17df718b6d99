package role

import (
	"context"
	"io"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/spec"
)

// Blobs is how a node gets blobs from other nodes and gives them its updates.
// Nodes are named by their ids; a node that is not to be found serves nothing, and
// no node asks itself. [blob.Network] is one; package blobstest says what every one
// must do. Its methods may be called from many goroutines at once.
type Blobs interface {
	// FetchModel gets a model, or the state behind one, of at most limit bytes from
	// the first node that serves it into a store, unless it is there. Nobody having
	// it is [blob.ErrNotFound], bytes of another digest are [blob.ErrMismatch].
	FetchModel(ctx context.Context, from []uint64, d spec.Digest, limit int64, into blob.Store) error
	// FetchUpdate gets an update in the same way, with its label. What does not open
	// the commitment of its trainer is [blob.ErrOpening].
	FetchUpdate(ctx context.Context, from []uint64, r blob.Ref, commitment spec.Digest, limit int64, into blob.Store) (blob.Entry, error)
	// PutUpdate uploads the node's own update, and gives back the other node's receipt for
	// it, unverified; the zero one where it gave none. The same update again is fine.
	PutUpdate(ctx context.Context, to uint64, r blob.Ref, e blob.Entry, open func() (io.ReadCloser, error)) (spec.Receipt, error)
}
