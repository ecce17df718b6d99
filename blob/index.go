package blob

import (
	"fmt"
	"slices"

	"github.com/althing-network/althing/spec"
)

// index is the labels of a store in memory; its store has the lock.
type index struct {
	entries map[Ref]Entry
	refs    map[spec.Digest]map[Ref]bool
}

func newIndex() index {
	return index{entries: map[Ref]Entry{}, refs: map[spec.Digest]map[Ref]bool{}}
}

// fresh picks the labels that are not there yet; one that leads elsewhere is
// ErrConflict.
func (x index) fresh(labels []Label) ([]Label, error) {
	var fresh []Label
	for _, l := range labels {
		switch old, there := x.entries[l.Ref]; {
		case !there:
			fresh = append(fresh, l)
		case old != l.Entry:
			return nil, fmt.Errorf("%w: %s leads to %s", ErrConflict, l.Ref, old.Digest)
		}
	}
	return fresh, nil
}

// replaceable reports whether a label may take the place of the one that its ref
// has: only the salt may differ.
func (x index) replaceable(l Label) error {
	old, err := x.lookup(l.Ref)
	switch {
	case err != nil:
		return err
	case old.Digest != l.Digest:
		return fmt.Errorf("%w: %s leads to %s", ErrConflict, l.Ref, old.Digest)
	case old.Size != l.Size:
		return fmt.Errorf("%w: %s has %d bytes, not %d", ErrMismatch, l.Digest, old.Size, l.Size)
	}
	return nil
}

func (x index) add(labels ...Label) {
	for _, l := range labels {
		x.entries[l.Ref] = l.Entry
		if x.refs[l.Digest] == nil {
			x.refs[l.Digest] = map[Ref]bool{}
		}
		x.refs[l.Digest][l.Ref] = true
	}
}

func (x index) remove(r Ref) {
	d := x.entries[r].Digest
	delete(x.entries, r)
	delete(x.refs[d], r)
	if len(x.refs[d]) == 0 {
		delete(x.refs, d)
	}
}

func (x index) lookup(r Ref) (Entry, error) {
	e, ok := x.entries[r]
	if !ok {
		return Entry{}, fmt.Errorf("%w: %s", ErrNotFound, r)
	}
	return e, nil
}

func (x index) all() []Label {
	labels := make([]Label, 0, len(x.entries))
	for r, e := range x.entries {
		labels = append(labels, Label{r, e})
	}
	return sorted(labels)
}

func (x index) of(d spec.Digest) []Label {
	var labels []Label
	for r := range x.refs[d] {
		labels = append(labels, Label{r, x.entries[r]})
	}
	return sorted(labels)
}

// deletable reports whether no label leads to a blob.
func (x index) deletable(d spec.Digest) error {
	if labels := x.of(d); len(labels) > 0 {
		return fmt.Errorf("%w: %s by %s", ErrLabelled, d, labels[0].Ref)
	}
	return nil
}

func sorted(labels []Label) []Label {
	slices.SortFunc(labels, func(a, b Label) int { return a.compare(b.Ref) })
	return labels
}
