package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// summarise reads everything back through a client of its own.
func (d *demonstration) summarise(ctx context.Context, closed spec.Task) (summary, error) {
	fresh, err := client.Dial(ctx, d.local.RPC()...)
	if err != nil {
		return summary{}, err
	}
	task, err := fresh.Task(ctx, closed.ID)
	if err != nil {
		return summary{}, err
	}
	s := summary{
		Event: "summary", Task: task.ID, Rounds: task.Accepted, Accuracy: number(task.Score, task.ScoredRound > 0), ScoredRound: task.ScoredRound,
		Target:        task.Spec.Target.Accuracy,
		TargetReached: task.State == spec.TaskReached || task.Spec.Target.Accuracy == 0 && task.State == spec.TaskSpent,
		Model:         task.Model, Escrow: task.Spec.Escrow, Paid: task.Paid, Refunded: task.Refunded,
		State: string(task.State), Home: d.local.Dir, Faults: []namedFault{},
	}
	scored, err := scoredRound(ctx, fresh, task)
	if err != nil {
		return s, err
	}
	s.Holdout = holdout(scored)
	trainers, _, err := fresh.Nodes(ctx, spec.Trainer, true, client.Page{Limit: 1000})
	if err != nil {
		return s, err
	}
	s.Trainers = len(trainers)
	if s.Validators, s.Height, s.AppHashAgreed, err = d.agreed(ctx); err != nil {
		return s, err
	}
	s.Faults = d.faults(task)
	if d.votes != nil {
		s.Proposals = d.votes.events()
		s.TargetReached = d.ending && !slices.ContainsFunc(s.Proposals, func(e motionEvent) bool { return !e.Expected })
	}
	if err := d.money(ctx, fresh, task, &s); err != nil {
		return s, err
	}
	if task.Accepted > 0 {
		if s.ModelPath, err = d.download(ctx, fresh, task); err != nil {
			return s, err
		}
		if s.HoldoutPath, err = d.holdout(ctx, fresh, task); err != nil {
			return s, err
		}
		used, err := d.open(s.ModelPath)
		if err != nil {
			return s, err
		}
		if s.HoldoutCorrect, s.HoldoutRows, err = d.use(ctx, used, s.HoldoutPath); err != nil {
			return s, err
		}
		if !task.Spec.Private() {
			best, err := d.bestSingle(ctx, task, used)
			if err != nil {
				return s, err
			}
			s.BestSingleTrainer = &best
		}
	}
	if task.Round > 0 {
		first, err := fresh.Round(ctx, task.ID, 1)
		if err != nil {
			return s, err
		}
		if s.promised, err = spentBy(ctx, fresh, task.Spec, first); err != nil {
			return s, err
		}
	}
	s.WallSeconds = seconds(time.Since(d.began))
	return s, nil
}

// agreed asks every validator for the application's hash at one height.
func (d *demonstration) agreed(ctx context.Context) (validators int, height int64, agreed bool, err error) {
	var hashes [][]byte
	for i, address := range d.local.RPC() {
		c, err := client.Dial(ctx, address)
		if err != nil {
			return 0, 0, false, err
		}
		if i == 0 {
			if height, err = c.Height(ctx); err != nil {
				return 0, 0, false, err
			}
		}
		for at := int64(0); at < height; {
			if at, err = c.Height(ctx); err != nil {
				return 0, 0, false, err
			}
			if err := sleep(ctx, 20*time.Millisecond); err != nil {
				return 0, 0, false, err
			}
		}
		hash, err := c.AppHash(ctx, height)
		if err != nil {
			return 0, 0, false, err
		}
		hashes = append(hashes, hash)
	}
	agreed = true
	for _, h := range hashes {
		agreed = agreed && len(h) > 0 && bytes.Equal(h, hashes[0])
	}
	return len(hashes), height, agreed, nil
}

// faults puts names to what the chain recorded.
func (d *demonstration) faults(task spec.Task) []namedFault {
	faults := []namedFault{}
	for _, f := range task.Faults {
		faults = append(faults, namedFault{Node: f.Node, Name: d.names[f.Node], Kind: f.Kind, Round: f.Round})
	}
	return faults
}

