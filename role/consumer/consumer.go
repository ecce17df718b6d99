// Package consumer is the role of a consumer: a node that follows the tasks its account
// pays for and downloads their final models.
//
// It does not submit tasks: an account does.
package consumer

import (
	"context"
	"fmt"

	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
)

// Machine is a node in the role of a consumer. Its duties are the tasks of its
// account, open or closed.
type Machine struct {
	duties []role.Duty
	has    map[uint64]bool
}

// Handle implements [role.Machine].
func (m *Machine) Handle(e role.Event) []role.Action {
	switch e := e.(type) {
	case role.Saw:
		m.duties = e.Duties
	case Downloaded:
		if m.has == nil {
			m.has = map[uint64]bool{}
		}
		m.has[e.Task] = true
	}
	var actions []role.Action
	for _, d := range m.duties {
		if d.Task.State.Final() && d.Task.Accepted > 0 && !m.has[d.Task.ID] {
			actions = append(actions, Download{d.Task})
		}
	}
	return actions
}

// Downloaded is the event that the final model of a task is in the node's store.
type Downloaded struct {
	Task  uint64
	Model spec.Digest
}

// Event implements [role.Event].
func (Downloaded) Event() {}

// Download fetches the final model of a task and checks its bytes.
type Download struct{ Task spec.Task }

// Key implements [role.Action].
func (a Download) Key() string { return fmt.Sprintf("download-%d", a.Task.ID) }

// Do implements [role.Action].
func (a Download) Do(ctx context.Context, t role.Tools) (role.Event, error) {
	if _, err := t.Model(ctx, a.Task, a.Task.Model); err != nil {
		return nil, err
	}
	return Downloaded{Task: a.Task.ID, Model: a.Task.Model}, nil
}
