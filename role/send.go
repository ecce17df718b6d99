package role

import (
	"context"
	"fmt"

	"github.com/althing-network/althing/round"
)

// Send submits a message that the node owes a task.
type Send struct {
	Task  uint64
	Round uint64 // 0: the message is about the whole task
	Input round.Input
}

// Send returns the action that submits a message to the round of a duty.
func (d Duty) Send(in round.Input) Send {
	return Send{Task: d.Task.ID, Round: d.Round.Number, Input: in}
}

// Key implements [Action]. A second commitment after a copy has another key.
func (s Send) Key() string {
	key := fmt.Sprintf("send/%d/%d/%T", s.Task, s.Round, s.Input)
	if in, ok := s.Input.(round.Hiding); ok {
		return key + "/" + in.Commits().Short()
	}
	return key
}

// Do implements [Action]. A message may say which updates the node holds, which must still
// be true after a power loss, so the store is synced first.
func (s Send) Do(ctx context.Context, t Tools) (Event, error) {
	if err := t.Store.Sync(ctx); err != nil {
		return nil, err
	}
	return nil, t.Send(ctx, s)
}

// RepeatAfter implements [Repeated]: a message that a machine still requests after 10
// blocks was not included in a block, and is sent again.
func (Send) RepeatAfter() int64 { return 10 }
