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

// maxFruitless is how many attempts in a row may end without a whole chunk before the next
// peer is asked.
const maxFruitless = 3

// stallThreshold is when a transfer that the caller cancels counts as stalled. A round that
// moves on cancels its transfers before the chunk timeout, and without this the next round
// would begin with the same slow peer.
const stallThreshold = 500 * time.Millisecond

// FetchModel downloads a model of at most limit bytes into a store, unless the store has
// it, and returns its size. Peers are asked in turn. Verified partial downloads are resumed
// from the next peer, and by later calls. If no peer has the model the error is
// [ErrNotFound]. The blob has no label yet: a [Server] serves it only once the caller
// labels it as a model.
func (c Client) FetchModel(ctx context.Context, peers []Peer, d spec.Digest, limit int64, into Store) (int64, error) {
	f := fetch{Client: c, target: "/v1/models/" + d.String(), limit: limit, into: into}
	f.accept = func(_ http.Header, size int64) (Entry, error) { return Entry{Digest: d, Size: size}, nil }
	if size, ok := sizeOf(ctx, into, d); ok {
		return size, nil
	}
	e, err := f.fromPeers(ctx, peers)
	return e.Size, err
}

// FetchUpdate downloads an update of at most limit bytes into a store, with its label,
// unless the store has it. A peer is skipped if its digest and salt do not open the
// commitment that the chain records for the slot ([spec.UpdateCommitment]). The caller
// checks the content of the update. If no peer has the update the error is [ErrNotFound].
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
	return f.fromPeers(ctx, peers)
}

// fetch is one blob to be downloaded.
type fetch struct {
	Client
	target string
	limit  int64
	into   Store
	accept func(h http.Header, size int64) (Entry, error) // refuses what is not the wanted blob
	labels func(Entry) []Label                            // nil: none
}

