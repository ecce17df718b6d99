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

// record adds the valid receipts of an upload to those recorded before: an upload that
// reached too few aggregators is retried.
func (a Upload) record(t role.Tools, e blob.Entry, received []spec.Receipt) error {
	var recorded, valid []spec.Receipt
	if _, err := t.Journal.Recall(receiptsKey(a.Task.ID, a.Round.Number), &recorded); err != nil {
		return err
	}
	slot := t.Slot(a.Task, a.Round.Number)
	commitment := spec.UpdateCommitment(slot, e.Digest, e.Salt)
	for i, member := range a.Task.Aggregators { // the order in which the chain gets them
		receipt := spec.Receipt{}
		for _, r := range append(recorded, received[min(i, len(received)):min(i+1, len(received))]...) {
			if r.Aggregator == member.Node && member.Key.Signed(spec.ReceiptStatement(slot, member.Node, commitment), r.Signature) {
				receipt = r
			}
		}
		if receipt.Aggregator > 0 {
			valid = append(valid, receipt)
		}
	}
	if len(valid) == len(recorded) {
		return nil
	}
	return t.Journal.Record(receiptsKey(a.Task.ID, a.Round.Number), valid)
}

// ShowReceipts submits the receipts for the node's update to the chain, because too few
// aggregators attested to hold it. A node without receipts submits an empty list, so that
// the round does not wait for it.
type ShowReceipts struct {
	Task, Round uint64
	MaxReceipts int // f+1 receipts are a proof: more make a message too long to be free
}

var _ role.Repeated = ShowReceipts{}

// Key implements [role.Action].
func (a ShowReceipts) Key() string { return role.RecordKey("show", a.Task, a.Round) }

// RepeatAfter implements [role.Repeated]: a message that is in no block is sent again.
func (ShowReceipts) RepeatAfter() int64 { return role.Send{}.RepeatAfter() }

// Do implements [role.Action].
func (a ShowReceipts) Do(ctx context.Context, t role.Tools) (role.Event, error) {
	proof := round.Prove{Node: t.Node, Round: a.Round}
	if _, err := t.Journal.Recall(receiptsKey(a.Task, a.Round), &proof.Receipts); err != nil {
		return nil, err
	}
	proof.Receipts = proof.Receipts[:min(a.MaxReceipts, len(proof.Receipts))]
	return role.Send{Task: a.Task, Round: a.Round, Input: proof}.Do(ctx, t)
}
