package daemon

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/role/trainer"
	"github.com/althing-network/althing/spec"
)

// ErrTwin is returned if another process runs with the keys of a node: a copy of its home
// folder, perhaps on another machine. The two would overwrite each other's registration, and
// peers would reach the wrong one.
var ErrTwin = errors.New("the node is run by two processes")

// twin watches for another process that has a node's keys.
type twin struct {
	node        spec.Node // as this process registered it
	looked      int64     // height of the last check of the registry
	home        string    // of this process
	uncommitted map[place]bool
	recall      func(task, round uint64) (trainer.Trained, bool, error)
}

const (
	twinTimeout  = 3 * time.Second // for the check whether the node runs elsewhere
	twinInterval = 10              // blocks between two checks of the node's own profile
)

// checkNotRunning fails with [ErrTwin] if the node of a home folder, which has not started
// here yet, already answers at its registered endpoint.
func checkNotRunning(ctx context.Context, asks blob.Client, n spec.Node) error {
	if n.Profile.Endpoint == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, twinTimeout)
	defer cancel()
	if asks.Health(ctx, peerOf(n)) != nil {
		return nil // nothing answers there, or another node does
	}
	return fmt.Errorf("%w: node %d runs already at %s: stop it there first", ErrTwin, n.ID, n.Profile.Endpoint)
}

// look fails with [ErrTwin] if the chain shows that another process has acted as the node
// since this one started: the registered profile is not the one that this process
// registered, or a round has a commitment that this process did not make.
func (t *twin) look(ctx context.Context, chain registry, tasks []client.Duty, now int64) error {
	if now >= t.looked+twinInterval {
		n, err := chain.Node(ctx, t.node.ID)
		if err == nil && !reflect.DeepEqual(n.Profile, t.node.Profile) {
			return fmt.Errorf("%w: node %d is now registered with endpoint %q, and not by the process of %s: find who else has a copy of this folder", ErrTwin, n.ID, n.Profile.Endpoint, t.home)
		}
		if err == nil {
			t.looked = now
		}
	}
	uncommitted := map[place]bool{}
	for _, task := range tasks {
		for _, r := range task.Rounds {
			i, at := r.Trainer(t.node.ID), place{r.Task, r.Number}
			switch {
			case i < 0:
			case r.Trainers[i].Height == 0:
				uncommitted[at] = true
			case t.uncommitted[at]:
				made, found, err := t.recall(r.Task, r.Number)
				if err == nil && (!found || made.Commitment != r.Trainers[i].Commitment) {
					return fmt.Errorf("%w: node %d committed to an update in round %d of task %d, and not by the process of %s: find who else has a copy of this folder", ErrTwin, t.node.ID, r.Number, r.Task, t.home)
				}
			}
		}
	}
	t.uncommitted = uncommitted
	return nil
}