// fromPeers asks peers in turn.
func (f fetch) fromPeers(ctx context.Context, peers []Peer) (Entry, error) {
	var failed error
	for _, peer := range peers {
		began := f.now()
		e, err := f.fromPeer(ctx, peer)
		if err == nil {
			return e, nil
		}
		if ctx.Err() != nil {
			if f.onStalled != nil && f.now().Sub(began) >= stallThreshold {
				f.onStalled(peer)
			}
			return Entry{}, cause(ctx, err)
		}
		if errors.Is(err, ErrFull) { // another peer would not help
			return Entry{}, fmt.Errorf("get %s: %w", f.target, err)
		}
		if errors.Is(err, ErrStalled) && f.onStalled != nil {
			f.onStalled(peer)
		}
		if errors.Is(err, ErrOtherKey) && f.onOtherKey != nil {
			f.onOtherKey(peer)
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

// fromPeer asks one peer, again and again while there is progress.
func (f fetch) fromPeer(ctx context.Context, peer Peer) (Entry, error) {
	for fruitless := 0; ; {
		e, progress, err := f.attempt(ctx, peer)
		if progress {
			fruitless = 0
		} else {
			fruitless++
		}
		if !errors.Is(err, errBroken) || errors.Is(err, ErrStalled) || fruitless == maxFruitless || ctx.Err() != nil {
			return e, err
		}
	}
}

// errBroken is a transfer that ended early; asking the same peer again may help.
var errBroken = fmt.Errorf("%w: transfer is interrupted", spec.ErrCommunication)

// attempt asks one peer once; progress reports whether it sent a whole chunk.
func (f fetch) attempt(ctx context.Context, peer Peer) (_ Entry, progress bool, _ error) {
	if f.limit <= ChunkSize {
		return f.fetchWhole(ctx, peer)
	}
	m, e, err := f.fetchManifest(ctx, peer)
	if err != nil {
		return Entry{}, false, err
	}
	return f.fillDraft(ctx, e, func(draft *Draft) (bool, error) { return f.fetchChunks(ctx, peer, m, draft) })
}

// fetchWhole gets a blob of at most one chunk, for which a manifest would be of no use.
func (f fetch) fetchWhole(ctx context.Context, peer Peer) (_ Entry, progress bool, _ error) {
	ctx, _, stop := withChunkTimeout(ctx, f.chunkTimeout())
	defer stop()
	answer, err := f.do(ctx, http.MethodGet, peer, f.target, nil)
	if err != nil {
		return Entry{}, false, err
	}
	defer answer.Body.Close()
	size := answer.ContentLength
	switch {
	case size < 0:
		return Entry{}, false, fmt.Errorf("%w: peer sends no Content-Length", ErrMalformed)
	case size > f.limit:
		return Entry{}, false, fmt.Errorf("%w: %d bytes: want at most %d", ErrTooLarge, size, f.limit)
	}
	e, err := f.accept(answer.Header, size)
	if err != nil {
		return Entry{}, false, err
	}
	b := make([]byte, size)
	if _, err := io.ReadFull(answer.Body, b); err != nil {
		return Entry{}, false, fmt.Errorf("%w: %w", errBroken, cause(ctx, err))
	}
	return f.fillDraft(ctx, e, func(draft *Draft) (bool, error) {
		if err := draft.Rewind(0); err != nil {
			return false, err
		}
		_, err := draft.Write(b)
		return err == nil, err
	})
}

// fillDraft begins a draft of a blob, fills it by calling bring, and commits it, unless the
// store has the blob by now.
func (f fetch) fillDraft(ctx context.Context, e Entry, bring func(*Draft) (progress bool, err error)) (_ Entry, progress bool, _ error) {
	draft, err := f.into.Draft(ctx, e.Digest, f.limit) // waits for another fetch of the same blob
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
	if progress, err = bring(draft); err != nil {
		return Entry{}, progress, err
	}
	return e, progress, draft.Commit(ctx, f.label(e)...)
}

// fetchManifest asks a peer for the manifest of the blob, and checks that it is the wanted one.
func (f fetch) fetchManifest(ctx context.Context, peer Peer) (m Manifest, _ Entry, _ error) {
	ctx, _, stop := withChunkTimeout(ctx, f.chunkTimeout())
	defer stop()
	h, err := f.getJSON(ctx, peer, f.target+"?manifest", 1<<10+80*chunks(f.limit), &m)
	if err != nil {
		return Manifest{}, Entry{}, err
	}
	if err := m.Validate(); err != nil {
		return Manifest{}, Entry{}, err
	}
	if m.Size > f.limit {
		return Manifest{}, Entry{}, fmt.Errorf("%w: %d bytes: want at most %d", ErrTooLarge, m.Size, f.limit)
	}
	e, err := f.accept(h, m.Size)
	return m, e, err
}

// fetchChunks appends the missing chunks to a draft, each after its digest was checked.
func (f fetch) fetchChunks(ctx context.Context, peer Peer, m Manifest, draft *Draft) (progress bool, err error) {
	ctx, alive, stop := withMinSpeed(ctx, f.chunkTimeout(), f.minSpeed())
	defer stop()
	first := m.commonChunks(Manifest{Chunks: draft.sum.done})
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
			return progress, fmt.Errorf("%w in chunk %d of %d: %w", errBroken, i, len(m.Chunks), cause(ctx, err))
		}
		got := spec.DigestOf(b)
		if got != m.Chunks[i] {
			return progress, fmt.Errorf("%w: chunk %d of %d is %s, want %s", ErrMismatch, i, len(m.Chunks), got, m.Chunks[i])
		}
		if err := draft.append(b, got); err != nil {
			return progress, err
		}
		progress = true
		alive()
	}
	return progress, nil
}

func (f fetch) label(e Entry) []Label {
	if f.labels == nil {
		return nil
	}
	return f.labels(e)
}

// sizeOf is the size of a blob, if the store has it.
func sizeOf(ctx context.Context, s Store, d spec.Digest) (int64, bool) {
	f, size, err := s.Open(ctx, d)
	if err != nil {
		return 0, false
	}
	return size, f.Close() == nil
}
