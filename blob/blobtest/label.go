package blobtest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/spec"
)

func label(t *testing.T, s blob.Store) {
	b := []byte("shared")
	d := put(t, s, b)
	refs := []blob.Ref{ModelRef(0), ModelRef(1), UpdateRef(3), UpdateRef(20)}
	var want []blob.Label
	for _, r := range refs {
		want = append(want, LabelOf(r, b))
	}
	for _, i := range []int{2, 0, 3, 1, 2} { // the last for the second time
		if err := s.Label(t.Context(), want[i]); err != nil {
			t.Fatal(err)
		}
	}
	all, err := s.Labels(t.Context())
	of, err2 := s.LabelsOf(t.Context(), d)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]blob.Label{want, want}, [][]blob.Label{all, of}); diff != "" {
		t.Fatal(diff)
	}
	if e, err := s.Lookup(t.Context(), UpdateRef(3)); err != nil || e != want[2].Entry {
		t.Fatalf("lookup: %+v, %v", e, err)
	}
}

// updatesOf: the updates of a round are listed without its model, and without those of
// other rounds, as long as they have their labels.
func updatesOf(t *testing.T, s blob.Store) {
	b := []byte("shared")
	put(t, s, b)
	other := UpdateRef(3)
	other.Slot.Round++
	far := UpdateRef(3)
	far.Slot.Chain = "other-1"
	want := []blob.Label{LabelOf(UpdateRef(3), b), LabelOf(UpdateRef(20), b)}
	for _, r := range []blob.Ref{UpdateRef(20), other, ModelRef(UpdateRef(3).Slot.Round), far, UpdateRef(3)} {
		if err := s.Label(t.Context(), LabelOf(r, b)); err != nil {
			t.Fatal(err)
		}
	}
	for len(want) > 0 {
		got, err := s.UpdatesOf(t.Context(), ModelRef(UpdateRef(3).Slot.Round))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		if err := s.Forget(t.Context(), want[0].Ref); err != nil {
			t.Fatal(err)
		}
		want = want[1:]
	}
	if got, err := s.UpdatesOf(t.Context(), UpdateRef(3)); err != nil || len(got) != 0 {
		t.Fatalf("after they were forgotten: %v, %v", got, err)
	}
}

func labelRefuses(t *testing.T, s blob.Store) {
	b, other := []byte("here"), []byte("away")
	put(t, s, b)
	right := LabelOf(UpdateRef(1), b)
	wantErr(t, s.Label(t.Context(), LabelOf(UpdateRef(1), other)), blob.ErrNotFound)
	size, salt, place := right, right, right
	size.Size++
	wantErr(t, s.Label(t.Context(), size), blob.ErrMismatch)
	place.Slot.Node = 0
	if err := s.Label(t.Context(), place); err == nil {
		t.Fatal("an update of node 0 was labelled")
	}
	if err := s.Label(t.Context(), right); err != nil {
		t.Fatal(err)
	}
	salt.Salt[0]++
	wantErr(t, s.Label(t.Context(), salt), blob.ErrConflict)
	put(t, s, other)
	wantErr(t, s.Label(t.Context(), LabelOf(UpdateRef(1), other)), blob.ErrConflict)
	if e, err := s.Lookup(t.Context(), UpdateRef(1)); err != nil || e != right.Entry {
		t.Fatalf("the label changed to %+v, %v", e, err)
	}
}

func relabel(t *testing.T, s blob.Store) {
	b := []byte("shared")
	d := put(t, s, b)
	first, second := LabelOf(UpdateRef(1), b), LabelOf(UpdateRef(2), b)
	for _, l := range []blob.Label{first, second} {
		if err := s.Label(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	first.Salt = spec.Salt{2}
	for range 2 { // the second time it changes nothing
		if err := s.Relabel(t.Context(), first); err != nil {
			t.Fatal(err)
		}
	}
	if e, err := s.Lookup(t.Context(), first.Ref); err != nil || e != first.Entry {
		t.Fatalf("lookup: %+v, %v; want %+v", e, err, first.Entry)
	}
	all, err := s.Labels(t.Context())
	of, err2 := s.LabelsOf(t.Context(), d)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	want := []blob.Label{first, second}
	if diff := cmp.Diff([][]blob.Label{want, want}, [][]blob.Label{all, of}); diff != "" {
		t.Fatal(diff)
	}
	wantBytes(t, s, b)
	for _, l := range want { // the blob goes with its last label, as before
		if err := s.Forget(t.Context(), l.Ref); err != nil {
			t.Fatal(err)
		}
	}
	wantEmpty(t, s)
}

func relabelRefuses(t *testing.T, s blob.Store) {
	b, other := []byte("here"), []byte("away")
	put(t, s, b)
	put(t, s, other)
	right := LabelOf(UpdateRef(1), b)
	wantErr(t, s.Relabel(t.Context(), right), blob.ErrNotFound)
	if err := s.Label(t.Context(), right); err != nil {
		t.Fatal(err)
	}
	wantErr(t, s.Relabel(t.Context(), LabelOf(UpdateRef(1), other)), blob.ErrConflict)
	wantErr(t, s.Relabel(t.Context(), LabelOf(UpdateRef(2), b)), blob.ErrNotFound)
	size, place := right, right
	size.Size++
	wantErr(t, s.Relabel(t.Context(), size), blob.ErrMismatch)
	place.Slot.Node = 0
	if err := s.Relabel(t.Context(), place); err == nil {
		t.Fatal("an update of node 0 was relabelled")
	}
	labels, err := s.Labels(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]blob.Label{right}, labels); diff != "" {
		t.Fatal(diff)
	}
}
