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
)

// bestVersion is the word for the version of a task with the best score.
const bestVersion = "best"

// roundFlag is what --round says of which version is meant.
const roundFlag = "the version that this round has made, 0 for the first one, or best (default: the newest)"

// versionOf finds the version of a task that a word names: the round that made it, best, or
// nothing for the newest.
func versionOf(ctx context.Context, c *client.Client, t spec.Task, word string) (made uint64, d spec.Digest, err error) {
	switch word {
	case "":
		if t.Model.IsZero() {
			return 0, d, fmt.Errorf("task %d has no model yet: it is %s", t.ID, t.State)
		}
		made, err = maker(ctx, c, t.ID, t.Model)
		return made, t.Model, err
	case bestVersion:
		rounds, err := allRounds(ctx, c, t.ID)
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

// fetchVersion downloads a version of a task, and checks it.
func (s *session) fetchVersion(ctx context.Context, c *client.Client, t spec.Task, made uint64, d spec.Digest) ([]byte, error) {
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
		return nil, fmt.Errorf("model of task %d after round %d: %w", t.ID, made, err)
	}
	return nil, fmt.Errorf("model of task %d: %w", t.ID, err)
}

// showVersion shows one version of a task.
func (s *session) showVersion(ctx context.Context, c *client.Client, t spec.Task, word string) error {
	made, d, err := versionOf(ctx, c, t, word)
	if err != nil {
		return s.explain(err)
	}
	rounds, err := allRounds(ctx, c, t.ID)
	if err != nil {
		return err
	}
	shown := version{Round: made, Model: d}
	for _, v := range versions(t, rounds) {
		if v.Round == made {
			shown = v
		}
	}
	shown.Model = d // also where the round is still being scored
	if s.json {
		return s.line(shown)
	}
	out := s.table()
	out.row("task", fmt.Sprintf("%d %s", t.ID, t.Spec.Name))
	out.row("round", shown.Round)
	out.row("model", architecture(t.Spec.Model))
	out.row("sha256", shown.Model)
	out.row("score", figure(shown.Score))
	out.row("federated", figure(shown.Federated))
	out.row("survivors", unless(shown.Round == 0, shown.Survivors))
	out.row("height", height(shown.Height))
	return out.flush()
}
