package task

import (
	"context"
	"fmt"
	"strconv"

	"github.com/cosmos/gogoproto/proto"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
)

// EventType is the type of the events that show each effect as a line of text. Attributes:
// task, round (0 if the effect is about the task) and effect. They are for people, and for
// tests that compare the chain with the simulator. Programs read the typed events.
const EventType = "althing.task"

// Tell implements [round.World]: it emits events and updates the registry of models.
func (w world) Tell(s round.State, e round.Effect) error {
	emitLine(w.ctx, s.Task.ID, round.NumberOf(e), e.String())
	if err := w.updateModels(s, e); err != nil {
		return err
	}
	events, err := w.effectEvents(s, e)
	if err != nil {
		return err
	}
	return emit(w.ctx, events...)
}

// effectEvents returns the typed events of an effect. Most effects have none.
func (w world) effectEvents(s round.State, e round.Effect) ([]proto.Message, error) {
	task, number := s.Task.ID, round.NumberOf(e)
	switch e := e.(type) {
	case round.OpenTraining:
		return []proto.Message{&taskpb.EventRoundOpened{Task: task, Round: number, Trainers: e.Trainers}}, nil
	case round.Pay:
		owner, err := w.nodes.OwnerOf(w.ctx, e.Node)
		paid := []proto.Message{&taskpb.EventPaid{Task: task, Round: number, Node: e.Node, Role: e.Role.String(), Amount: e.Amount, Account: owner}}
		if e.Lent > 0 {
			paid = append(paid, &taskpb.EventPaid{Task: task, Round: number, Node: e.Node, Role: "lender", Amount: e.Lent, Account: e.Lender})
		}
		return paid, err
	case round.PayValidators:
		return []proto.Message{&taskpb.EventValidatorsPaid{Task: task, Round: number, Amount: e.Amount}}, nil
	case round.Slash: // every fault is slashed
		return []proto.Message{&taskpb.EventFault{Task: task, Round: number, Node: e.Node, Fault: e.Fault}}, nil
	case round.Publish:
		if number == 0 { // model 0, which no round made
			return nil, nil
		}
		return []proto.Message{&taskpb.EventRoundSettled{Task: task, Round: number, Model: e.Model.String(), Score: uint32(e.Score), Scored: e.Scored}}, nil
	case round.Abort:
		return []proto.Message{&taskpb.EventRoundAborted{Task: task, Round: number, Reason: e.Why}}, nil
	case round.AskModel:
		return []proto.Message{&taskpb.EventModelNominated{Task: task, Proposal: e.Proposal, Model: e.Model.String()}}, nil
	case round.DropModel:
		return []proto.Message{&taskpb.EventModelWithdrawn{Task: task, Proposal: e.Proposal, Model: e.Model.String()}}, nil
	case round.Amended:
		updated := &taskpb.EventModelUpdated{Task: task, Proposal: e.Proposal, Round: e.From, Settings: taskpb.SettingsFromSpec(e.Settings)}
		if !e.Model.IsZero() {
			updated.Model = e.Model.String()
		}
		return []proto.Message{updated}, nil
	case round.Close:
		closed := []proto.Message{&taskpb.EventClosed{Task: task, State: string(e.State), Reason: e.Why}}
		if e.Refund > 0 {
			closed = append(closed, &taskpb.EventRefunded{Task: task, Amount: e.Refund, Account: s.Task.Owner})
		}
		return closed, nil
	case round.AskCommittee, round.AskReady, round.AskTrainers, round.AskAttest, round.AskReceipts, round.AskAggregate,
		round.AskReveal, round.AskScores, round.AskOpenings, round.Engage, round.Release, round.Reserve, round.Charge,
		round.GiveBack, round.Merit, round.Demerit, round.Excuse, round.Accuse, round.Measure:
		// the registry and the ledger emit events of their own; nodes read all else from the task
	}
	return nil, nil
}

// inputEvents returns the typed events of a node's message. Most messages have none.
func inputEvents(task uint64, in round.Input) []proto.Message {
	switch in := in.(type) {
	case round.Decline:
		return []proto.Message{&taskpb.EventDeclined{Task: task, Round: in.Round, Node: in.Node, Why: string(in.Why)}}
	case round.Prove:
		shown := &taskpb.EventReceiptsShown{Task: task, Round: in.Round, Node: in.Node}
		for _, r := range in.Receipts {
			shown.Aggregators = append(shown.Aggregators, r.Aggregator)
		}
		return []proto.Message{shown}
	case round.AttestModel:
		return []proto.Message{&taskpb.EventModelAttested{Task: task, Node: in.Node, Model: in.Model.String()}}
	case round.Ready, round.Commit, round.Attest, round.CommitAggregate, round.RevealAggregate, round.CommitScore,
		round.RevealScore, round.TwoReceipts, round.TwoAnswers, round.Select, round.Cancel, round.Tick, round.Nominate, round.Withdraw, round.Amend: // visible in the task
	}
	return nil
}

func emit(ctx context.Context, events ...proto.Message) error {
	if err := sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvents(events...); err != nil {
		return fmt.Errorf("emit events: %w", err)
	}
	return nil
}

// emitLine emits an event with a line of text, see [EventType].
func emitLine(ctx context.Context, task, round uint64, effect string) {
	sdk.UnwrapSDKContext(ctx).EventManager().EmitEvent(sdk.NewEvent(EventType,
		sdk.NewAttribute("task", strconv.FormatUint(task, 10)),
		sdk.NewAttribute("round", strconv.FormatUint(round, 10)),
		sdk.NewAttribute("effect", effect),
	))
}
