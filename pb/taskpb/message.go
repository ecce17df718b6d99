package taskpb

import (
	"fmt"

	"github.com/cosmos/gogoproto/proto"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Message is what an account says to a task: an input of the task's round, and
// the account instead of its node.
type Message interface {
	proto.Message
	GetOwner() string
	GetTask() uint64
}

// MessageOf is the message by which an account gives a task an input. Whose node
// says it is not in the message: the chain knows the node of an account. What
// only the chain gives to a task, such as the end of a block, is no message.
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
	return nil, fmt.Errorf("%w: no account says a %T", round.ErrMalformed, in)
}

// NominationOf is what the task of an update of the model is told when its proposal is
// queued; not named where the update goes on with the task's own model.
func NominationOf(proposal uint64, m *MsgUpdateModel) (in round.Nominate, named bool, err error) {
	amend, err := AmendmentOf(0, m)
	return round.Nominate{Proposal: proposal, Updates: amend.Updates, Model: amend.Model, Holder: m.Holder}, !amend.Model.IsZero(), err
}

// AmendmentOf is what it is told when the proposal is carried out. It refuses digests of a
// wrong length as [round.ErrMalformed].
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

// InputOf is what a message means to the round, said by a node. It refuses what
// no round reads, and digests and salts of a wrong length, as
// [round.ErrMalformed].
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
		return nil, fmt.Errorf("%w: no round reads a %T", round.ErrMalformed, m)
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

func givenFromSpec(g round.Given) Given {
	return Given{Commitment: digest(g.Commitment), Signature: signature(g.Signature)}
}

func givenToSpec(r *digests, m Given) round.Given {
	return round.Given{Commitment: r.read("commitment", m.Commitment), Signature: r.signature(m.Signature)}
}
