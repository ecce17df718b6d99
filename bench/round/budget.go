package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/logbook"
	"github.com/althing-network/althing/spec"
)

// budget is how the time of a round is spent, in milliseconds: means over the counted rounds.
// The first items are wall time: they follow each other, and their sum is the time of the
// round. The time of a block is the time between two commits, as one validator saw them.
type budget struct {
	Pause     float64 `json:"pause_ms"`     // validators pause; nodes work meanwhile
	Proposal  float64 `json:"proposal_ms"`  // a block is made, sent to the others, and checked
	Prevote   float64 `json:"prevote_ms"`   // until two thirds have prevoted
	Precommit float64 `json:"precommit_ms"` // until two thirds have precommitted
	Waiting   float64 `json:"waiting_ms"`   // blocks in which no part of the round ended, because its nodes were not ready

	Serial float64 `json:"serial_blocks"`  // blocks in which a part of the round ended
	Idle   float64 `json:"waiting_blocks"` // other blocks
	// Floor is the time that no program can save: each serial block has its pause and three
	// messages one after the other, each of which takes half a round trip.
	Floor float64 `json:"floor_ms"`

	// The work of nodes, from the commit of the block after which it can begin until the last
	// node has recorded its result. Work that ends within the pause costs no time.
	Train   float64 `json:"train_ms"`
	Upload  float64 `json:"upload_ms"`
	Combine float64 `json:"combine_ms"`
	Score   float64 `json:"score_ms"`
	// Compute is the time of the slowest trainer's engine alone.
	Compute float64 `json:"compute_ms"`
}

// budget is the budget of all rounds except the last, which has no following round. It is
// nil if the steps of no round were received: a validator under load drops subscribers.
func (n *network) budget(rounds []spec.Round) *budget {
	b, blocks := &budget{}, blocksOf(n.steps.received())
	counted := 0
	for i, r := range rounds[:len(rounds)-1] {
		if b.add(r, rounds[i+1].Opened, blocks) {
			n.work(b, r, blocks)
			counted++
		}
	}
	if counted == 0 {
		return nil
	}
	b.each(*b, func(v, _ float64) float64 { return v / float64(counted) })
	b.Floor = b.Serial * milliseconds(n.system.Pause+n.system.RTT*3/2)
	return b
}

// block has the times at which a validator entered the steps of a height.
type block struct{ propose, prevote, precommit, commit time.Time }

// blocksOf groups steps by height. If a height needed a second consensus round, the last entry
// of a step counts, so the time before belongs to the proposal. A late validator skips some
// steps, which then take no time.
func blocksOf(all []step) map[int64]block {
	blocks := map[int64]block{}
	for _, s := range all {
		b := blocks[s.height]
		switch s.name {
		case stepPropose:
			if b.propose.IsZero() {
				b.propose = s.at
			}
		case stepPrevote:
			b.prevote = s.at
		case stepPrecommit:
			b.precommit = s.at
		case stepCommit:
			b.commit = s.at
		}
		blocks[s.height] = b
	}
	for height, b := range blocks {
		b.precommit = earlier(b.precommit, b.commit)
		b.prevote = earlier(b.prevote, b.precommit)
		b.propose = earlier(b.propose, b.prevote)
		blocks[height] = b
	}
	return blocks
}

// earlier is the earlier of two times; an unknown time is ignored.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// add adds the blocks after the one that opened a round, up to the one that opened the next
// round. It adds nothing, and returns false, if the commit of a block was not received.
func (b *budget) add(r spec.Round, next int64, blocks map[int64]block) bool {
	for height := r.Opened; height <= next; height++ {
		if blocks[height].commit.IsZero() {
			return false
		}
	}
	ends := partsEnd(r)
	for height := r.Opened + 1; height <= next; height++ {
		before, now := blocks[height-1], blocks[height]
		if !ends[height] {
			b.Idle++
			b.Waiting += since(before.commit, now.commit)
			continue
		}
		b.Serial++
		b.Pause += since(before.commit, now.propose)
		b.Proposal += since(now.propose, now.prevote)
		b.Prevote += since(now.prevote, now.precommit)
		b.Precommit += since(now.precommit, now.commit)
	}
	return true
}

