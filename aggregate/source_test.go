package aggregate_test

import (
	"testing"

	"github.com/althing-network/althing/aggregate"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

func slot(node uint64) spec.Slot {
	return spec.Slot{Chain: "althing-1", Task: 1, Round: 2, Node: node}
}

// source is an update held in memory.
func source(t testing.TB, node, weight uint64, scaleBits uint32, values ...int32) aggregate.Source {
	t.Helper()
	h := model.UpdateHeader{Slot: slot(node), ScaleBits: scaleBits, Count: uint64(len(values))}
	b, err := model.EncodeUpdate(h, values)
	if err != nil {
		t.Fatal(err)
	}
	return aggregate.Held(slot(node), weight, b)
}

// rules are all there are.
func rules(t *testing.T) map[string]aggregate.Rule {
	t.Helper()
	all := make(map[string]aggregate.Rule)
	for _, name := range []string{spec.RuleFedAvg, spec.RuleMean} {
		rule, err := aggregate.ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = rule
	}
	return all
}
