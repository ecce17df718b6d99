package task

import (
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// answer is a message of a participant: who signed it, for which task, and what
// the round machine reads in it.
type answer interface {
	sdk.Msg
	GetOwner() string
	GetTask() uint64
}

// read turns a message into the machine's input.
func read(msg answer, node uint64) (round.Input, error) {
	var r reader
	var in round.Input
	switch m := msg.(type) {
	case *taskpb.MsgReady:
		in = round.Ready{Node: node, Digest: r.digest(m.Digest)}
	case *taskpb.MsgCommit:
		in = round.Commit{Node: node, Round: m.Round, Commitment: r.digest(m.Commitment), Samples: m.Samples, Correct: m.Correct}
	case *taskpb.MsgAttest:
		in = round.Attest{Node: node, Round: m.Round, Holds: m.Holds}
	case *taskpb.MsgCommitAggregate:
		in = round.CommitAggregate{Node: node, Round: m.Round, Commitment: r.digest(m.Commitment)}
	case *taskpb.MsgRevealAggregate:
		in = round.RevealAggregate{Node: node, Round: m.Round, Digest: r.digest(m.Digest), Salt: r.salt(m.Salt)}
	case *taskpb.MsgCommitScore:
		in = round.CommitScore{Node: node, Round: m.Round, Commitment: r.digest(m.Commitment)}
	case *taskpb.MsgRevealScore:
		in = round.RevealScore{Node: node, Round: m.Round, Score: spec.PPM(m.Score), Salt: r.salt(m.Salt)}
	default:
		return nil, ErrMalformed.Wrapf("%T is no answer to a round", msg)
	}
	return in, r.err
}

// reader keeps the first malformed field.
type reader struct{ err error }

func (r *reader) digest(b []byte) spec.Digest {
	d, err := spec.DigestFrom(b)
	if err != nil && r.err == nil {
		r.err = ErrMalformed.Wrap(err.Error())
	}
	return d
}

func (r *reader) salt(b []byte) (salt spec.Salt) {
	if len(b) != len(salt) && r.err == nil {
		r.err = ErrMalformed.Wrapf("salt of %d bytes: want %d", len(b), len(salt))
	}
	copy(salt[:], b)
	return salt
}
