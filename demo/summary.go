package demo

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
	"github.com/althing-network/althing/view"
)

// summarise reads everything back through a new client.
func (f *follower) summarise(ctx context.Context, closed spec.Task) (Summary, error) {
	chain, err := client.Dial(ctx, f.local.RPC()...)
	if err != nil {
		return Summary{}, err
	}
	task, err := chain.Task(ctx, closed.ID)
	if err != nil {
		return Summary{}, err
	}
	s := Summary{
		Event: "summary", Task: task.ID, Rounds: task.Accepted, Accuracy: view.Score(task.Score, task.ScoredRound > 0), ScoredRound: task.ScoredRound,
		Target:        task.Spec.Target.Accuracy,
		TargetReached: task.State == spec.TaskReached || task.Spec.Target.Accuracy == 0 && task.State == spec.TaskSpent,
		Model:         task.Model, Escrow: task.Spec.Escrow, Paid: task.Paid, Refunded: task.Refunded,
		State: string(task.State), Home: f.Dir, Faults: []NamedFault{},
		log: f.Log(), scoreName: view.ScoreName(task.Spec.Model), reason: task.Reason,
	}
	scored, err := view.ScoredRound(ctx, chain, task)
	if err != nil {
		return s, err
	}
	s.Holdout = view.Holdout(scored)
	trainers, _, err := chain.Nodes(ctx, spec.Trainer, true, client.Page{Limit: 1000})
	if err != nil {
		return s, err
	}
	s.Trainers = len(trainers)
	if s.Validators, s.Height, s.AppHashAgreed, err = f.compareHashes(ctx); err != nil {
		return s, err
	}
	for _, fault := range task.Faults {
		s.Faults = append(s.Faults, NamedFault{Node: fault.Node, Name: f.names[fault.Node], Kind: fault.Kind, Round: fault.Round})
	}
	if f.governance != nil {
		s.Proposals = f.governance.events()
		s.TargetReached = f.cancelled && !slices.ContainsFunc(s.Proposals, func(e ProposalEvent) bool { return !e.Expected })
	}
	if err := f.readMoney(ctx, chain, task, &s); err != nil {
		return s, err
	}
	if task.Accepted > 0 {
		if err := f.useModel(ctx, chain, task, &s); err != nil {
			return s, err
		}
	}
	if task.Round > 0 {
		first, err := chain.Round(ctx, task.ID, 1)
		if err != nil {
			return s, err
		}
		if s.Spent, err = view.ReadSpent(ctx, chain, task.Spec, first); err != nil {
			return s, err
		}
	}
	s.WallSeconds = seconds(time.Since(f.began))
	return s, nil
}

// compareHashes asks every validator for the application's hash at one height.
func (f *follower) compareHashes(ctx context.Context) (validators int, height int64, agreed bool, err error) {
	var hashes [][]byte
	for i, address := range f.local.RPC() {
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
			if err := client.Sleep(ctx, 20*time.Millisecond); err != nil {
				return 0, 0, false, err
			}
		}
		hash, err := c.AppHash(ctx, height)
		if err != nil {
			return 0, 0, false, err
		}
		hashes = append(hashes, hash)
	}
	agreed = !slices.ContainsFunc(hashes, func(h []byte) bool { return len(h) == 0 || !bytes.Equal(h, hashes[0]) })
	return len(hashes), height, agreed, nil
}

// useModel does with the model what its consumer does: it downloads it, and judges it on rows
// that nobody trained on. It compares it with what trainers reach alone, unless the task is
// private.
func (f *follower) useModel(ctx context.Context, chain *client.Client, task spec.Task, s *Summary) error {
	file, err := daemon.Fetch(ctx, chain, f.local.Home(Consumer), task.ID)
	if err != nil {
		return err
	}
	s.ModelPath = filepath.Join(f.Dir, modelFile)
	if err := os.WriteFile(s.ModelPath, file, 0o600); err != nil {
		return err
	}
	opened, err := model.Open(file)
	if err != nil {
		return err
	}
	if s.HoldoutPath, err = f.agreedHoldout(ctx, chain, task); err != nil {
		return err
	}
	if s.HoldoutPath != "" {
		rows, err := readScaled(opened, s.HoldoutPath)
		if err != nil {
			return err
		}
		judged, err := train.Engine{}.Evaluate(ctx, opened.Model, opened.Weights, rows)
		if err != nil {
			return err
		}
		s.HoldoutCorrect, s.HoldoutRows = judged.Correct, judged.Samples
	}
	if task.Spec.Private() {
		return nil
	}
	best, err := f.bestSingleTrainer(ctx, task, opened)
	s.BestSingleTrainer = &best
	return err
}

