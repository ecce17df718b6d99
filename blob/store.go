package blob

import (
	"context"
	"fmt"
	"io"

	"github.com/althing-network/althing/spec"
)

// Store keeps blobs and the labels that lead to them. All methods may be called from many
// goroutines at once. [Dir] and [Memory] implement it; package blobtest is its conformance
// suite.
type Store interface {
	Index

	// Draft begins a blob of at most limit bytes. If d is not zero, the draft can hold only
	// the blob of that digest, and resumes with the bytes that an earlier draft of d left; a
	// second draft of d waits until the first is closed.
	//
	// It reserves limit bytes of the quota; Commit and Close give back what is not used. The
	// error is [ErrFull] if a quota does not allow it.
	Draft(ctx context.Context, d spec.Digest, limit int64) (*Draft, error)
	// For is the store for one task: its drafts count for that task even while their blobs
	// have no label.
	For(task uint64) Store
	// Fill is the share of its quota that a task uses or, for task 0, the store; 0 if there
	// is no quota.
	Fill(task uint64) spec.PPM
	// SweepDrafts drops partial blobs that no draft has used since the previous sweep. It
	// returns how many it dropped.
	SweepDrafts(ctx context.Context) (dropped int, err error)
	// Open opens a blob and returns its size; the error is [ErrNotFound] if there is none.
	// The blob can be read to its end even if it is deleted meanwhile.
	Open(ctx context.Context, d spec.Digest) (io.ReadSeekCloser, int64, error)
	// OpenVerified opens a blob whose bytes have its digest; the error is [ErrNotFound] if
	// there is none. Bytes are hashed when they arrive, and again if they may have changed
	// since, also after a restart; if they do not have the digest, the error is
	// [ErrMismatch]. Close returns [ErrMismatch] if the bytes changed while they were read:
	// what was read counts only once Close returns nil.
	OpenVerified(ctx context.Context, d spec.Digest) (Verified, error)
	// Has reports whether a blob is there.
	Has(ctx context.Context, d spec.Digest) (bool, error)
	// Delete removes a blob without a label. The error is [ErrNotFound] if there is no
	// such blob, [ErrLabelled] if it has a label, which must be forgotten first.
	Delete(ctx context.Context, d spec.Digest) error
	// List names every blob, in ascending order.
	List(ctx context.Context) ([]spec.Digest, error)
	// Sync makes every label given so far, with its blob, survive a power loss. They survive
	// a killed process without it. A node calls it before it attests what it holds.
	Sync(ctx context.Context) error
}

// Verified reads a blob; see [Store]. ReadAt and View may be called from many
// goroutines at once.
type Verified interface {
	io.ReadSeekCloser
	io.ReaderAt
	Size() int64
	// View passes n bytes from offset at on to use without copying them. They are valid until
	// use returns and must not be changed. It fails if the blob is shorter.
	View(at int64, n int, use func(b []byte) error) error
}

// Index maps the place of a blob in a task ([Ref]) to the blob.
type Index interface {
	// Label makes a ref lead to a blob of the store. The error is [ErrNotFound] if there is
	// no such blob, [ErrMismatch] if it has another size, [ErrConflict] if the ref already
	// leads to another blob. Repeating a label is allowed.
	Label(ctx context.Context, l Label) error
	// Relabel changes the salt of a ref that has a label. The error is [ErrNotFound] if the
	// ref has no label, [ErrConflict] if the label leads to another digest, [ErrMismatch] if
	// its size is not the blob's. After a crash or an error the ref has the old label or the
	// new one. Repeating a label is allowed.
	Relabel(ctx context.Context, l Label) error
	// Lookup returns what a ref leads to; the error is [ErrNotFound] if it has no label.
	Lookup(ctx context.Context, r Ref) (Entry, error)
	// Labels lists every label, ordered by chain, task, round, proposal, kind and node.
	Labels(ctx context.Context) ([]Label, error)
	// UpdatesOf lists the labels of the updates of a ref's round, in the same order. Its
	// cost does not depend on other rounds.
	UpdatesOf(ctx context.Context, r Ref) ([]Label, error)
	// LabelsOf lists the labels that lead to a blob, in the same order.
	LabelsOf(ctx context.Context, d spec.Digest) ([]Label, error)
	// Forget removes a label, and the blob if no other label leads to it. The error is
	// [ErrNotFound] if there is no such label.
	Forget(ctx context.Context, r Ref) error
}

// Put stores all of r and returns the digest and the size. If r has more than limit bytes,
// the error is [ErrTooLarge], and nothing is stored.
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

// PutAs is [Put] of bytes whose digest is known. If they do not have it, the error is
// [ErrMismatch], and nothing is stored.
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
