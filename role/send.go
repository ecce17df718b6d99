package role

import (
	"context"
	"fmt"

	"github.com/althing-network/althing/client"
)

// Send says something to the chain that the node owes a task.
type Send struct {
	Duty    client.Duty
	Message client.Message
}

// Key implements [Action]. A commitment that had to be made again is another one.
func (s Send) Key() string {
	key := fmt.Sprintf("send/%d/%d/%T", s.Duty.Task.ID, s.Duty.Round.Number, s.Message)
	switch m := s.Message.(type) {
	case client.Commit:
		return key + "/" + m.Commitment.Short()
	case client.CommitAggregate:
		return key + "/" + m.Commitment.Short()
	case client.CommitScore:
		return key + "/" + m.Commitment.Short()
	}
	return key
}

// Do implements [Action].
func (s Send) Do(ctx context.Context, t Tools) (Event, error) {
	r := s.Duty.Round
	participants := len(r.Trainers) + len(s.Duty.Task.Aggregators) + len(s.Duty.Task.Evaluators)
	return nil, t.Send(ctx, s.Message, client.Gas(participants))
}
