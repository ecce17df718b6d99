package blob

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/althing-network/althing/spec"
)

// Memory is a [Store] in memory, for simulations and for reading a blob once.
type Memory struct {
	mu     sync.Mutex
	blobs  map[spec.Digest][]byte
	left   map[spec.Digest][]byte // partial blobs of unfinished drafts
	old    map[spec.Digest]bool   // partial blobs not used since the last sweep
	labels index
	claims claims
}

var _ Store = (*Memory)(nil)

// NewMemory is an empty store.
func NewMemory() *Memory {
	return &Memory{blobs: map[spec.Digest][]byte{}, left: map[spec.Digest][]byte{}, old: map[spec.Digest]bool{}, labels: newIndex()}
}

// Draft implements [Store].
func (m *Memory) Draft(ctx context.Context, d spec.Digest, limit int64) (*Draft, error) {
	p := &memoryDraft{store: m, want: d, unclaim: func() {}}
	if !d.IsZero() {
		release, err := m.claims.take(ctx, d)
		if err != nil {
			return nil, err
		}
		p.unclaim = release
		m.mu.Lock()
		p.bytes = m.left[d]
		delete(m.left, d)
		m.mu.Unlock()
	}
	return newDraft(d, limit, p)
}

// For implements [Store]: memory has no quota.
func (m *Memory) For(uint64) Store { return m }

// Fill implements [Store].
func (m *Memory) Fill(uint64) spec.PPM { return 0 }

// SweepDrafts implements [Store].
func (m *Memory) SweepDrafts(context.Context) (dropped int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for d := range m.left {
		if m.old[d] {
			delete(m.left, d)
			dropped++
		}
	}
	clear(m.old)
	for d := range m.left {
		m.old[d] = true
	}
	return dropped, nil
}

// Open implements [Store].
func (m *Memory) Open(_ context.Context, d spec.Digest) (io.ReadSeekCloser, int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.blobs[d]
	if !ok {
		return nil, 0, fmt.Errorf("%w: %s", ErrNotFound, d)
	}
	return memoryReader{bytes.NewReader(b), b}, int64(len(b)), nil
}

// OpenVerified implements [Store]: bytes in memory do not change.
func (m *Memory) OpenVerified(_ context.Context, d spec.Digest) (Verified, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.blobs[d]
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, d)
	}
	return memoryReader{bytes.NewReader(b), b}, nil
}

// Sync implements [Store]: memory has nothing to sync.
func (m *Memory) Sync(context.Context) error { return nil }

// Has implements [Store].
func (m *Memory) Has(_ context.Context, d spec.Digest) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, ok := m.blobs[d]
	return ok, nil
}

// Delete implements [Store].
func (m *Memory) Delete(_ context.Context, d spec.Digest) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.labels.deletable(d); err != nil {
		return err
	}
	if _, ok := m.blobs[d]; !ok {
		return fmt.Errorf("%w: %s", ErrNotFound, d)
	}
	delete(m.blobs, d)
	return nil
}

// List implements [Store].
func (m *Memory) List(context.Context) ([]spec.Digest, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	names := make([]spec.Digest, 0, len(m.blobs))
	for d := range m.blobs {
		names = append(names, d)
	}
	slices.SortFunc(names, func(a, b spec.Digest) int { return bytes.Compare(a[:], b[:]) })
	return names, nil
}

// Label implements [Index].
func (m *Memory) Label(_ context.Context, l Label) error {
	if err := l.Validate(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.blobs[l.Digest]
	switch {
	case !ok:
		return fmt.Errorf("%w: %s", ErrNotFound, l.Digest)
	case int64(len(b)) != l.Size:
		return fmt.Errorf("%w: %s has %d bytes, not %d", ErrMismatch, l.Digest, len(b), l.Size)
	}
	fresh, err := m.labels.newLabels([]Label{l})
	m.labels.add(fresh...)
	return err
}

// Relabel implements [Index].
func (m *Memory) Relabel(_ context.Context, l Label) error {
	if err := l.Validate(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.labels.replaceable(l); err != nil {
		return err
	}
	m.labels.add(l)
	return nil
}

// Lookup implements [Index].
func (m *Memory) Lookup(_ context.Context, r Ref) (Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.labels.lookup(r)
}

// Labels implements [Index].
func (m *Memory) Labels(context.Context) ([]Label, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.labels.all(), nil
}

// UpdatesOf implements [Index].
func (m *Memory) UpdatesOf(_ context.Context, r Ref) ([]Label, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.labels.labels(m.labels.updates[round(r)]), nil
}

// LabelsOf implements [Index].
func (m *Memory) LabelsOf(_ context.Context, d spec.Digest) ([]Label, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.labels.ofBlob(d), nil
}

// Forget implements [Index].
func (m *Memory) Forget(_ context.Context, r Ref) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, err := m.labels.lookup(r)
	if err != nil {
		return err
	}
	m.labels.remove(r)
	if m.labels.deletable(e.Digest) == nil {
		delete(m.blobs, e.Digest)
	}
	return nil
}

// memoryDraft is the storage of a draft in memory.
type memoryDraft struct {
	store   *Memory
	want    spec.Digest
	bytes   []byte
	unclaim func()
}

func (p *memoryDraft) Write(b []byte) (int, error) {
	p.bytes = append(p.bytes, b...)
	return len(b), nil
}

func (p *memoryDraft) ReadAt(b []byte, off int64) (int, error) {
	return bytes.NewReader(p.bytes).ReadAt(b, off)
}

func (p *memoryDraft) Len() (int64, error) { return int64(len(p.bytes)), nil }

func (p *memoryDraft) Truncate(size int64) error {
	p.bytes = p.bytes[:size]
	return nil
}

func (p *memoryDraft) commit(d spec.Digest, labels []Label) error {
	p.store.mu.Lock()
	defer p.store.mu.Unlock()
	fresh, err := p.store.labels.newLabels(labels)
	if err != nil {
		return err
	}
	p.store.blobs[d] = p.bytes
	p.store.labels.add(fresh...)
	return nil
}

func (p *memoryDraft) release(keepPartial bool) error {
	p.store.mu.Lock()
	defer p.unclaim()
	defer p.store.mu.Unlock()
	if keepPartial {
		p.store.left[p.want] = p.bytes
		delete(p.store.old, p.want)
	}
	return nil
}

// memoryReader reads a blob in memory.
type memoryReader struct {
	*bytes.Reader
	bytes []byte
}

// View implements [Verified].
func (r memoryReader) View(at int64, n int, use func([]byte) error) error {
	if err := checkRange(at, n, r.Size()); err != nil {
		return err
	}
	return use(r.bytes[at : at+int64(n)])
}

func (memoryReader) Close() error { return nil }
