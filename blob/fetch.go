package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/althing-network/althing/spec"
)

// attempts is how often in a row a peer may break off without having brought a
// whole chunk before the next peer is asked.
const attempts = 3

// slow is how long a peer may take before it is remembered as one that stalled when the
// caller waits no longer: a round that has moved on lets nobody wait until the patience
// ends, and would begin with the same peer each time.
const slow = 500 * time.Millisecond

// FetchModel downloads a model of at most limit bytes into a store, unless it is
// there, and returns its size. Peers are asked in turn; what one brought and its
// successor confirms is not fetched again, also not by a later call. When no
// peer has it the error is [ErrNotFound]. The blob has no label yet: a [Server]
// serves it only once the caller labels it as a model.
func (c Client) FetchModel(ctx context.Context, peers []Peer, d spec.Digest, limit int64, into Store) (int64, error) {
	f := fetch{Client: c, target: "/v1/models/" + d.String(), limit: limit, into: into}
	f.accept = func(_ http.Header, size int64) (Entry, error) { return Entry{Digest: d, Size: size}, nil }
	if size, ok := sizeOf(ctx, into, d); ok {
		return size, nil
	}
	e, err := f.from(ctx, peers)
	return e.Size, err
}

// FetchUpdate downloads an update of at most limit bytes into a store, with its
// label, unless it is there. A peer whose digest and salt do not open the
// commitment the chain records for the slot ([spec.UpdateCommitment]) is not
// believed. What the update says is for the caller to check. When no peer has
// it the error is [ErrNotFound].
func (c Client) FetchUpdate(ctx context.Context, peers []Peer, r Ref, commitment spec.Digest, limit int64, into Store) (Entry, error) {
	if r.Kind != Update {
		return Entry{}, fmt.Errorf("%w: %s is no update", ErrMalformed, r)
	}
	opens := func(e Entry) error {
		if spec.UpdateCommitment(r.Slot, e.Digest, e.Salt) != commitment {
			return fmt.Errorf("%w: %s", ErrOpening, r)
		}
		return nil
	}
	switch e, err := into.Lookup(ctx, r); {
	case err == nil:
		return e, opens(e)
	case !errors.Is(err, ErrNotFound):
		return Entry{}, err
	}
	f := fetch{Client: c, target: "/v1/" + r.Path(), limit: limit, into: into.For(r.Slot.Task)}
	f.accept = func(h http.Header, size int64) (Entry, error) {
		e, err := entryOf(h, size)
		if err != nil {
			return Entry{}, err
		}
		return e, opens(e)
	}
	f.labels = func(e Entry) []Label { return []Label{{r, e}} }
	return f.from(ctx, peers)
}

// fetch is one blob to be downloaded.
type fetch struct {
	Client
	target string
	limit  int64
	into   Store
	accept func(h http.Header, size int64) (Entry, error) // is this what we want?
	labels func(Entry) []Label                            // nil: none
}

// from asks peers in turn.
func (f fetch) from(ctx context.Context, peers []Peer) (Entry, error) {
	var failed error
	for _, peer := range peers {
		began := f.now()
		e, err := f.persist(ctx, peer)
		if err == nil {
			return e, nil
		}
		if ctx.Err() != nil {
			if f.stalled != nil && f.now().Sub(began) >= slow {
				f.stalled(peer)
			}
			return Entry{}, cause(ctx, err)
		}
		if errors.Is(err, ErrFull) { // no other peer makes room here
			return Entry{}, fmt.Errorf("get %s: %w", f.target, err)
		}
		if errors.Is(err, ErrStalled) && f.stalled != nil {
			f.stalled(peer)
		}
		if errors.Is(err, ErrOtherKey) && f.strange != nil {
			f.strange(peer)
		}
		if !errors.Is(err, ErrNotFound) {
			failed = errors.Join(failed, fmt.Errorf("node %d: %w", peer.Node, err))
		}
	}
	if failed == nil {
		return Entry{}, fmt.Errorf("%w: none of %d peers has %s", ErrNotFound, len(peers), f.target)
	}
	return Entry{}, fmt.Errorf("get %s: %w", f.target, failed)
}

// persist asks one peer again as long as it gets somewhere.
func (f fetch) persist(ctx context.Context, peer Peer) (Entry, error) {
	for fruitless := 0; ; {
		e, moved, err := f.once(ctx, peer)
		if moved {
			fruitless = 0
		} else {
			fruitless++
		}
		if !errors.Is(err, errBroken) || errors.Is(err, ErrStalled) || fruitless == attempts || ctx.Err() != nil {
			return e, err
		}
	}
}

// errBroken is a transfer that ended early: the same peer may do better.
var errBroken = fmt.Errorf("%w: transfer breaks off", spec.ErrCommunication)

// once asks one peer one time; moved reports whether it brought a chunk.
func (f fetch) once(ctx context.Context, peer Peer) (_ Entry, moved bool, _ error) {
	if f.limit <= ChunkSize {
		return f.whole(ctx, peer)
	}
	m, e, err := f.describe(ctx, peer)
	if err != nil {
		return Entry{}, false, err
	}
	return f.fill(ctx, e, func(draft *Draft) (bool, error) { return f.stream(ctx, peer, m, draft) })
}

