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

// ErrTwin is returned where another process runs with the keys of a node: a copy of its
// home folder, on another machine. The two would take turns in overwriting the registry
// and send peers to the wrong one.
var ErrTwin = errors.New("the node is run by two processes")

// twin watches for another process that has a node's keys.
type twin struct {
	node      spec.Node // as this process registered it
	looked    int64     // height of the last look at the registry
	own       string    // home folder
	unspoken  map[place]bool
	remembers func(task, round uint64) (trainer.Trained, bool, error)
}

const (
	answerPatience = 3 * time.Second // of the question whether the node runs elsewhere
	twinInterval   = 10              // blocks between two looks at the node's own profile
)

// elsewhere fails with [ErrTwin] where the node of a home folder, which is not up here
// yet, answers at the endpoint that it has registered.
func elsewhere(ctx context.Context, asks blob.Client, n spec.Node) error {
	if n.Profile.Endpoint == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, answerPatience)
	defer cancel()
	if asks.Health(ctx, peerOf(n)) != nil {
		return nil // nobody is there, or somebody else
	}
	return fmt.Errorf("%w: node %d runs already at %s: stop it there first", ErrTwin, n.ID, n.Profile.Endpoint)
}

// look fails with [ErrTwin] where the chain shows that another process has spoken in the
// name of the node since this one is up: the registry says something else of the node
// than it registered, or a round has a commitment that it did not make.
func (t *twin) look(ctx context.Context, chain registry, tasks []client.Duty, now int64) error {
	if now >= t.looked+twinInterval {
		n, err := chain.Node(ctx, t.node.ID)
		if err == nil && !reflect.DeepEqual(n.Profile, t.node.Profile) {
			return fmt.Errorf("%w: the registry says that node %d is at %q, and it does not come from %s: find who else has a copy of this folder", ErrTwin, n.ID, n.Profile.Endpoint, t.own)
		}
		if err == nil {
			t.looked = now
		}
	}
	unspoken := map[place]bool{}
	for _, task := range tasks {
		for _, r := range task.Rounds {
			i, at := r.Trainer(t.node.ID), place{r.Task, r.Number}
			switch {
			case i < 0:
			case r.Trainers[i].Height == 0:
				unspoken[at] = true
			case t.unspoken[at]:
				made, found, err := t.remembers(r.Task, r.Number)
				if err == nil && (!found || made.Commitment != r.Trainers[i].Commitment) {
					return fmt.Errorf("%w: node %d has committed to an update in round %d of task %d, and not from %s: find who else has a copy of this folder", ErrTwin, t.node.ID, r.Number, r.Task, t.own)
				}
			}
		}
	}
	t.unspoken = unspoken
	return nil
}
