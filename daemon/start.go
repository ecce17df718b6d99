package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/althing-network/althing/spec"
)

// Start runs a home folder, of a validator or of a node, until ctx ends. It fails
// with [ErrInUse] where another process runs it, and with [ErrHalted] when a validator
// halts. It warns when the disk of the folder is nearly full.
func Start(ctx context.Context, home string, log *slog.Logger) (err error) {
	run := startNode
	if _, err := os.Stat(filepath.Join(home, nodeFile)); err != nil {
		run = startValidator
		if _, err := os.Stat(filepath.Join(home, validatorFile)); err != nil {
			return fmt.Errorf("%s is no home folder: it holds neither %s nor %s", home, nodeFile, validatorFile)
		}
	}
	release, err := lock(home)
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
	return errors.Join(validator.Wait(ctx), validator.Stop())
}

// startNode waits for the chain: a node may be started before its validators, or
// not learn at once whether a block holds its registration.
func startNode(ctx context.Context, home string, log *slog.Logger) error {
	for {
		p, err := OpenParticipant(ctx, home, log)
		if err == nil {
			ctx, stop := context.WithCancel(ctx)
			defer stop()
			go watchSpace(ctx, home, p.config.WarnFree, log)
			return p.Run(ctx)
		}
		if ctx.Err() != nil {
			return nil // stopped before it was up
		}
		if !errors.Is(err, spec.ErrCommunication) {
			return err
		}
		log.Info("the chain does not answer yet", slog.Any("err", err))
		if pause(ctx, time.Second) != nil {
			return nil
		}
	}
}
