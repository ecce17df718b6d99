package blob

import (
	"fmt"
	"slices"

	"github.com/althing-network/althing/spec"
)

// index holds the labels of a store in memory. The lock of the store protects it.
type index struct {
	entries map[Ref]Entry
	refs    map[spec.Digest]map[Ref]bool
	updates map[spec.Slot]map[Ref]bool // refs of updates, by round: a slot without its node
}

func newIndex() index {
	return index{entries: map[Ref]Entry{}, refs: map[spec.Digest]map[Ref]bool{}, updates: map[spec.Slot]map[Ref]bool{}}
}

// newLabels picks the labels that the index does not have. A ref that already leads to
// another blob is ErrConflict.
func (x index) newLabels(labels []Label) ([]Label, error) {
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

// replaceable fails unless a label differs from the present one of its ref only in its
// salt.
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
		addRef(x.refs, l.Digest, l.Ref)
		if l.Kind == Update {
			addRef(x.updates, round(l.Ref), l.Ref)
		}
	}
}

// round is the slot of a ref without its node.
func round(r Ref) spec.Slot {
	r.Slot.Node = 0
	return r.Slot
}

func addRef[K comparable](sets map[K]map[Ref]bool, key K, r Ref) {
	if sets[key] == nil {
		sets[key] = map[Ref]bool{}
	}
	sets[key][r] = true
}

func removeRef[K comparable](sets map[K]map[Ref]bool, key K, r Ref) {
	delete(sets[key], r)
	if len(sets[key]) == 0 {
		delete(sets, key)
	}
}

func (x index) remove(r Ref) {
	removeRef(x.refs, x.entries[r].Digest, r)
	removeRef(x.updates, round(r), r)
	delete(x.entries, r)
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

func (x index) ofBlob(d spec.Digest) []Label { return x.labels(x.refs[d]) }

func (x index) labels(refs map[Ref]bool) []Label {
	var labels []Label
	for r := range refs {
		labels = append(labels, Label{r, x.entries[r]})
	}
	return sorted(labels)
}

// deletable fails with ErrLabelled if a label leads to the blob.
func (x index) deletable(d spec.Digest) error {
	if labels := x.ofBlob(d); len(labels) > 0 {
		return fmt.Errorf("%w: %s by %s", ErrLabelled, d, labels[0].Ref)
	}
	return nil
}

func sorted(labels []Label) []Label {
	slices.SortFunc(labels, func(a, b Label) int { return a.compare(b.Ref) })
	return labels
}
