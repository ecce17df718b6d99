package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	rpc "github.com/cometbft/cometbft/rpc/client/http"
	"github.com/cometbft/cometbft/types"
)

// step is a step of consensus that a validator has entered, as CometBFT names it.
type step struct {
	height int64
	name   string
	at     time.Time // when the event arrived, some tenths of a millisecond later
}

// The steps of consensus for one block.
const (
	stepPropose   = "RoundStepPropose"
	stepPrevote   = "RoundStepPrevote"
	stepPrecommit = "RoundStepPrecommit"
	stepCommit    = "RoundStepCommit"
)

// steps are the steps of one validator since the subscription to its events.
type steps struct {
	remote *rpc.HTTP
	mu     sync.Mutex
	all    []step
}

// listen starts to record the steps of the validator with an RPC address.
func listen(ctx context.Context, address string) (*steps, error) {
	remote, err := rpc.New(address, "/websocket")
	if err != nil {
		return nil, err
	}
	if err := remote.Start(); err != nil {
		return nil, fmt.Errorf("steps of consensus: %w", err)
	}
	const capacity = 10_000
	events, err := remote.Subscribe(ctx, "bench", types.EventQueryNewRoundStep.String(), capacity)
	if err != nil {
		_ = remote.Stop()
		return nil, fmt.Errorf("steps of consensus: %w", err)
	}
	s := &steps{remote: remote}
	go func() {
		for {
			select {
			case <-remote.Quit():
				return
			case e := <-events:
				if said, ok := e.Data.(types.EventDataRoundState); ok {
					s.mu.Lock()
					s.all = append(s.all, step{said.Height, said.Step, time.Now()})
					s.mu.Unlock()
				}
			}
		}
	}()
	return s, nil
}

func (s *steps) stop() { _ = s.remote.Stop() }

// received are the steps so far.
func (s *steps) received() []step {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]step(nil), s.all...)
}
