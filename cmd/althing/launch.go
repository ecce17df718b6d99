package main

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

// running is a network in this process; its daemons share nothing but it.
type running struct {
	validators []*daemon.Validator
	group      sync.WaitGroup
	logs       io.Closer
}

// launch starts every home folder but the guest's, unless it applies. A node that ends before ctx does,
// or a validator that halts, ends the network.
func launch(ctx context.Context, local daemon.Localnet, fail context.CancelCauseFunc) (*running, error) {
	logs, err := os.Create(filepath.Join(local.Dir, "log.txt"))
	if err != nil {
		return nil, err
	}
	r := &running{logs: logs}
	for i := range local.Validators {
		v, err := daemon.StartValidator(ctx, local.Home(local.Validator(i)))
		if err != nil {
			fail(err)
			return nil, errors.Join(err, r.wait())
		}
		r.validators = append(r.validators, v)
		r.group.Go(func() {
			if err := v.Wait(ctx); err != nil {
				fail(err)
			}
		})
	}
	log := slog.New(slog.NewTextHandler(logs, nil))
	for _, resident := range local.Residents {
		if resident.Config.Name == guest && resident.Config.Stake > 0 {
			continue
		}
		r.group.Go(func() {
			if err := daemon.Start(ctx, local.Home(resident.Config.Name), log); err != nil && ctx.Err() == nil {
				fail(fmt.Errorf("%s: %w", resident.Config.Name, err))
			}
		})
	}
	return r, nil
}

// wait lets the nodes end, then the validators, all at a time.
func (r *running) wait() error {
	r.group.Wait()
	errs := make([]error, len(r.validators))
	var stopping sync.WaitGroup
	for i, v := range r.validators {
		stopping.Go(func() { errs[i] = v.Stop() })
	}
	stopping.Wait()
	return errors.Join(append(errs, r.logs.Close())...)
}
