package blob

import (
	"context"
	"fmt"
	"io"

	"github.com/althing-network/althing/spec"
)

// Store keeps blobs and the labels that lead to them. All methods may be called
// from many goroutines at once. [Dir] and [Memory] are the stores; package
// blobtest says what every store must do.
type Store interface {
	Index

	// Draft begins a blob of at most limit bytes. When d is not zero the draft
	// can hold only the blob of that digest and starts with what an earlier
	// draft of it left; a second draft of d waits until the first is closed.
	//
	// Room for limit bytes is taken before the first one is written, and what is not
	// needed is given back by Commit and Close; [ErrFull] when a quota does not allow
	// it.
	Draft(ctx context.Context, d spec.Digest, limit int64) (*Draft, error)
	// For is the store for one task: what its drafts bring counts for that task, also
	// while it has no label.
	For(task uint64) Store
	// Fill is how much of its quota a task has in use, or, for task 0, the store; 0 where
	// there is no quota.
	Fill(task uint64) spec.PPM
	// SweepDrafts drops what drafts left, unless a draft has begun, or left it, since
	// drafts were swept before. It returns how many it dropped.
	SweepDrafts(ctx context.Context) (dropped int, err error)
	// Open reads a blob of the size returned, or [ErrNotFound]. It reads to the
	// end even when the blob is deleted meanwhile.
	Open(ctx context.Context, d spec.Digest) (io.ReadSeekCloser, int64, error)
	// OpenVerified reads a blob whose bytes are those of its digest, or
	// [ErrNotFound]. They were hashed when they arrived, which is remembered as long
	// as nothing changes them, also after a restart; else they are hashed now, and
	// others than those of the digest are [ErrMismatch]. So is it, of Close, when
	// they changed while they were read: what was read counts only once Close
	// returns nil.
	OpenVerified(ctx context.Context, d spec.Digest) (Verified, error)
	// Has reports whether a blob is there.
	Has(ctx context.Context, d spec.Digest) (bool, error)
	// Delete removes a blob no label leads to: [ErrNotFound] when it is not
	// there, [ErrLabelled] when it has to be forgotten first.
	Delete(ctx context.Context, d spec.Digest) error
	// List names every blob, in ascending order.
	List(ctx context.Context) ([]spec.Digest, error)
	// Sync makes every label given so far, with its blob, outlast a loss of power. They
	// outlast a process that is killed without it. A node calls it before it vouches
	// for what it holds.
	Sync(ctx context.Context) error
}

// Verified reads a blob; see [Store]. ReadAt and View may be called from many
// goroutines at once.
type Verified interface {
	io.ReadSeekCloser
	io.ReaderAt
	Size() int64
	// View lends n bytes from at on, where they lie, until use returns; they are not
	// to be changed. It is an error when they are not all there.
	View(at int64, n int, use func(b []byte) error) error
}

// Index leads from the place of a blob in a task to the blob.
type Index interface {
	// Label lets a ref lead to a blob of the store: [ErrNotFound] when the blob
	// is not there, [ErrMismatch] when it has another size, [ErrConflict] when
	// the ref already leads to something else. The same label again is fine.
	Label(ctx context.Context, l Label) error
	// Relabel gives a ref that has a label another salt: [ErrNotFound] when the
	// ref has no label, [ErrConflict] when the label leads to another digest,
	// [ErrMismatch] when its size is not the blob's. After a crash or an error
	// the ref has the old label or the new one. The same label again is fine.
	Relabel(ctx context.Context, l Label) error
	// Lookup follows a ref, or [ErrNotFound].
	Lookup(ctx context.Context, r Ref) (Entry, error)
	// Labels lists every label, ordered by chain, task, round, proposal, kind and node.
	Labels(ctx context.Context) ([]Label, error)
	// UpdatesOf lists the labels of the updates of a ref's round, in the same order,
	// without looking at those of other rounds.
	UpdatesOf(ctx context.Context, r Ref) ([]Label, error)
	// LabelsOf lists the labels that lead to a blob, in the same order.
	LabelsOf(ctx context.Context, d spec.Digest) ([]Label, error)
	// Forget removes a label, and the blob when no other label leads to it:
	// [ErrNotFound] when there is no such label.
	Forget(ctx context.Context, r Ref) error
}

// Put streams r to its end into a store and returns the digest and the size.
// More than limit bytes are [ErrTooLarge]; nothing is kept then.
func Put(ctx context.Context, s Store, r io.Reader, limit int64) (spec.Digest, int64, error) {
	draft, err := s.Draft(ctx, spec.Digest{}, limit)
	if err != nil {
		return spec.Digest{}, 0, err
	}
	defer draft.Close()
	if err := draft.fill(ctx, r); err != nil {
		return spec.Digest{}, 0, err
	}
	d, size := draft.Digest(), draft.Size()
	return d, size, draft.Commit(ctx)
}

// PutAs is [Put] of bytes whose digest is known: other bytes are [ErrMismatch],
// and nothing is kept.
func PutAs(ctx context.Context, s Store, d spec.Digest, r io.Reader, limit int64) (int64, error) {
	draft, err := s.Draft(ctx, spec.Digest{}, limit)
	if err != nil {
		return 0, err
	}
	defer draft.Close()
	if err := draft.fill(ctx, r); err != nil {
		return 0, err
	}
	if got := draft.Digest(); got != d {
		return 0, fmt.Errorf("%w: %s, want %s", ErrMismatch, got, d)
	}
	return draft.Size(), draft.Commit(ctx)
}