// download gets the model from the task's aggregators, as the consumer.
func (d *demonstration) download(ctx context.Context, chain *client.Client, task spec.Task) (string, error) {
	b, err := daemon.Fetch(ctx, chain, d.local.Home(customer), task.ID)
	if err != nil {
		return "", err
	}
	path := filepath.Join(d.local.Dir, "model.safetensors")
	return path, os.WriteFile(path, b, 0o600)
}

// open reads the model that the consumer has got.
func (*demonstration) open(path string) (model.File, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return model.File{}, err
	}
	return model.Open(b)
}

// use does with the model what its consumer does: it judges it on rows nobody trained on.
func (d *demonstration) use(ctx context.Context, used model.File, holdout string) (correct, all int, err error) {
	if holdout == "" {
		return 0, 0, nil
	}
	rows, err := asSeen(used, holdout)
	if err != nil {
		return 0, 0, err
	}
	judged, err := train.Engine{}.Evaluate(ctx, used.Model, used.Weights, rows)
	return judged.Correct, judged.Samples, err
}

// asSeen reads a file of rows as a model sees it.
func asSeen(used model.File, path string) (data.Table, error) {
	rows, _, err := data.Read(path, used.Data, data.Options{Classes: int(used.Model.Classes)})
	if err != nil {
		return rows, err
	}
	return train.ToScale(used, rows)
}

// holdout is the shard of the evaluator whose score the network agreed on: the
// agreed accuracy is the model's accuracy on this file.
func (d *demonstration) holdout(ctx context.Context, chain *client.Client, task spec.Task) (string, error) {
	for number := task.Round; number > 0; number-- {
		round, err := chain.Round(ctx, task.ID, number)
		if err != nil {
			return "", err
		}
		if round.Next != task.Model || !round.Scored {
			continue
		}
		for _, e := range round.Scores {
			if e.Revealed > 0 && e.Score == task.Score {
				home := d.local.Home(d.names[e.Node])
				judge, err := daemon.LoadNode(home)
				return filepath.Join(home, judge.Data.File), err
			}
		}
	}
	return "", nil
}

// trainedRounds is how many rounds have trained, at least one: the first of a task that learns
// how rows are brought to scale only measures them.
func trainedRounds(t spec.Task) uint32 {
	if t.Spec.Data.Learns() {
		return max(2, t.Accepted) - 1
	}
	return t.Accepted
}

// wholeHoldout is the rows of all evaluators, as a model sees them.
func (d *demonstration) wholeHoldout(used model.File) (all data.Table, err error) {
	for _, r := range d.local.Residents {
		if !r.Config.Roles.Has(spec.Evaluator) {
			continue
		}
		shard, err := asSeen(used, filepath.Join(d.local.Home(r.Config.Name), r.Config.Data.File))
		if err != nil {
			return all, err
		}
		x, y, targets := all.X, all.Y, all.Targets
		all = shard
		all.X, all.Y, all.Targets = append(x, shard.X...), append(y, shard.Y...), append(targets, shard.Targets...)
	}
	return all, nil
}

// bestSingle is what the best trainer reaches alone, on its own rows, with as
// many epochs as it had in the task, judged on the whole hold-out; 0 where none learns.
func (d *demonstration) bestSingle(ctx context.Context, task spec.Task, used model.File) (spec.PPM, error) {
	judge, err := d.wholeHoldout(used)
	if err != nil {
		return 0, err
	}
	alone := task.Spec.Training
	alone.Epochs *= trainedRounds(task)
	start, err := model.Init(task.Spec.Model)
	if err != nil {
		return 0, err
	}
	best := spec.PPM(0)
	trainers := d.local.Residents[:d.network.trainers] // who come first
	for done, r := range trainers {
		d.face.alone(done, len(trainers))
		own, err := asSeen(used, filepath.Join(d.local.Home(r.Config.Name), r.Config.Data.File))
		if err != nil {
			return 0, err
		}
		result, err := train.Engine{}.Train(ctx, train.Job{Model: task.Spec.Model, Training: alone, Weights: start, Seed: d.network.seed, Table: own}, nil)
		if errors.Is(err, train.ErrTraining) && ctx.Err() == nil {
			continue // so many epochs on so few rows: alone it diverges
		}
		if err != nil {
			return 0, err
		}
		judged, err := train.Engine{}.Evaluate(ctx, task.Spec.Model, result.Weights, judge)
		if err != nil {
			return 0, err
		}
		best = max(best, judged.Score())
	}
	return best, nil
}
