package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"github.com/althing-network/althing/daemon"
)

// Nodes are the validators and nodes of a network that run in this process. They share
// nothing but the process and the log.
type Nodes struct {
	validators []*daemon.Validator
	running    sync.WaitGroup
	log        io.Closer
}

// StartNodes runs every home of a network until ctx ends, but not that of a guest with a stake
// of its own. Where a node fails or a validator halts, it calls fail, which should end ctx. Call
// [Nodes.Wait] once ctx has ended.
func StartNodes(ctx context.Context, local daemon.Localnet, fail context.CancelCauseFunc) (*Nodes, error) {
	file, err := os.OpenFile(filepath.Join(local.Dir, logFile), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	n := &Nodes{log: file}
	for i := range local.Validators {
		v, err := daemon.StartValidator(ctx, local.Home(local.Validator(i)))
		if err != nil {
			fail(err)
			return nil, errors.Join(err, n.Wait())
		}
		n.validators = append(n.validators, v)
		n.running.Go(func() {
			if err := v.Wait(ctx); err != nil {
				fail(err)
			}
		})
	}
	log := slog.New(slog.NewTextHandler(file, nil))
	for _, r := range local.Residents {
		if r.Config.Name == Guest && r.Config.Stake > 0 {
			continue
		}
		n.running.Go(func() {
			if err := daemon.Start(ctx, local.Home(r.Config.Name), log); err != nil && ctx.Err() == nil {
				fail(fmt.Errorf("%s: %w", r.Config.Name, err))
			}
		})
	}
	return n, nil
}

// Wait waits until all nodes have ended, and then stops the validators, all at the same time.
func (n *Nodes) Wait() error {
	n.running.Wait()
	errs := make([]error, len(n.validators))
	var stopping sync.WaitGroup
	for i, v := range n.validators {
		stopping.Go(func() { errs[i] = v.Stop() })
	}
	stopping.Wait()
	return errors.Join(append(errs, n.log.Close())...)
}
