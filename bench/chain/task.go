package main

import (
	"context"
	"slices"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/spec"
)

// How many messages of a kind are measured per phase: of trainers, and of the committee. One
// more message of a committee could end the phase.
const (
	trainerSamples   = 3
	committeeSamples = 2
)

// task runs one task of two rounds. In the first every message is measured, in the
// second the cancel; the second settles and closes the task.
func (m *measurement) task(ctx context.Context) error {
	steps := []func(){
		m.create, m.prepare, func() { m.open(1) }, m.train, m.attest, m.aggregate, m.score, m.settle,
		func() { m.open(2) }, m.cancel, m.close,
	}
	for _, step := range steps {
		if step(); m.err != nil {
			return m.err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

func (m *measurement) create() {
	m.alone("Create", m.consumer, paid, &taskpb.MsgCreate{Owner: m.consumer.owner(), Spec: taskpb.TaskSpecFromSpec(m.request)})
	m.tasks++
}

// prepare lets the committee get ready. It prevents the round from opening in the block of
// the last of these messages.
func (m *measurement) prepare() {
	m.spread("Ready by evaluator", m.evaluators, m.ready)
	for _, a := range m.aggregators[:committeeSamples] {
		m.alone("Ready by aggregator", a, owed, m.ready(a))
	}
	m.withdraw()
	m.together(m.aggregators[committeeSamples:], owed, m.ready)
}

// withdraw deactivates so many trainers that no round can open.
func (m *measurement) withdraw() {
	m.together(m.spare(), paid, func(a account) sdk.Msg { return &nodepb.MsgDeactivate{Owner: a.owner()} })
}

// spare are trainers without whom no round can open.
func (m *measurement) spare() []account {
	return m.trainers[m.request.Selection.MinTrainers-1:]
}

// open activates the trainers again, so that the next round opens at the end of an otherwise
// empty block.
func (m *measurement) open(round uint64) {
	m.together(m.spare(), paid, func(a account) sdk.Msg { return &nodepb.MsgActivate{Owner: a.owner()} })
	m.end("block that opens a round", func() bool { return m.newest().Round == round })
}

// train measures a decline, and commitments in a round in which most trainers have committed.
func (m *measurement) train() {
	m.idle()
	m.alone("Decline", m.trainers[0], owed, &taskpb.MsgDecline{Owner: m.trainers[0].owner(), Task: m.tasks, Round: 1, Why: taskpb.DECLINE_RESOURCES})
	last := max(1, len(m.trainers)-trainerSamples-1)
	m.together(m.trainers[1:last], owed, m.commit(1))
	rest := m.trainers[last:]
	for _, a := range rest[:len(rest)-1] {
		m.alone("Commit", a, owed, m.commit(1)(a))
	}
	m.together(rest[len(rest)-1:], owed, m.commit(1))
}

// spread measures some messages of a committee. The messages of the others come together in
// one block, which ends the phase.
func (m *measurement) spread(kind string, who []account, say func(account) sdk.Msg) {
	for _, a := range who[:committeeSamples] {
		m.alone(kind, a, owed, say(a))
	}
	m.together(who[committeeSamples:], owed, say)
}

func (m *measurement) attest() { m.spread("Attest", m.aggregators, m.hold(1)) }

func (m *measurement) aggregate() {
	m.spread("CommitAggregate", m.aggregators, m.commitAggregate(1))
	m.spread("RevealAggregate", m.aggregators, m.revealAggregate(1))
}

func (m *measurement) score() { m.spread("CommitScore", m.evaluators, m.commitScore(1)) }

// settle measures revealed scores. Then the round settles when the grace for the last
// evaluator is over, in an empty block that opens no other round.
func (m *measurement) settle() {
	m.withdraw()
	m.idle()
	for _, a := range m.evaluators[:committeeSamples] {
		m.alone("RevealScore", a, owed, m.revealScore(1)(a))
	}
	m.together(m.evaluators[committeeSamples:committee-1], owed, m.revealScore(1))
	m.end("block that settles a round", func() bool { return m.phase(1) == taskpb.PHASE_SETTLED })
}

// cancel measures a cancel in a round in which all trainers have committed.
func (m *measurement) cancel() {
	m.together(m.trainers, owed, m.commit(2))
	m.alone("Cancel", m.consumer, paid, &taskpb.MsgCancel{Owner: m.consumer.owner(), Task: m.tasks})
}

// close runs the second round to its end, which is also the end of the task.
func (m *measurement) close() {
	m.together(m.aggregators, owed, m.hold(2))
	m.alone("Prove", m.trainers[1], owed, m.prove(2)(m.trainers[1]))
	m.together(m.aggregators, owed, m.commitAggregate(2))
	m.together(m.aggregators, owed, m.revealAggregate(2))
	m.together(m.evaluators, owed, m.commitScore(2))
	m.idle()
	m.together(m.evaluators[:committee-1], owed, m.revealScore(2))
	m.end("block that settles and closes", func() bool { return m.newest().State == taskpb.TASK_STATE_CANCELLED })
}

// The messages of nodes to a round. All nodes are honest.

func (m *measurement) slot(a account, round uint64) spec.Slot {
	return spec.Slot{Chain: chainID, Task: m.tasks, Round: round, Node: a.node}
}

func salt(a account) spec.Salt { return spec.Salt{byte(a.node), byte(a.node >> 8), 1} }

// model is the digest of the model of a round.
func model(round uint64) spec.Digest { return spec.DigestOf([]byte{byte(round)}) }

const accuracy spec.PPM = 900_000

// counts are the counts behind accuracy: 100 rows of each of the ten digits.
func counts() []spec.Count { return slices.Repeat([]spec.Count{{Rows: 100, Correct: 90}}, 10) }

func (m *measurement) ready(a account) sdk.Msg {
	d := model(0) // of an evaluator: the digest of its shard
	return &taskpb.MsgReady{Owner: a.owner(), Task: m.tasks, Digest: d[:]}
}

func (m *measurement) commit(round uint64) func(account) sdk.Msg {
	return func(a account) sdk.Msg {
		slot := m.slot(a, round)
		update := spec.Statement("bench", []byte(slot.Chain), []byte(a.owner()))
		c := spec.UpdateCommitment(slot, update, salt(a))
		return &taskpb.MsgCommit{Owner: a.owner(), Task: m.tasks, Round: round, Commitment: c[:], Samples: 100, Correct: 50}
	}
}

func (m *measurement) hold(round uint64) func(account) sdk.Msg {
	held := make([]bool, len(m.trainers))
	for i := range held {
		held[i] = i != int(round)-1 // the first trainer declined in round 1, the second uploaded its update of round 2 to nobody
	}
	return func(a account) sdk.Msg {
		return &taskpb.MsgAttest{Owner: a.owner(), Task: m.tasks, Round: round, Holds: spec.Bitmap(held)}
	}
}

// prove is a message with a receipt of every aggregator, which is the largest possible one.
func (m *measurement) prove(round uint64) func(account) sdk.Msg {
	return func(a account) sdk.Msg {
		slot := m.slot(a, round)
		update := spec.Statement("bench", []byte(slot.Chain), []byte(a.owner()))
		msg := &taskpb.MsgProve{Owner: a.owner(), Task: m.tasks, Round: round}
		for _, by := range m.aggregators {
			r := spec.SignReceipt(by.transport(), slot, by.node, spec.UpdateCommitment(slot, update, salt(a)))
			msg.Receipts = append(msg.Receipts, taskpb.Receipt{Aggregator: r.Aggregator, Signature: r.Signature[:]})
		}
		return msg
	}
}

// accuse measures accusations with contradicting receipts and attestations of the last task.
// It comes last, because the accused nodes are jailed.
func (m *measurement) accuse() error {
	for _, by := range m.aggregators[:committeeSamples] {
		slot := m.slot(m.trainers[1], 2)
		given := func(update string) taskpb.Given {
			d := spec.DigestOf([]byte(update))
			r := spec.SignReceipt(by.transport(), slot, by.node, d)
			return taskpb.Given{Commitment: d[:], Signature: r.Signature[:]}
		}
		m.alone("Accuse", m.consumer, paid, &taskpb.MsgAccuse{
			Owner: m.consumer.owner(), Task: m.tasks, Round: 2, Aggregator: by.node, Trainer: slot.Node,
			First: given("one"), Second: given("another"),
		})
		half := func(parity int) ([]byte, error) {
			held := make([]bool, len(m.trainers))
			for i := range held {
				held[i] = i%2 == parity
			}
			return m.sign(by, 0, &taskpb.MsgAttest{Owner: by.owner(), Task: m.tasks, Round: 1, Holds: spec.Bitmap(held)})
		}
		first, err := half(0)
		if err != nil {
			return err
		}
		second, err := half(1)
		if err != nil {
			return err
		}
		m.alone("AccuseAnswers", m.consumer, paid, &taskpb.MsgAccuseAnswers{Owner: m.consumer.owner(), Task: m.tasks, First: first, Second: second})
	}
	return m.err
}

func (m *measurement) commitAggregate(round uint64) func(account) sdk.Msg {
	return func(a account) sdk.Msg {
		c := spec.AggregateCommitment(m.slot(a, round), model(round), salt(a))
		return &taskpb.MsgCommitAggregate{Owner: a.owner(), Task: m.tasks, Round: round, Commitment: c[:]}
	}
}

func (m *measurement) revealAggregate(round uint64) func(account) sdk.Msg {
	return func(a account) sdk.Msg {
		d, s := model(round), salt(a)
		return &taskpb.MsgRevealAggregate{Owner: a.owner(), Task: m.tasks, Round: round, Digest: d[:], Salt: s[:]}
	}
}

func (m *measurement) commitScore(round uint64) func(account) sdk.Msg {
	return func(a account) sdk.Msg {
		c := spec.ScoreCommitment(m.slot(a, round), model(round), accuracy, counts(), salt(a))
		return &taskpb.MsgCommitScore{Owner: a.owner(), Task: m.tasks, Round: round, Commitment: c[:]}
	}
}

func (m *measurement) revealScore(round uint64) func(account) sdk.Msg {
	return func(a account) sdk.Msg {
		s := salt(a)
		var told []taskpb.Count
		for _, c := range counts() {
			told = append(told, taskpb.Count{Rows: c.Rows, Correct: c.Correct})
		}
		return &taskpb.MsgRevealScore{Owner: a.owner(), Task: m.tasks, Round: round, Score: uint32(accuracy), Counts: told, Salt: s[:]}
	}
}
