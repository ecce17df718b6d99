package datasetpb_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/pb/datasetpb"
	"github.com/althing-network/althing/spec"
)

func TestDatasetComesBackFromTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.Make[spec.Dataset]().Draw(t, "data set")
		sent := datasetpb.DatasetFromSpec(want)
		raw, err := sent.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		var received datasetpb.Dataset
		if err := received.Unmarshal(raw); err != nil {
			t.Fatal(err)
		}
		got, err := received.ToSpec()
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("(-want +got):\n%s", d)
		}
	})
}

func TestCommitmentOfAnotherLengthIsRefused(t *testing.T) {
	d := datasetpb.Dataset{Id: 7, Description: datasetpb.Description{Commitment: make([]byte, 31)}}
	if _, err := d.ToSpec(); err == nil || !strings.Contains(err.Error(), "data set 7: commitment: digest of 31 bytes") {
		t.Errorf("got %v", err)
	}
}

func FuzzDataset(f *testing.F) {
	seed := datasetpb.DatasetFromSpec(spec.Dataset{
		ID: 1, Owner: "ann", Registered: 9,
		Description: spec.Description{Name: "digits", Commitment: spec.DigestOf(nil), Features: 64, Classes: 10, Rows: 3, Key: spec.PublicKey{1}},
	})
	raw, err := seed.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		var m datasetpb.Dataset
		if m.Unmarshal(raw) != nil {
			return
		}
		d, err := m.ToSpec()
		if err != nil {
			return
		}
		again := datasetpb.DatasetFromSpec(d)
		back, err := again.ToSpec()
		if err != nil || back != d {
			t.Errorf("%+v becomes %+v (%v)", d, back, err)
		}
	})
}
