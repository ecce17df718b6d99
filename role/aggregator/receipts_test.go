package aggregator_test

import (
	"bytes"
	"crypto/ed25519"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// TestAttack12UploadWhileItAttests: a trainer holds its update back until the aggregators
// attest, uploads while the attestation is on its way, and shows receipts that contradict the
// attestation, so that honest aggregators lose reputation.
func TestAttack12UploadWhileItAttests(t *testing.T) {
	const own, prompt, late, racing = 1, 11, 12, 13
	play := func(receipts *aggregator.Receipts) (attested []byte, given map[uint64]bool) {
		policy := aggregator.Policy{Node: own, Key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)), Receipts: receipts}
		given = map[uint64]bool{}
		ask := func(trainer uint64) {
			ref := blob.Ref{Kind: blob.Update, Slot: spec.Slot{Chain: "c", Task: 1, Round: 1, Node: trainer}}
			receipt, err := policy.Receipt(t.Context(), ref, blob.Entry{Digest: spec.DigestOf([]byte("update"))})
			if err != nil {
				t.Fatal(err)
			}
			given[trainer] = !receipt.Signature.IsZero()
		}
		ask(prompt)
		ask(racing) // this update arrived after the machine read the store
		r := spec.Round{Task: 1, Number: 1, Phase: spec.PhaseAttest, Since: 1, Deadline: 101, Aggregates: []spec.Aggregate{{Node: own}}}
		for i, node := range []uint64{prompt, late, racing} {
			r.Trainers = append(r.Trainers, spec.Contribution{Node: node, Bit: uint32(i), Height: 1})
		}
		task := spec.Task{ID: 1, Aggregators: []spec.Member{{Node: own, Ready: spec.DigestOf([]byte("model 0"))}}}
		m := aggregator.Machine{Node: own, Receipts: receipts}
		actions := m.Handle(role.Saw{Duties: []role.Duty{{Task: task, Round: r, Stored: []uint64{prompt}}}, Now: 50})
		attested = actions[0].(role.Send).Input.(round.Attest).Holds
		ask(late)
		ask(prompt) // a second request gets the same receipt
		return attested, given
	}
	// Off: receipts are given also after the attestation.
	attested, given := play(nil)
	if !given[late] || spec.HasBit(attested, 1) || !given[racing] || spec.HasBit(attested, 2) {
		t.Fatal("the attack does not work even undefended")
	}
	attested, given = play(&aggregator.Receipts{})
	for i, node := range []uint64{prompt, late, racing} {
		if given[node] != spec.HasBit(attested, i) {
			t.Errorf("trainer %d has a receipt: %t, and is in the attested bitmap: %t", node, given[node], spec.HasBit(attested, i))
		}
	}
	if !given[prompt] || given[late] || !given[racing] {
		t.Errorf("receipts by trainer: %v, want for %d and %d only", given, prompt, racing)
	}
}

// TestAttestationsOfAnHonestNodeDoNotContradict: updates arrive, and the node crashes at any
// moment and restarts with its store. Whether or not its messages reach a block, no two bitmaps
// that it signed contradict each other.
func TestAttestationsOfAnHonestNodeDoNotContradict(t *testing.T) {
	const own = 1
	rapid.Check(t, func(t *rapid.T) {
		r := spec.Round{Task: 1, Number: 1, Phase: spec.PhaseAttest, Since: 1, Deadline: 101, Aggregates: []spec.Aggregate{{Node: own}}}
		for i := range rapid.IntRange(1, 20).Draw(t, "trainers") {
			r.Trainers = append(r.Trainers, spec.Contribution{Node: uint64(11 + i), Bit: uint32(i), Height: 1})
		}
		task := spec.Task{ID: 1, Aggregators: []spec.Member{{Node: own, Ready: spec.DigestOf([]byte("model 0"))}}}
		var stored []uint64
		var said []round.Attest
		receipts := &aggregator.Receipts{}
		m := aggregator.Machine{Node: own, Receipts: receipts}
		for range rapid.IntRange(1, 12).Draw(t, "blocks") {
			seen := slices.Clone(stored)
			for _, c := range r.Trainers { // some arrive after the machine reads the store for this block
				if !slices.Contains(stored, c.Node) && rapid.IntRange(0, 4).Draw(t, "uploads") == 0 {
					stored = append(stored, c.Node)
					policy := aggregator.Policy{Node: own, Key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)), Receipts: receipts}
					ref := blob.Ref{Kind: blob.Update, Slot: task.Slot(1, c.Node)}
					if _, err := policy.Receipt(t.Context(), ref, blob.Entry{}); err != nil {
						t.Fatal(err)
					}
				}
			}
			slices.Sort(seen)
			slices.Sort(stored)
			for _, a := range m.Handle(role.Saw{Duties: []role.Duty{{Task: task, Round: r, Stored: seen}}, Now: 50}) {
				said = append(said, a.(role.Send).Input.(round.Attest))
			}
			if rapid.IntRange(0, 2).Draw(t, "stops") == 0 {
				receipts = &aggregator.Receipts{}
				m = aggregator.Machine{Node: own, Receipts: receipts}
			}
		}
		for _, a := range said {
			for _, b := range said {
				if round.Contradict(a, b) {
					t.Fatalf("an honest node signed %08b and %08b", a.Holds, b.Holds)
				}
			}
		}
	})
}
