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

// budget is where the time of a round goes, in milliseconds: means over the rounds
// that are counted. The first part is of the wall: its items follow each other and
// their sum is the round. A block's part of it lies between two commits as one
// validator saw them.
type budget struct {
	Pause     float64 `json:"pause_ms"`     // the validators rest; nodes work meanwhile
	Proposal  float64 `json:"proposal_ms"`  // a block is made, carried to the others, and checked
	Prevote   float64 `json:"prevote_ms"`   // until two thirds have prevoted
	Precommit float64 `json:"precommit_ms"` // until two thirds have precommitted
	Waiting   float64 `json:"waiting_ms"`   // whole blocks in which no part of the round ended: its nodes were not ready

	Serial float64 `json:"serial_blocks"`  // blocks in which a part of the round ended
	Idle   float64 `json:"waiting_blocks"` // the others
	// Floor is what no program can save: so many serial blocks, each with its pause and
	// three messages that cross half a round trip one after the other.
	Floor float64 `json:"floor_ms"`

	// What nodes do, from the commit of the block that lets them begin until the last of
	// them has written down what came of it. It is hidden where it ends within the pause.
	Train   float64 `json:"train_ms"`
	Upload  float64 `json:"upload_ms"`
	Combine float64 `json:"combine_ms"`
	Score   float64 `json:"score_ms"`
	// Compute is how long the slowest trainer's engine ran, without what is around it.
	Compute float64 `json:"compute_ms"`
}

// budget is that of all rounds but the last, which is followed by none. It is nil
// when the steps of no round were heard: a validator under load drops who listens.
func (n *network) budget(rounds []spec.Round) *budget {
	b, blocks := &budget{}, blocksOf(n.steps.heard())
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

// block is when a validator entered the steps of a height.
type block struct{ propose, prevote, precommit, commit time.Time }

// blocksOf sorts steps by height. Where a height needed a second consensus round, a
// step counts where it was entered last, so the time before is the proposal's. A
// validator that is late goes past some steps, which then take no time.
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

// earlier is the earlier of two moments, where both are known.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// add adds the blocks after the one that opened a round, up to the one that opened
// the next. It adds nothing unless the commits of all were heard of.
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

// partsEnd are the heights at which a part of a round ended: those of the last
// message of each kind that it waits for.
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

// work adds what nodes did in a round, as their journals and blobs tell.
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

// each makes every figure of b one of its own and of the same one of o.
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

// since is how long after a moment another is, in milliseconds. Nothing, where it is
// earlier or unknown.
func since(from, to time.Time) float64 {
	if from.IsZero() || to.Before(from) {
		return 0
	}
	return milliseconds(to.Sub(from))
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// latest is the latest of some moments; those that cannot be told are passed over.
func latest(homes []string, when func(home string) (time.Time, error)) (last time.Time) {
	for _, home := range homes {
		if at, err := when(home); err == nil && at.After(last) {
			last = at
		}
	}
	return last
}

// lastUpdate is when the last update of a round was whole in a folder of blobs.
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
