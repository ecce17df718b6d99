package role

import (
	"context"
	"fmt"

	"github.com/althing-network/althing/round"
)

// Send says something that the node owes a task.
type Send struct {
	Task  uint64
	Round uint64 // 0 where it is about the task
	Input round.Input
}

// Say is what a node sends to the round of a duty.
func (d Duty) Say(in round.Input) Send {
	return Send{Task: d.Task.ID, Round: d.Round.Number, Input: in}
}

// Key implements [Action]. A commitment that had to be made again is another one.
func (s Send) Key() string {
	key := fmt.Sprintf("send/%d/%d/%T", s.Task, s.Round, s.Input)
	if in, ok := s.Input.(round.Hiding); ok {
		return key + "/" + in.Commits().Short()
	}
	return key
}

// Do implements [Action]. What a node says, such as which updates it holds, it must be
// able to stand by after a loss of power, so its store is synced first.
func (s Send) Do(ctx context.Context, t Tools) (Event, error) {
	if err := t.Store.Sync(ctx); err != nil {
		return nil, err
	}
	return nil, t.Send(ctx, s)
}

// RepeatAfter implements [Repeated]: what a machine still asks for after a while is in
// no block, and is sent again.
func (Send) RepeatAfter() int64 { return 10 }
