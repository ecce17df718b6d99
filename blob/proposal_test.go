package blob_test

import (
	"encoding/json"
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/spec"
)

// TestRefOfAProposal: a model that a proposal nominates has its own reference, which differs from
// that of model 0.
func TestRefOfAProposal(t *testing.T) {
	slot := spec.Slot{Chain: "test-1", Task: 1}
	for _, r := range []blob.Ref{{Kind: blob.Model, Slot: slot, Proposal: 7}, {Kind: blob.State, Slot: slot, Proposal: 7}} {
		if want := "tasks/1/proposals/7/" + r.Kind.String(); r.Path() != want || r.Validate() != nil {
			t.Errorf("path %q, %v: want %q", r.Path(), r.Validate(), want)
		}
		if got, err := blob.ParseRef("test-1", r.Path()); err != nil || got != r {
			t.Errorf("%+v comes back as %+v, %v", r, got, err)
		}
		b, err := json.Marshal(blob.Label{Ref: r, Entry: blob.Entry{Digest: spec.DigestOf(nil)}})
		if err != nil {
			t.Fatal(err)
		}
		var l blob.Label
		if err := json.Unmarshal(b, &l); err != nil || l.Ref != r {
			t.Errorf("%s comes back as %+v, %v", b, l.Ref, err)
		}
	}
	for _, path := range []string{"tasks/1/proposals/0/model", "tasks/1/proposals/07/model", "tasks/1/proposals/7/updates/1", "tasks/1/proposals/7/update"} {
		if r, err := blob.ParseRef("test-1", path); err == nil {
			t.Errorf("%s was read as %+v, want an error", path, r)
		}
	}
	slot.Round = 2
	if err := (blob.Ref{Kind: blob.Model, Slot: slot, Proposal: 7}).Validate(); err == nil {
		t.Error("a reference with both a round and a proposal is valid")
	}
}
