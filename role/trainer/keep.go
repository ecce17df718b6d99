package trainer

import (
	"context"
	"errors"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
)

// storeUpdate stores an update under a fresh salt. A node that was stopped before it
// recorded its training has already stored an update of the slot; that one stays.
func storeUpdate(ctx context.Context, t role.Tools, slot spec.Slot, update []byte) error {
	ref := blob.Ref{Kind: blob.Update, Slot: slot}
	if _, err := t.Store.Lookup(ctx, ref); !errors.Is(err, blob.ErrNotFound) {
		return err
	}
	salt, err := t.Salt()
	if err != nil {
		return err
	}
	return role.PutBlob(ctx, t.Store, update, blob.Label{
		Ref: ref, Entry: blob.Entry{Digest: spec.DigestOf(update), Salt: salt, Size: int64(len(update))},
	})
}

// storedUpdate returns the entry of the stored update of a slot. If its commitment was
// copied, the update gets a fresh salt first.
func storedUpdate(ctx context.Context, t role.Tools, slot spec.Slot, copied spec.Digest) (blob.Entry, error) {
	ref := blob.Ref{Kind: blob.Update, Slot: slot}
	e, err := t.Store.Lookup(ctx, ref)
	if err != nil || spec.UpdateCommitment(slot, e.Digest, e.Salt) != copied {
		return e, err
	}
	if e.Salt, err = t.Salt(); err != nil {
		return e, err
	}
	return e, t.Store.Relabel(ctx, blob.Label{Ref: ref, Entry: e})
}
