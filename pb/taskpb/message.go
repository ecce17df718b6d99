package taskpb

import (
	"fmt"

	"github.com/cosmos/gogoproto/proto"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Message is a message of an account to a task: an input of package round, with the account in
// place of its node.
type Message interface {
	proto.Message
	GetOwner() string
	GetTask() uint64
}

// MessageOf converts an input to the message of an account. The node is not in the message: the
// chain knows the node of an account. Inputs that only the chain makes, such as the end of a
// block, have no message.
func MessageOf(owner string, task uint64, in round.Input) (Message, error) {
	switch in := in.(type) {
	case round.Ready:
		return &MsgReady{Owner: owner, Task: task, Digest: digest(in.Digest)}, nil
	case round.Commit:
		return &MsgCommit{Owner: owner, Task: task, Round: in.Round, Commitment: digest(in.Commitment), Samples: in.Samples, Correct: in.Correct, Signature: signature(in.Signature)}, nil
	case round.Decline:
		return &MsgDecline{Owner: owner, Task: task, Round: in.Round, Why: DeclineFromSpec(in.Why)}, nil
	case round.Prove:
		return &MsgProve{Owner: owner, Task: task, Round: in.Round, Receipts: receiptsFromSpec(in.Receipts)}, nil
	case round.Attest:
		return &MsgAttest{Owner: owner, Task: task, Round: in.Round, Holds: in.Holds}, nil
	case round.CommitAggregate:
		return &MsgCommitAggregate{Owner: owner, Task: task, Round: in.Round, Commitment: digest(in.Commitment)}, nil
	case round.RevealAggregate:
		return &MsgRevealAggregate{Owner: owner, Task: task, Round: in.Round, Digest: digest(in.Digest), Salt: in.Salt[:]}, nil
	case round.CommitScore:
		return &MsgCommitScore{Owner: owner, Task: task, Round: in.Round, Commitment: digest(in.Commitment)}, nil
	case round.RevealScore:
		return &MsgRevealScore{Owner: owner, Task: task, Round: in.Round, Score: uint32(in.Score), Counts: countsFromSpec(in.Counts), Salt: in.Salt[:]}, nil
	case round.AttestModel:
		return &MsgAttestModel{Owner: owner, Task: task, Model: digest(in.Model)}, nil
	case round.TwoReceipts:
		return &MsgAccuse{
			Owner: owner, Task: task, Round: in.Round, Aggregator: in.Aggregator, Trainer: in.Trainer,
			First: givenFromSpec(in.First), Second: givenFromSpec(in.Second),
		}, nil
	case round.Cancel:
		return &MsgCancel{Owner: owner, Task: task}, nil
	case round.Select, round.TwoAnswers, round.Tick, round.Nominate, round.Withdraw, round.Amend:
	}
	return nil, fmt.Errorf("%w: input %T has no message", round.ErrMalformed, in)
}

// NominationOf returns the input for a task when a proposal to update its model is queued. Named is
// false if the update names no other model.
func NominationOf(proposal uint64, m *MsgUpdateModel) (in round.Nominate, named bool, err error) {
	amend, err := AmendmentOf(0, m)
	return round.Nominate{Proposal: proposal, Updates: amend.Updates, Model: amend.Model, Holder: m.Holder}, !amend.Model.IsZero(), err
}

// AmendmentOf returns the input for a task when the proposal is executed. Digests of a wrong length
// are [round.ErrMalformed].
func AmendmentOf(proposal uint64, m *MsgUpdateModel) (round.Amend, error) {
	var r digests
	in := round.Amend{
		Proposal: proposal, Base: r.read("base", m.Base), Updates: m.Updates,
		Model: r.read("model", m.Model), Settings: settingsToSpec(m.Settings),
	}
	if r.err != nil {
		return in, fmt.Errorf("%w: %w", round.ErrMalformed, r.err)
	}
	return in, nil
}

// InputOf converts the message of a node to an input. Messages of other kinds, and digests and
// salts of a wrong length, are [round.ErrMalformed].
func InputOf(m proto.Message, node uint64) (round.Input, error) {
	var r digests
	var in round.Input
	switch m := m.(type) {
	case *MsgReady:
		in = round.Ready{Node: node, Digest: r.read("digest", m.Digest)}
	case *MsgCommit:
		in = round.Commit{Node: node, Round: m.Round, Commitment: r.read("commitment", m.Commitment), Samples: m.Samples, Correct: m.Correct, Signature: r.signature(m.Signature)}
	case *MsgDecline:
		in = round.Decline{Node: node, Round: m.Round, Why: r.decline(m.Why)}
	case *MsgProve:
		in = round.Prove{Node: node, Round: m.Round, Receipts: receiptsToSpec(&r, m.Receipts)}
	case *MsgAttest:
		in = round.Attest{Node: node, Round: m.Round, Holds: m.Holds}
	case *MsgCommitAggregate:
		in = round.CommitAggregate{Node: node, Round: m.Round, Commitment: r.read("commitment", m.Commitment)}
	case *MsgRevealAggregate:
		in = round.RevealAggregate{Node: node, Round: m.Round, Digest: r.read("digest", m.Digest), Salt: r.salt(m.Salt)}
	case *MsgCommitScore:
		in = round.CommitScore{Node: node, Round: m.Round, Commitment: r.read("commitment", m.Commitment)}
	case *MsgRevealScore:
		in = round.RevealScore{Node: node, Round: m.Round, Score: spec.PPM(m.Score), Counts: countsToSpec(m.Counts), Salt: r.salt(m.Salt)}
	case *MsgAttestModel:
		in = round.AttestModel{Node: node, Model: r.read("model", m.Model)}
	case *MsgAccuse:
		in = round.TwoReceipts{
			Round: m.Round, Aggregator: m.Aggregator, Trainer: m.Trainer,
			First: givenToSpec(&r, m.First), Second: givenToSpec(&r, m.Second),
		}
	case *MsgCancel:
		in = round.Cancel{Owner: m.Owner}
	default:
		return nil, fmt.Errorf("%w: message %T is no input of a round", round.ErrMalformed, m)
	}
	if r.err != nil {
		return nil, fmt.Errorf("%w: %w", round.ErrMalformed, r.err)
	}
	return in, nil
}

func receiptsFromSpec(list []spec.Receipt) (out []Receipt) {
	for _, r := range list {
		out = append(out, Receipt{Aggregator: r.Aggregator, Signature: signature(r.Signature)})
	}
	return out
}

func receiptsToSpec(r *digests, list []Receipt) (out []spec.Receipt) {
	for _, m := range list {
		out = append(out, spec.Receipt{Aggregator: m.Aggregator, Signature: r.signature(m.Signature)})
	}
	return out
}

func givenFromSpec(g round.SignedReceipt) Given {
	return Given{Commitment: digest(g.Commitment), Signature: signature(g.Signature)}
}

func givenToSpec(r *digests, m Given) round.SignedReceipt {
	return round.SignedReceipt{Commitment: r.read("commitment", m.Commitment), Signature: r.signature(m.Signature)}
}
