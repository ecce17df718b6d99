package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
)

// Blobs is the data plane of one node: it reads from the stores of other nodes and
// writes to them, where their policies allow it. Received bytes are checked against
// digests and commitments, as they are on a real network.
type Blobs struct {
	Self uint64 // the node that asks, 0 for a stranger
	// Peer returns the store that a node serves and its policy: [blob.ErrNotFound] if
	// the node serves nothing, [spec.ErrCommunication] if it does not answer.
	Peer func(node uint64) (blob.Store, blob.Policy, error)
}

var _ role.Blobs = Blobs{}

// FetchModel implements [role.Blobs].
func (b Blobs) FetchModel(ctx context.Context, from []uint64, d spec.Digest, limit int64, into blob.Store) error {
	if has, err := into.Has(ctx, d); has || err != nil {
		return err
	}
	return b.first(ctx, from, func(s blob.Store, p blob.Policy) error {
		if err := blob.Permit(ctx, s, p, b.caller(), d); err != nil {
			return err
		}
		return copyBlob(ctx, s, d, limit, into)
	})
}

// FetchUpdate implements [role.Blobs].
func (b Blobs) FetchUpdate(ctx context.Context, from []uint64, r blob.Ref, commitment spec.Digest, limit int64, into blob.Store) (e blob.Entry, err error) {
	opens := func(e blob.Entry) error {
		if spec.UpdateCommitment(r.Slot, e.Digest, e.Salt) != commitment {
			return fmt.Errorf("%w: %s", blob.ErrOpening, r)
		}
		return nil
	}
	if e, err = into.Lookup(ctx, r); !errors.Is(err, blob.ErrNotFound) {
		return e, errors.Join(err, opens(e))
	}
	err = b.first(ctx, from, func(s blob.Store, p blob.Policy) error {
		if err := p.MayGetUpdate(ctx, b.caller(), r); err != nil {
			return err
		}
		if e, err = s.Lookup(ctx, r); err != nil {
			return err
		}
		if err := opens(e); err != nil {
			return err
		}
		if err := copyBlob(ctx, s, e.Digest, limit, into); err != nil {
			return err
		}
		return into.Label(ctx, blob.Label{Ref: r, Entry: e})
	})
	return e, err
}

// PutUpdate implements [role.Blobs].
func (b Blobs) PutUpdate(ctx context.Context, to uint64, r blob.Ref, e blob.Entry, open func() (io.ReadCloser, error)) (none spec.Receipt, _ error) {
	s, p, err := b.peer(ctx, to)
	if err != nil {
		return none, err
	}
	if err := p.MayPut(ctx, b.caller(), r, e); err != nil {
		return none, err
	}
	switch old, err := s.Lookup(ctx, r); {
	case err == nil && old == e:
		return p.Receipt(ctx, r, e)
	case err == nil:
		return none, fmt.Errorf("%w: %s leads to %s", blob.ErrConflict, r, old.Digest)
	case !errors.Is(err, blob.ErrNotFound):
		return none, err
	}
	body, err := open()
	if err != nil {
		return none, err
	}
	sent, err := io.ReadAll(body)
	if err := errors.Join(err, body.Close()); err != nil {
		return none, err
	}
	if got := spec.DigestOf(sent); got != e.Digest || int64(len(sent)) != e.Size {
		return none, fmt.Errorf("%w: %d bytes of %s, want %d of %s", blob.ErrMismatch, len(sent), got, e.Size, e.Digest)
	}
	if err := p.CheckUpdate(ctx, r, e, bytes.NewReader(sent)); err != nil {
		return none, fmt.Errorf("%w: %w", blob.ErrContent, err)
	}
	if err := role.PutBlob(ctx, s, sent, blob.Label{Ref: r, Entry: e}); err != nil {
		return none, err
	}
	return p.Receipt(ctx, r, e)
}

func (b Blobs) caller() blob.Caller { return blob.Caller{Node: b.Self} }

// first asks nodes in turn until one serves what is wanted. Each node starts at another
// place of the list, so that not all of them ask the same node first.
func (b Blobs) first(ctx context.Context, from []uint64, get func(blob.Store, blob.Policy) error) error {
	var failed error
	for i := range from {
		node := from[(uint64(i)+b.Self)%uint64(len(from))]
		if node == b.Self {
			continue
		}
		s, p, err := b.peer(ctx, node)
		if err == nil {
			err = get(s, p)
		}
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case !errors.Is(err, blob.ErrNotFound):
			failed = errors.Join(failed, fmt.Errorf("node %d: %w", node, err))
		}
	}
	if failed == nil {
		return fmt.Errorf("%w: none of %d nodes has it", blob.ErrNotFound, len(from))
	}
	return failed
}

func (b Blobs) peer(ctx context.Context, node uint64) (blob.Store, blob.Policy, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	return b.Peer(node)
}

// copyBlob copies a blob of at most limit bytes and verifies its digest.
func copyBlob(ctx context.Context, from blob.Store, d spec.Digest, limit int64, into blob.Store) error {
	f, size, err := from.Open(ctx, d)
	if err != nil {
		return err
	}
	if size > limit {
		err = fmt.Errorf("%w: %d bytes, at most %d are wanted", blob.ErrTooLarge, size, limit)
	} else {
		_, err = blob.PutAs(ctx, into, d, f, limit)
	}
	return errors.Join(err, f.Close())
}
