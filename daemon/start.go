package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

// Start runs the validator or the node of a home folder until ctx ends. It fails with
// [ErrInUse] if another process runs it, and with [ErrHalted] when a validator halts. It
// warns when the disk of the folder is nearly full.
func Start(ctx context.Context, home string, log *slog.Logger) (err error) {
	run := startNode
	if _, err := os.Stat(filepath.Join(home, nodeFile)); err != nil {
		run = startValidator
		if _, err := os.Stat(filepath.Join(home, validatorFile)); err != nil {
			return fmt.Errorf("%s is no home folder: want one that holds %s or %s", home, nodeFile, validatorFile)
		}
	}
	release, err := Lock(home)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	return run(ctx, home, log)
}

func startValidator(ctx context.Context, home string, log *slog.Logger) error {
	validator, err := StartValidator(ctx, home)
	if err != nil {
		if ctx.Err() != nil {
			return nil // stopped before it was up
		}
		return err
	}
	log.Info("validator is up", slog.String("home", home))
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go watchSpace(ctx, home, validator.config.WarnFree, log)
	go validator.watchBooks(ctx, log)
	err = errors.Join(validator.Wait(ctx), validator.Stop())
	if err == nil {
		log.Info("validator has stopped", slog.Any("why", context.Cause(ctx)))
	}
	return err
}

// startNode runs a node, and waits for the chain first: a node may be started before its
// validators, or may not learn at once whether its registration is in a block.
func startNode(ctx context.Context, home string, log *slog.Logger) error {
	config, err := LoadNode(home)
	if err != nil {
		return err
	}
	began := time.Now()
	var chain atomic.Pointer[client.Client] // once it has answered
	watching, stop := context.WithCancel(ctx)
	var watcher sync.WaitGroup
	watcher.Go(func() {
		watchChain(watching, log.With(slog.String("node", config.Name)), func() (answer, height time.Time) {
			if c := chain.Load(); c != nil {
				return c.Heard()
			}
			return began, time.Now()
		})
	})
	defer func() {
		stop()
		watcher.Wait()
	}()
	var lastReason string
	for {
		p, err := openParticipant(ctx, home, log, chain.Store)
		if err == nil {
			ctx, stop := context.WithCancel(ctx)
			defer stop()
			go watchSpace(ctx, home, p.config.WarnFree, log)
			go p.watchWaiting(ctx)
			return p.Run(ctx)
		}
		if ctx.Err() != nil {
			return nil // stopped before it was up
		}
		if !errors.Is(err, spec.ErrCommunication) {
			return err
		}
		if reason := err.Error(); reason != lastReason { // logged once per reason
			lastReason = reason
			log.Info("the chain does not answer yet", slog.String("node", config.Name), slog.Any("err", err))
		}
		if client.Sleep(ctx, time.Second) != nil {
			return nil
		}
	}
}
