package trainer

import (
	"context"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
)

// keep puts the update into the node's store, with the salt that hides it, and
// returns the commitment to it.
func keep(ctx context.Context, t role.Tools, slot spec.Slot, scaleBits uint32, local, base []float32) (spec.Digest, error) {
	update, err := model.MakeUpdate(slot, scaleBits, local, base)
	if err != nil {
		return spec.Digest{}, err
	}
	ref := blob.Ref{Kind: blob.Update, Slot: slot}
	if e, err := t.Store.Lookup(ctx, ref); err == nil { // stopped between store and journal
		return spec.UpdateCommitment(slot, e.Digest, e.Salt), nil
	}
	salt, err := role.Salt()
	if err != nil {
		return spec.Digest{}, err
	}
	d := spec.DigestOf(update)
	if err := role.Keep(ctx, t.Store, update, blob.Label{Ref: ref, Entry: blob.Entry{Digest: d, Salt: salt, Size: int64(len(update))}}); err != nil {
		return spec.Digest{}, err
	}
	return spec.UpdateCommitment(slot, d, salt), nil
}

// hide gives the kept update of a slot a fresh salt and returns the commitment to
// it. Stopped halfway the update may be gone: then it is [blob.ErrNotFound].
func hide(ctx context.Context, t role.Tools, slot spec.Slot) (spec.Digest, error) {
	ref := blob.Ref{Kind: blob.Update, Slot: slot}
	e, err := t.Store.Lookup(ctx, ref)
	if err != nil {
		return spec.Digest{}, err
	}
	update, err := role.ReadBlob(ctx, t.Store, e.Digest)
	if err != nil {
		return spec.Digest{}, err
	}
	if e.Salt, err = role.Salt(); err != nil {
		return spec.Digest{}, err
	}
	if err := t.Store.Forget(ctx, ref); err != nil {
		return spec.Digest{}, err
	}
	if err := role.Keep(ctx, t.Store, update, blob.Label{Ref: ref, Entry: e}); err != nil {
		return spec.Digest{}, err
	}
	return spec.UpdateCommitment(slot, e.Digest, e.Salt), nil
}
