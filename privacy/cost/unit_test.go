package cost_test

import (
	"encoding/json"
	"testing"

	"github.com/althing-network/althing/privacy/cost"
)

func TestUnitsAndAdjacenciesReadBack(t *testing.T) {
	for _, u := range cost.Units() {
		if got, err := cost.ParseUnit(u.String()); got != u || err != nil || !u.Valid() {
			t.Errorf("unit %s reads back as %q, %v", u, got, err)
		}
	}
	for _, a := range cost.Adjacencies() {
		if got, err := cost.ParseAdjacency(a.String()); got != a || err != nil || !a.Valid() {
			t.Errorf("adjacency %s reads back as %q, %v", a, got, err)
		}
	}
	var read struct {
		U cost.Unit
		A cost.Adjacency
	}
	if err := json.Unmarshal([]byte(`{"U":"data-subject","A":"replace-one"}`), &read); err != nil || read.U != cost.DataSubject || read.A != cost.ReplaceOne {
		t.Errorf("read %v, %v", read, err)
	}
	for _, wrong := range []string{`{"U":"person"}`, `{"A":"swap"}`, `{"U":""}`, `{"A":""}`} {
		if err := json.Unmarshal([]byte(wrong), &read); err == nil {
			t.Errorf("%s is read as %v", wrong, read)
		}
	}
	if cost.Unit("").Valid() || cost.Adjacency("").Valid() {
		t.Error("the empty string is a valid unit or adjacency")
	}
}

func TestReplacingStretchesTheSensitivity(t *testing.T) {
	for a, want := range map[cost.Adjacency]uint64{cost.ZeroOut: 1, cost.AddRemove: 1, cost.ReplaceOne: 2, "": 2} {
		if got := a.Stretch(); got != want {
			t.Errorf("%q: %d, want %d", a, got, want)
		}
	}
}
