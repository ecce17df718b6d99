package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

// bestVersion is the word for the version of a task with the best score.
const bestVersion = "best"

// roundFlag explains the word that names a version.
const roundFlag = "the version that this round has made, 0 for the first one, or best (default: the newest)"

// findVersion finds the version of a task that a word names: the number of the round that
// made it, "best", or "" for the newest. It returns that round, 0 for model 0.
func findVersion(ctx context.Context, c *client.Client, t spec.Task, word string) (madeBy uint64, d spec.Digest, err error) {
	switch word {
	case "":
		if t.Model.IsZero() {
			return 0, d, fmt.Errorf("task %d has no model yet: it is %s", t.ID, t.State)
		}
		madeBy, err = findMaker(ctx, c, t.ID, t.Model)
		return madeBy, t.Model, err
	case bestVersion:
		rounds, err := view.ReadRounds(ctx, c, t.ID)
		if err != nil {
			return 0, d, err
		}
		best := spec.Round{}
		for _, r := range rounds {
			if r.Phase == spec.PhaseSettled && r.Scored && (best.Number == 0 || r.Score > best.Score) {
				best = r
			}
		}
		if best.Number == 0 {
			return 0, d, fmt.Errorf("no model of task %d has a score yet", t.ID)
		}
		return best.Number, best.Next, nil
	}
	number, err := strconv.ParseUint(word, 10, 64)
	if err != nil {
		return 0, d, fmt.Errorf("--round %.64q: want the number of a round, or %s", word, bestVersion)
	}
	r, err := c.Round(ctx, t.ID, max(1, number))
	switch {
	case number == 0 && err == nil:
		return 0, r.Base, nil
	case number == 0 && t.Round == 0 && !t.Model.IsZero(): // no round has begun
		return 0, t.Model, nil
	case err != nil:
		return 0, d, err
	case r.Next.IsZero() || r.Phase == spec.PhaseAborted:
		return 0, d, fmt.Errorf("round %d of task %d has made no model: it is %s", number, t.ID, r.Phase)
	}
	return number, r.Next, nil
}

// fetchVersion downloads the version of a task that a round made, and checks it.
func (s *session) fetchVersion(ctx context.Context, c *client.Client, t spec.Task, madeBy uint64, d spec.Digest) ([]byte, error) {
	b, err := daemon.FetchModel(ctx, c, s.home, t, d)
	if err == nil {
		_, err = model.Decode(t.Spec.Model, t.Spec.Data, b)
	}
	switch {
	case err == nil:
		return b, nil
	case errors.Is(err, daemon.ErrPrivate): // who they are
		return nil, hinted{fmt.Errorf("model of task %d: %w", t.ID, err), s.command("model show", fmt.Sprint(t.ID))}
	case errors.Is(err, daemon.ErrGone):
		return nil, fmt.Errorf("model of task %d after round %d: %w", t.ID, madeBy, err)
	}
	return nil, fmt.Errorf("model of task %d: %w", t.ID, err)
}

// findMaker finds on the chain the round that made a model, or 0 where the first round began
// with it. It asks for the task again, because a running task may have a newer round by now.
func findMaker(ctx context.Context, c *client.Client, task uint64, digest spec.Digest) (uint64, error) {
	t, err := c.Task(ctx, task)
	if err != nil {
		return 0, err
	}
	for n := t.Round; n > 0; n-- {
		r, err := c.Round(ctx, task, n)
		switch {
		case err != nil:
			return 0, err
		case r.Next == digest && r.Phase == spec.PhaseSettled:
			return n, nil
		case n == 1 && r.Base == digest:
			return 0, nil
		}
	}
	if t.Model == digest {
		return 0, nil
	}
	return 0, fmt.Errorf("model %s is no version of task %d: the chain does not know it", digest, task)
}
