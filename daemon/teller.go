package daemon

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

// teller writes into a node's log what happens to it: with each height, or a second
// after work has ended, so that a block gives a few lines, whatever a node serves.
type teller struct {
	news    news
	log     *slog.Logger
	notes   []note // to be told
	timer   <-chan time.Time
	checked time.Time // when the node's registration was looked at
}

const (
	tellDelay      = time.Second     // after work has ended, at most
	recordInterval = 5 * time.Second // between two looks at the node's registration
	maxEndings     = 16              // rounds and tasks whose end is asked for after one block
)

// later takes a note of work that ended.
func (t *teller) later(n note) {
	t.notes = append(t.notes, n)
	if t.timer == nil {
		t.timer = time.After(tellDelay)
	}
}

// flushed says when a note has waited long enough.
func (t *teller) flushed() <-chan time.Time { return t.timer }

// flush writes the notes.
func (t *teller) flush(ctx context.Context) {
	for _, n := range brief(t.notes) {
		t.log.LogAttrs(ctx, n.level, n.what, n.attrs()...)
	}
	t.notes, t.timer = nil, nil
}

// see tells of what a node saw of the chain: how rounds ended first.
func (t *teller) see(ctx context.Context, chain *client.Client, s sight) {
	began := t.news.see(s)
	t.notes = append(t.notes, t.endings(ctx, chain)...)
	t.notes = append(t.notes, began...)
	if time.Since(t.checked) >= recordInterval {
		t.checked = time.Now()
		t.notes = append(t.notes, t.record(ctx, chain)...)
	}
	t.flush(ctx)
}

// endings asks how rounds and tasks ended that run no more. A chain that does not
// answer is asked again after the next block.
func (t *teller) endings(ctx context.Context, chain *client.Client) (notes []note) {
	ended := t.news.ended
	t.news.ended = nil
	for i, at := range ended {
		n, over, err := t.ending(ctx, chain, at)
		switch {
		case i >= maxEndings || errors.Is(err, spec.ErrCommunication) || ctx.Err() != nil:
			t.news.ended = append(t.news.ended, ended[i:]...)
			return notes
		case err != nil:
			t.log.Warn("chain refuses a question", slog.Any("err", err))
		case over:
			notes = append(notes, n)
		default: // the chain node that answers is behind
			t.news.ended = append(t.news.ended, at)
		}
	}
	return notes
}

func (t *teller) ending(ctx context.Context, chain *client.Client, at place) (n note, over bool, err error) {
	if at.round == wholeTask {
		task, err := chain.Task(ctx, at.task)
		return closed("task is closed", task), task.State.Final(), err
	}
	r, err := chain.RoundOf(ctx, at.task, at.round, t.news.node)
	return t.news.roundEnded(r), r.Phase.Final(), err
}

// record looks at the node's registration.
func (t *teller) record(ctx context.Context, chain *client.Client) []note {
	node, err := chain.Node(ctx, t.news.node)
	if err != nil && !errors.Is(err, client.ErrNodeNotFound) {
		return nil // it is asked again soon
	}
	return t.news.registered(node)
}

// How long no word of a chain is no silence, and no new block no standstill.
const (
	wordPatience  = 3 * time.Second
	blockPatience = 30 * time.Second
)

// watchChain tells of a chain that falls silent, or answers and makes no blocks, until ctx
// ends. Heard is when it said something last, and when it had a new height last.
func watchChain(ctx context.Context, log *slog.Logger, heard func() (anything, height time.Time)) {
	word := silence{what: "chain is unreachable", over: "chain is back", patience: wordPatience}
	block := silence{what: "chain makes no blocks", over: "chain makes blocks again", patience: blockPatience}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			anything, height := heard()
			if n, ok := word.at(now, anything); ok {
				log.LogAttrs(ctx, slog.LevelInfo, n.what, n.attrs()...)
			}
			if !word.since.IsZero() {
				continue // nor can it be heard to make blocks
			}
			if n, ok := block.at(now, height); ok {
				log.LogAttrs(ctx, slog.LevelInfo, n.what, n.attrs()...)
			}
		}
	}
}