// whole gets a blob of one chunk at most, of which a manifest would say no more than
// the answer itself.
func (f fetch) whole(ctx context.Context, peer Peer) (_ Entry, moved bool, _ error) {
	ctx, _, stop := watch(ctx, f.patience())
	defer stop()
	answer, err := f.do(ctx, http.MethodGet, peer, f.target, nil)
	if err != nil {
		return Entry{}, false, err
	}
	defer answer.Body.Close()
	size := answer.ContentLength
	switch {
	case size < 0:
		return Entry{}, false, fmt.Errorf("%w: peer does not say how much it sends", ErrMalformed)
	case size > f.limit:
		return Entry{}, false, fmt.Errorf("%w: %d bytes, at most %d are wanted", ErrTooLarge, size, f.limit)
	}
	e, err := f.accept(answer.Header, size)
	if err != nil {
		return Entry{}, false, err
	}
	b := make([]byte, size)
	if _, err := io.ReadFull(answer.Body, b); err != nil {
		return Entry{}, false, fmt.Errorf("%w: %w", errBroken, cause(ctx, err))
	}
	return f.fill(ctx, e, func(draft *Draft) (bool, error) {
		if err := draft.Rewind(0); err != nil {
			return false, err
		}
		_, err := draft.Write(b)
		return err == nil, err
	})
}

// fill has a draft of a blob filled and makes it visible, unless it is there by now.
func (f fetch) fill(ctx context.Context, e Entry, bring func(*Draft) (moved bool, err error)) (_ Entry, moved bool, _ error) {
	draft, err := f.into.Draft(ctx, e.Digest, f.limit) // waits for another fetch of the same
	if err != nil {
		return Entry{}, false, err
	}
	defer draft.Close()
	if size, ok := sizeOf(ctx, f.into, e.Digest); ok && size == e.Size {
		for _, l := range f.label(e) {
			if err := f.into.Label(ctx, l); err != nil {
				return Entry{}, false, err
			}
		}
		return e, false, nil
	}
	if moved, err = bring(draft); err != nil {
		return Entry{}, moved, err
	}
	return e, moved, draft.Commit(ctx, f.label(e)...)
}

// describe asks what a peer would send, and whether that is what is wanted.
func (f fetch) describe(ctx context.Context, peer Peer) (m Manifest, _ Entry, _ error) {
	ctx, _, stop := watch(ctx, f.patience())
	defer stop()
	h, err := f.getJSON(ctx, peer, f.target+"?manifest", 1<<10+80*chunks(f.limit), &m)
	if err != nil {
		return Manifest{}, Entry{}, err
	}
	if err := m.Validate(); err != nil {
		return Manifest{}, Entry{}, err
	}
	if m.Size > f.limit {
		return Manifest{}, Entry{}, fmt.Errorf("%w: %d bytes, at most %d are wanted", ErrTooLarge, m.Size, f.limit)
	}
	e, err := f.accept(h, m.Size)
	return m, e, err
}

// stream appends the chunks a draft lacks, each after its digest was checked.
func (f fetch) stream(ctx context.Context, peer Peer, m Manifest, draft *Draft) (moved bool, err error) {
	ctx, alive, stop := watchSpeed(ctx, f.patience(), f.speed())
	defer stop()
	first := m.agreed(Manifest{Chunks: draft.sum.done})
	start := int64(first) * ChunkSize
	if err := draft.Rewind(start); err != nil {
		return false, err
	}
	if first == len(m.Chunks) {
		return false, nil
	}
	answer, err := f.do(ctx, http.MethodGet, peer, f.target, func(r *http.Request) error {
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-", start))
		return nil
	})
	if err != nil {
		return false, err
	}
	defer answer.Body.Close()
	want := fmt.Sprintf("bytes %d-%d/%d", start, m.Size-1, m.Size)
	if got := answer.Header.Get("Content-Range"); got != want {
		return false, fmt.Errorf("%w: peer sends range %q, want %q", ErrMalformed, got, want)
	}
	buffer := make([]byte, min(ChunkSize, m.Size-start))
	for i := first; i < len(m.Chunks); i++ {
		b := buffer[:m.length(i)]
		if _, err := io.ReadFull(answer.Body, b); err != nil {
			return moved, fmt.Errorf("%w in chunk %d of %d: %w", errBroken, i, len(m.Chunks), cause(ctx, err))
		}
		got := spec.DigestOf(b)
		if got != m.Chunks[i] {
			return moved, fmt.Errorf("%w: chunk %d of %d is %s, want %s", ErrMismatch, i, len(m.Chunks), got, m.Chunks[i])
		}
		if err := draft.append(b, got); err != nil {
			return moved, err
		}
		moved = true
		alive()
	}
	return moved, nil
}

func (f fetch) label(e Entry) []Label {
	if f.labels == nil {
		return nil
	}
	return f.labels(e)
}

// sizeOf is the size of a blob that is there.
func sizeOf(ctx context.Context, s Store, d spec.Digest) (int64, bool) {
	f, size, err := s.Open(ctx, d)
	if err != nil {
		return 0, false
	}
	return size, f.Close() == nil
}
