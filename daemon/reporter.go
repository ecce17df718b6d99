package daemon

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

// reporter writes the events of a node to its log: with each height, or a second after an action
// ended. So a block gives a few lines, however many tasks a node serves.
type reporter struct {
	observer observer
	log      *slog.Logger
	notes    []note // to be logged
	timer    <-chan time.Time
	checked  time.Time // when the node's registration was read last
}

const (
	reportDelay    = time.Second     // after an action has ended, at most
	recordInterval = 5 * time.Second // between two reads of the node's registration
	maxEndings     = 16              // rounds and tasks whose outcome is read per block
)

// addWork adds a note of an action that ended.
func (t *reporter) addWork(n note) {
	t.notes = append(t.notes, n)
	if t.timer == nil {
		t.timer = time.After(reportDelay)
	}
}

// flushDue fires when a note has waited for [reportDelay].
func (t *reporter) flushDue() <-chan time.Time { return t.timer }

// flush logs the notes.
func (t *reporter) flush(ctx context.Context) {
	for _, n := range summarise(t.notes) {
		t.log.LogAttrs(ctx, n.level, n.event, n.attrs()...)
	}
	t.notes, t.timer = nil, nil
}

// report logs the events of a new view of the chain, beginning with rounds that ended.
func (t *reporter) report(ctx context.Context, chain *client.Client, s chainView) {
	began := t.observer.compare(s)
	t.notes = append(t.notes, t.endings(ctx, chain)...)
	t.notes = append(t.notes, began...)
	if time.Since(t.checked) >= recordInterval {
		t.checked = time.Now()
		t.notes = append(t.notes, t.record(ctx, chain)...)
	}
	t.flush(ctx)
}

// endings reads how rounds and tasks ended that no longer run. If the chain does not answer,
// it is asked again after the next block.
func (t *reporter) endings(ctx context.Context, chain *client.Client) (notes []note) {
	ended := t.observer.ended
	t.observer.ended = nil
	for i, at := range ended {
		n, over, err := t.ending(ctx, chain, at)
		switch {
		case i >= maxEndings || errors.Is(err, spec.ErrCommunication) || ctx.Err() != nil:
			t.observer.ended = append(t.observer.ended, ended[i:]...)
			return notes
		case err != nil:
			t.log.Warn("chain refused a query", slog.Any("err", err))
		case over:
			notes = append(notes, n)
		default: // the chain node that answers is behind
			t.observer.ended = append(t.observer.ended, at)
		}
	}
	return notes
}

func (t *reporter) ending(ctx context.Context, chain *client.Client, at place) (n note, over bool, err error) {
	if at.round == wholeTask {
		task, err := chain.Task(ctx, at.task)
		return taskClosed("task is closed", task), task.State.Final(), err
	}
	r, err := chain.RoundOf(ctx, at.task, at.round, t.observer.node)
	return t.observer.roundEnded(r), r.Phase.Final(), err
}

// record reads the node's registration.
func (t *reporter) record(ctx context.Context, chain *client.Client) []note {
	node, err := chain.Node(ctx, t.observer.node)
	if err != nil && !errors.Is(err, client.ErrNodeNotFound) {
		return nil // read again soon
	}
	return t.observer.registered(node)
}

// An outage begins when the chain has not answered, or has made no block, for so long.
const (
	unreachableAfter = 3 * time.Second
	noBlocksAfter    = 30 * time.Second
)

// watchChain logs when the chain does not answer, or answers but makes no blocks, until ctx
// ends. The function last returns the times of its last answer and of its last new height.
func watchChain(ctx context.Context, log *slog.Logger, last func() (answer, height time.Time)) {
	answers := outage{event: "chain is unreachable", endEvent: "chain is back", timeout: unreachableAfter}
	blocks := outage{event: "chain makes no blocks", endEvent: "chain makes blocks again", timeout: noBlocksAfter}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			answer, height := last()
			if n, ok := answers.at(now, answer); ok {
				log.LogAttrs(ctx, slog.LevelInfo, n.event, n.attrs()...)
			}
			if !answers.since.IsZero() {
				continue // without answers nothing is known about blocks
			}
			if n, ok := blocks.at(now, height); ok {
				log.LogAttrs(ctx, slog.LevelInfo, n.event, n.attrs()...)
			}
		}
	}
}