// partsEnd are the heights at which a part of a round ended: the heights of the last message
// of each kind.
func partsEnd(r spec.Round) map[int64]bool {
	p := partsOf(r)
	ends := map[int64]bool{}
	for _, height := range []int64{p.trained, p.attested, p.combined, p.revealed, p.scored, p.opened} {
		ends[height] = true
	}
	return ends
}

// parts are the heights of the last message of each kind in a round.
type parts struct{ trained, attested, combined, revealed, scored, opened int64 }

func partsOf(r spec.Round) (p parts) {
	for _, t := range r.Trainers {
		p.trained = max(p.trained, t.Height)
	}
	for _, a := range r.Aggregates {
		p.attested, p.combined, p.revealed = max(p.attested, a.Attested), max(p.combined, a.Committed), max(p.revealed, a.Revealed)
	}
	for _, e := range r.Scores {
		p.scored, p.opened = max(p.scored, e.Committed), max(p.opened, e.Revealed)
	}
	return p
}

// work adds the work of nodes in a round, according to their journals and blobs.
func (n *network) work(b *budget, r spec.Round, blocks map[int64]block) {
	p := partsOf(r)
	homes := func(role string) []string {
		found, _ := filepath.Glob(filepath.Join(n.folder, role+"-*"))
		return found
	}
	done := func(role, what string) time.Time {
		return latest(homes(role), func(home string) (time.Time, error) {
			return daemon.Recorded(home, fmt.Sprintf("%s-%d-%d", what, r.Task, r.Number))
		})
	}
	b.Train += since(blocks[r.Opened].commit, done("trainer", "train"))
	b.Upload += since(blocks[p.trained].commit, latest(homes("aggregator"), func(home string) (time.Time, error) {
		return lastUpdate(filepath.Join(home, "blobs"), r)
	}))
	b.Combine += since(blocks[p.attested].commit, done("aggregator", "combine"))
	b.Score += since(blocks[p.revealed].commit, done("evaluator", "score"))
	slowest := time.Duration(0)
	for _, home := range homes("trainer") {
		if took, err := daemon.TrainingTime(home, r.Task, r.Number); err == nil {
			slowest = max(slowest, took)
		}
	}
	b.Compute += milliseconds(slowest)
}

// each replaces every figure of b by a function of it and of the same figure of o.
func (b *budget) each(o budget, f func(own, other float64) float64) {
	others := o.figures()
	for i, v := range b.figures() {
		*v = f(*v, *others[i])
	}
}

func (b *budget) figures() []*float64 {
	return []*float64{
		&b.Pause, &b.Proposal, &b.Prevote, &b.Precommit, &b.Waiting, &b.Serial, &b.Idle, &b.Floor,
		&b.Train, &b.Upload, &b.Combine, &b.Score, &b.Compute,
	}
}

// since is the time between two moments in milliseconds; 0 if the second is earlier or the
// first is unknown.
func since(from, to time.Time) float64 {
	if from.IsZero() || to.Before(from) {
		return 0
	}
	return milliseconds(to.Sub(from))
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// latest is the latest of some times. Unknown times are ignored.
func latest(homes []string, when func(home string) (time.Time, error)) (last time.Time) {
	for _, home := range homes {
		if at, err := when(home); err == nil && at.After(last) {
			last = at
		}
	}
	return last
}

// lastUpdate is the time at which the last update of a round was complete in a folder of
// blobs.
func lastUpdate(folder string, r spec.Round) (last time.Time, err error) {
	err = logbook.Read(filepath.Join(folder, "labels.jsonl"), func(record []byte) error {
		var change struct{ Label blob.Label }
		if err := json.Unmarshal(record, &change); err != nil {
			return err
		}
		l := change.Label
		if l.Kind != blob.Update || l.Slot.Task != r.Task || l.Slot.Round != r.Number {
			return nil
		}
		info, err := os.Stat(filepath.Join(folder, "blobs", l.Digest.String()))
		if err == nil && info.ModTime().After(last) {
			last = info.ModTime()
		}
		return err
	})
	return last, err
}