// agreedHoldout is the file with the rows of the evaluator whose score the network agreed on:
// the agreed score is that of the model on these rows. It is empty where there is none.
func (f *follower) agreedHoldout(ctx context.Context, chain *client.Client, task spec.Task) (string, error) {
	for number := task.Round; number > 0; number-- {
		r, err := chain.Round(ctx, task.ID, number)
		if err != nil {
			return "", err
		}
		if r.Next != task.Model || !r.Scored {
			continue
		}
		for _, e := range r.Scores {
			if e.Revealed > 0 && e.Score == task.Score {
				home := f.local.Home(f.names[e.Node])
				evaluator, err := daemon.LoadNode(home)
				return filepath.Join(home, evaluator.Data.File), err
			}
		}
	}
	return "", nil
}

// readScaled reads a file of rows, scaled as a model wants them.
func readScaled(m model.File, path string) (data.Table, error) {
	rows, _, err := data.Read(path, m.Data, data.Options{Classes: int(m.Model.Classes)})
	if err != nil {
		return rows, err
	}
	return train.ToScale(m, rows)
}

// wholeHoldout is the rows of all evaluators, scaled as a model wants them.
func (f *follower) wholeHoldout(m model.File) (all data.Table, err error) {
	for _, r := range f.local.Residents {
		if !r.Config.Roles.Has(spec.Evaluator) {
			continue
		}
		shard, err := readScaled(m, filepath.Join(f.local.Home(r.Config.Name), r.Config.Data.File))
		if err != nil {
			return all, err
		}
		x, y, targets := all.X, all.Y, all.Targets
		all = shard
		all.X, all.Y, all.Targets = append(x, shard.X...), append(y, shard.Y...), append(targets, shard.Targets...)
	}
	return all, nil
}

// bestSingleTrainer is the score of the best trainer alone: it trains on its own rows, for as
// many epochs as in the task, and is judged on the whole hold-out. It is 0 where every trainer
// diverges.
func (f *follower) bestSingleTrainer(ctx context.Context, task spec.Task, m model.File) (best spec.PPM, err error) {
	holdout, err := f.wholeHoldout(m)
	if err != nil {
		return 0, err
	}
	alone := task.Spec.Training
	alone.Epochs *= trainedRounds(task)
	start, err := model.Init(task.Spec.Model)
	if err != nil {
		return 0, err
	}
	trainers := f.local.Residents[:f.record.Trainers] // they come first
	for done, r := range trainers {
		f.narrator.Comparing(done, len(trainers))
		own, err := readScaled(m, filepath.Join(f.local.Home(r.Config.Name), r.Config.Data.File))
		if err != nil {
			return 0, err
		}
		result, err := train.Engine{}.Train(ctx, train.Job{Model: task.Spec.Model, Training: alone, Weights: start, Seed: f.record.Seed, Table: own}, nil)
		if errors.Is(err, train.ErrTraining) && ctx.Err() == nil {
			continue // it diverges, because it has many epochs on few rows
		}
		if err != nil {
			return 0, err
		}
		judged, err := train.Engine{}.Evaluate(ctx, task.Spec.Model, result.Weights, holdout)
		if err != nil {
			return 0, err
		}
		best = max(best, judged.Score())
	}
	return best, nil
}

// trainedRounds is in how many rounds of a task trainers trained, at least 1. The first round
// of a task that learns the scale of its columns only measures them.
func trainedRounds(t spec.Task) uint32 {
	if t.Spec.Data.MeasuresColumns() {
		return max(2, t.Accepted) - 1
	}
	return t.Accepted
}
