package trainer

import (
	"context"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// receiptsKey is the key under which the receipts for an update are recorded.
func receiptsKey(task, round uint64) string { return role.RecordKey("receipts", task, round) }

// record keeps the receipts that are valid, beside those that are known already: an
// upload that reached too few aggregators is tried again.
func (a Upload) record(t role.Tools, e blob.Entry, given []spec.Receipt) error {
	var known, kept []spec.Receipt
	if _, err := t.Journal.Recall(receiptsKey(a.Task.ID, a.Round.Number), &known); err != nil {
		return err
	}
	slot := t.Slot(a.Task, a.Round.Number)
	commitment := spec.UpdateCommitment(slot, e.Digest, e.Salt)
	for i, member := range a.Task.Aggregators { // in the order in which they are shown
		receipt := spec.Receipt{}
		for _, r := range append(known, given[min(i, len(given)):min(i+1, len(given))]...) {
			if r.Aggregator == member.Node && member.Key.Signed(spec.ReceiptStatement(slot, member.Node, commitment), r.Signature) {
				receipt = r
			}
		}
		if receipt.Aggregator > 0 {
			kept = append(kept, receipt)
		}
	}
	if len(kept) == len(known) {
		return nil
	}
	return t.Journal.Record(receiptsKey(a.Task.ID, a.Round.Number), kept)
}

// Show shows the receipts for the node's update to the chain, because too few aggregators
// attest it. Who has none says so, so that nobody waits.
type Show struct {
	Task, Round uint64
	Enough      int // f+1 receipts are a proof: more make a message too long to be free
}

var _ role.Repeated = Show{}

// Key implements [role.Action].
func (a Show) Key() string { return role.RecordKey("show", a.Task, a.Round) }

// RepeatAfter implements [role.Repeated]: what is in no block is said again.
func (Show) RepeatAfter() int64 { return role.Send{}.RepeatAfter() }

// Do implements [role.Action].
func (a Show) Do(ctx context.Context, t role.Tools) (role.Event, error) {
	proof := round.Prove{Node: t.Node, Round: a.Round}
	if _, err := t.Journal.Recall(receiptsKey(a.Task, a.Round), &proof.Receipts); err != nil {
		return nil, err
	}
	proof.Receipts = proof.Receipts[:min(a.Enough, len(proof.Receipts))]
	return role.Send{Task: a.Task, Round: a.Round, Input: proof}.Do(ctx, t)
}
