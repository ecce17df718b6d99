package daemon

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/spec"
)

// Why a task does not let the caller audit it or get a model; errors wrap one of them.
var (
	ErrMembers     = errors.New("the task says audit: members, so only nodes of the round get its updates")
	ErrAggregators = errors.New("the task says audit: aggregators, so nobody else ever gets its updates")
	ErrPrivate     = errors.New("this model is for members: name the home folder of a member with --home")
)

// ErrGone is the error of an earlier version of a model that no aggregator serves any more.
var ErrGone = errors.New("no aggregator keeps this version any more")

// Verify recomputes a settled round from the blobs that its aggregators keep, and compares
// it with the chain. It requests blobs as the node of a home folder, or as a stranger if
// home is empty or belongs to no node. A stranger needs a task with a public audit and a
// public model, otherwise the error is [ErrMembers], [ErrAggregators] or [ErrPrivate].
// Verify returns the digest of the round's model; its error names the first difference.
func Verify(ctx context.Context, chain *client.Client, home string, task, number uint64) (spec.Digest, error) {
	t, err := chain.Task(ctx, task)
	if err != nil {
		return spec.Digest{}, err
	}
	r, err := chain.Round(ctx, task, number)
	if err != nil {
		return spec.Digest{}, err
	}
	tools, err := nodeTools(ctx, chain, home)
	if err != nil {
		return spec.Digest{}, err
	}
	d, err := aggregator.Verify(ctx, tools, t, r)
	return d, explainRefusal(t, err)
}

// Baselines are the models with which the next model of a settled round is compared, see
// [aggregator.Baselines]. Whoever may [Verify] the round may get them, unless the task is
// private.
func Baselines(ctx context.Context, chain *client.Client, home string, task spec.Task, r spec.Round) ([]aggregator.Baseline, error) {
	tools, err := nodeTools(ctx, chain, home)
	if err != nil {
		return nil, err
	}
	list, err := aggregator.Baselines(ctx, tools, task, r)
	return list, explainRefusal(task, err)
}

// explainRefusal adds to a refusal why the task does not let the caller get updates or models.
func explainRefusal(t spec.Task, err error) error {
	switch {
	case !errors.Is(err, blob.ErrForbidden):
	case t.Spec.Audit == spec.AuditMembers:
		return fmt.Errorf("%w: %w", ErrMembers, err)
	case t.Spec.Audit == spec.AuditAggregators:
		return fmt.Errorf("%w: %w", ErrAggregators, err)
	}
	return explainNotFound(t, err)
}

// explainNotFound adds to "not found" that a private model may have been refused: a peer gives
// the same answer to both.
func explainNotFound(t spec.Task, err error) error {
	if t.Spec.Model.Private() && errors.Is(err, blob.ErrNotFound) {
		return fmt.Errorf("%w: %w", ErrPrivate, err)
	}
	return err
}

// Fetch downloads the newest model of a task, as [FetchModel] does.
func Fetch(ctx context.Context, chain *client.Client, home string, task uint64) ([]byte, error) {
	t, err := chain.Task(ctx, task)
	if err != nil {
		return nil, err
	}
	if t.Model.IsZero() {
		return nil, fmt.Errorf("task %d has no model yet: it is %s", task, t.State)
	}
	return FetchModel(ctx, chain, home, t, t.Model)
}

// FetchModel downloads a version of a task's model from its aggregators and checks it
// against its digest. It requests it as the node of a home folder, or as a stranger if home
// is empty or belongs to no node. A stranger needs a public model, otherwise the error is
// [ErrPrivate]. The error of an earlier version that nobody keeps is [ErrGone].
func FetchModel(ctx context.Context, chain *client.Client, home string, t spec.Task, d spec.Digest) ([]byte, error) {
	tools, err := nodeTools(ctx, chain, home)
	if err != nil {
		return nil, err
	}
	_, err = tools.Model(ctx, t, d)
	if err = explainNotFound(t, err); errors.Is(err, blob.ErrNotFound) && !errors.Is(err, ErrPrivate) && d != t.Model {
		err = fmt.Errorf("%w: blobs of a round are kept for %s after its end, only the newest model is kept longer: %w", ErrGone, t.Spec.Retain, err)
	}
	if err != nil {
		return nil, err
	}
	return role.ReadBlob(ctx, tools.Store, d)
}

// nodeTools are the tools of the node of a home folder, which sign its requests. They are
// those of a stranger if the chain has no such node.
func nodeTools(ctx context.Context, chain *client.Client, home string) (role.Tools, error) {
	if home == "" {
		return strangerTools(ctx, chain)
	}
	key, err := LoadKey(home)
	if err != nil {
		return role.Tools{}, err
	}
	node, err := chain.NodeByOwner(ctx, addressOf(key).String())
	if errors.Is(err, client.ErrNodeNotFound) {
		return strangerTools(ctx, chain)
	}
	if err != nil {
		return role.Tools{}, err
	}
	seed, err := readSecret(filepath.Join(home, transportFile)) // makes no key: auditing changes nothing
	if err != nil {
		return role.Tools{}, err
	}
	return readerTools(ctx, chain, blob.Client{Chain: chain.Chain(), Node: node.ID, Key: ed25519.NewKeyFromSeed(seed)})
}

// strangerTools has no key: its requests are not signed.
func strangerTools(ctx context.Context, chain *client.Client) (role.Tools, error) {
	return readerTools(ctx, chain, blob.Client{Chain: chain.Chain()})
}

// readerTools are tools for reading only. They may also ask the own node.
func readerTools(ctx context.Context, chain *client.Client, blobs blob.Client) (role.Tools, error) {
	local, err := chain.Local(ctx)
	if err != nil {
		return role.Tools{}, err
	}
	blobs.HTTP = blob.NewHTTPClient(local)
	directory := &directory{chain: chain}
	return role.Tools{
		Blobs: blob.Network{Client: blobs, Peer: directory.peer, RefreshKey: directory.refreshKey},
		Store: blob.NewMemory(),
	}, nil
}
