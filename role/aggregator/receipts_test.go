package aggregator_test

import (
	"bytes"
	"crypto/ed25519"
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// TestAttack12UploadWhileItAttests: a trainer holds its update back until the aggregators
// attest, uploads while the attestation is on its way, and shows receipts that contradict
// it, so that honest aggregators lose standing.
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
		ask(racing) // its update came after the store was read for the last time
		r := spec.Round{Task: 1, Number: 1, Phase: spec.PhaseAttest, Since: 1, Deadline: 101, Aggregates: []spec.Aggregate{{Node: own}}}
		for i, node := range []uint64{prompt, late, racing} {
			r.Trainers = append(r.Trainers, spec.Contribution{Node: node, Bit: uint32(i), Height: 1})
		}
		task := spec.Task{ID: 1, Aggregators: []spec.Member{{Node: own, Ready: spec.DigestOf([]byte("model 0"))}}}
		m := aggregator.Machine{Node: own, Receipts: receipts}
		actions := m.Handle(role.Saw{Duties: []role.Duty{{Task: task, Round: r, Held: []uint64{prompt}}}, Now: 50})
		attested = actions[0].(role.Send).Input.(round.Attest).Holds
		ask(late)
		ask(prompt) // who has one gets it again
		return attested, given
	}
	// Off: the receipts do not end.
	attested, given := play(nil)
	if !given[late] || spec.Held(attested, 1) || !given[racing] || spec.Held(attested, 2) {
		t.Fatal("the attack does not work even undefended")
	}
	attested, given = play(&aggregator.Receipts{})
	for i, node := range []uint64{prompt, late, racing} {
		if given[node] != spec.Held(attested, i) {
			t.Errorf("node %d has a receipt: %t, and is in the bitmap: %t", node, given[node], spec.Held(attested, i))
		}
	}
	if !given[prompt] || given[late] || !given[racing] {
		t.Errorf("receipts are %v", given)
	}
}
