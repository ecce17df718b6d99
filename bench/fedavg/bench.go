package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// bench runs settings on a data set.
type bench struct {
	options
	log            *record
	table, holdout data.Table
	progress       io.Writer

	dealt   string // the split of clients
	clients []data.Table
}

// measure runs a setting with every rate that is not in the log yet. It stops a rate when
// that can no longer be the best.
func (b *bench) measure(ctx context.Context, s setting) error {
	if b.dealt != s.Split {
		clients, err := split(b.table, s.Split, clientCount, b.seed)
		if err != nil {
			return err
		}
		b.dealt, b.clients = s.Split, clients
	}
	rates := b.rates
	if len(rates) == 0 {
		rates = defaultRates(s.row)
	}
	rounds := b.rounds
	for _, rate := range rates {
		t := b.wanted(s, rate)
		t.Cap = rounds
		done, ok := b.log.find(t)
		if !ok {
			var err error
			if done, err = b.try(ctx, t); err != nil && ctx.Err() == nil {
				return err
			}
			if err := errors.Join(b.log.add(done), err); err != nil {
				return err
			}
		}
		if needed, reached := done.rounds(); reached {
			rounds = min(rounds, int(math.Ceil(needed)))
		}
	}
	return nil
}

// try runs a trial. A trial whose training fails, for example because the rate is too high,
// counts as finished. An interrupted trial is kept up to its last round.
func (b *bench) try(ctx context.Context, t trial) (trial, error) {
	batch := t.Batch
	if batch == 0 {
		batch = uint32(b.clients[0].Rows())
	}
	f := federation{
		model: architecture(t.Model, t.Seed),
		training: spec.Training{
			Optimiser: spec.OptimiserSGD, Batch: batch, Epochs: t.Epochs, Rate: t.Rate, Arithmetic: t.Arithmetic,
		},
		clients: b.clients, chosen: chosen, holdout: pieces(b.holdout, b.workers), seed: t.Seed, workers: b.workers,
	}
	began := time.Now()
	line := newLine(b.progress, fmt.Sprintf("%s rate %s", t.setting, t.Rate), t.Cap)
	curve, err := f.run(ctx, t.Cap, model.Fraction(t.Target), line.show)
	t.Curve, t.Seconds = curve, math.Round(time.Since(began).Seconds()*10)/10
	if ctx.Err() != nil {
		line.clear()
		t.Cap = max(0, len(curve)-1)
		return t, ctx.Err()
	}
	if errors.Is(err, train.ErrTraining) || errors.Is(err, model.ErrRange) {
		t.Diverged, err = err.Error(), nil
	}
	line.end(t)
	return t, err
}
