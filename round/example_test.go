package round_test

import (
	"fmt"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// driver keeps one task. A real one keeps many, and money and nodes beside them: it
// implements [round.World] and calls [round.Apply], which does what give does here.
type driver struct {
	now   round.Moment
	saved round.State
	nodes *round.Roster
}

// give does one transaction: a step, then its effects.
func (d *driver) give(in round.Input) {
	next, effects, err := d.saved.Step(d.now, in)
	if err != nil {
		fmt.Println("refused:", err) // nothing has changed, nothing is saved
		return
	}
	d.saved = next // before any effect is carried out
	for _, e := range effects {
		fmt.Printf("block %d: %s\n", d.now.Height, e)
		var chosen round.Select
		switch e.(type) {
		case round.AskCommittee:
			chosen, err = round.Committee(d.saved.Task, d.nodes)
		case round.AskTrainers:
			chosen, err = round.Trainers(d.saved, d.nodes)
		default: // a real driver moves money, bonds and reputation
			continue
		}
		if err == nil { // else too few nodes are free: the task asks again when it is due
			d.give(chosen)
		}
	}
}

// endBlock gives the task its tick, if it is due, and begins the next block.
func (d *driver) endBlock() {
	if due := d.saved.Task.Due; due > 0 && due <= d.now.Time {
		d.give(round.Tick{})
	}
	d.now = round.Moment{Height: d.now.Height + 1, Time: d.now.Time.After(spec.Second)}
}

// A task is driven from its creation to its first model. It has one aggregator, one
// evaluator and one trainer.
func Example() {
	asked := spec.DefaultTask()
	asked.Data.Name = "digits"
	asked.Selection.Trainers, asked.Selection.Aggregators, asked.Selection.Evaluators = 1, 1, 1
	asked.Target.Rounds, asked.Escrow = 1, 2*spec.Thing

	serves := func(id uint64, role spec.Role) spec.Node {
		return spec.Node{
			ID:      id,
			Deposit: spec.Deposit{State: spec.NodeActive, Stake: spec.Thing},
			Profile: spec.Profile{
				Roles: role, Slots: 1, Holdings: []spec.Holding{{Name: "digits"}},
				Policy: spec.Policy{SoleAggregator: true},
			},
		}
	}
	d := &driver{
		now:   round.Moment{Height: 1, Time: 1},
		nodes: round.NewRoster(serves(1, spec.Aggregator), serves(2, spec.Evaluator), serves(3, spec.Trainer)),
	}
	d.saved = round.New("example-chain", 1, "owner", asked, spec.DefaultTariff(), d.now)
	d.endBlock()

	model0, model1, salt := spec.DigestOf([]byte("model 0")), spec.DigestOf([]byte("model 1")), spec.Salt{1}
	slot := func(node uint64) spec.Slot { return d.saved.Task.Slot(1, node) }

	d.give(round.Ready{Node: 1, Digest: model0})
	d.give(round.Ready{Node: 2, Digest: spec.DigestOf([]byte("hold-out shard"))})
	d.endBlock()
	update := spec.UpdateCommitment(slot(3), spec.DigestOf([]byte("update")), salt)
	d.give(round.Commit{Node: 3, Round: 1, Commitment: update, Samples: 100, Correct: 50})
	d.give(round.Commit{Node: 3, Round: 1, Commitment: update, Samples: 100, Correct: 50})
	d.endBlock()
	d.give(round.Attest{Node: 1, Round: 1, Holds: spec.Bitmap([]bool{true})})
	d.endBlock()
	d.give(round.CommitAggregate{Node: 1, Round: 1, Commitment: spec.AggregateCommitment(slot(1), model1, salt)})
	d.endBlock()
	d.give(round.RevealAggregate{Node: 1, Round: 1, Digest: model1, Salt: salt})
	d.endBlock()
	d.give(round.CommitScore{Node: 2, Round: 1, Commitment: spec.ScoreCommitment(slot(2), model1, 900_000, nil, salt)})
	d.endBlock()
	d.give(round.RevealScore{Node: 2, Round: 1, Score: 900_000, Salt: salt})
	d.endBlock()

	// Output:
	// block 1: ask the scheduler for a committee
	// block 1: engage [1 2]
	// block 1: ask the committee to get ready until 10m1ms
	// block 2: publish 3c2c0281 unscored
	// block 2: ask the scheduler for trainers
	// block 2: engage [3]
	// block 2: train until 10m1s1ms, asks [3]
	// refused: node has already answered
	// block 3: attest until 2m2s1ms
	// block 4: aggregate [3] until 1m3s1ms
	// block 5: reveal until 1m4s1ms
	// block 6: score cd36b49d until 1m5s1ms
	// block 7: open scores until 1m6s1ms
	// block 8: publish cd36b49d scored 0.9
	// block 8: pay 3 750000 uthing as trainer
	// block 8: pay 1 80000 uthing as aggregator
	// block 8: pay 2 120000 uthing as evaluator
	// block 8: pay the validators of blocks 50000 uthing
	// block 8: merit 3 (update survived)
	// block 8: merit 1 (model agreed on)
	// block 8: merit 2 (score opened)
	// block 8: release [3]
	// block 8: release [1 2]
	// block 8: measure [3] at 0.9 on digits
	// block 8: close spent (all rounds run), refund 1000000 uthing
}
