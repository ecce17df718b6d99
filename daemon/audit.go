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

// What is wrapped when a task keeps out who asks: an audit is for nodes of the round
// or for its aggregators only, a model for members of the task only.
var (
	ErrMembers     = errors.New("the task says audit: members, so only nodes of the round get its updates")
	ErrAggregators = errors.New("the task says audit: aggregators, so nobody else ever gets its updates")
	ErrPrivate     = errors.New("this model is for members: name the home folder of a member with --home")
)

// ErrGone is a former version of a task that no aggregator serves.
var ErrGone = errors.New("no aggregator keeps this version any more")

// Verify recomputes a settled round from the blobs its aggregators keep and
// compares it with the chain. It asks for blobs as the node of a home folder, and
// without one, or where that is no node's, as a stranger: then the task must be
// audited in public, and its model be so, else the error is [ErrMembers],
// [ErrAggregators] or [ErrPrivate]. It returns the digest of the round's model, or the first thing that
// differs.
func Verify(ctx context.Context, chain *client.Client, home string, task, number uint64) (spec.Digest, error) {
	t, err := chain.Task(ctx, task)
	if err != nil {
		return spec.Digest{}, err
	}
	r, err := chain.Round(ctx, task, number)
	if err != nil {
		return spec.Digest{}, err
	}
	tools, err := visitor(ctx, chain, home)
	if err != nil {
		return spec.Digest{}, err
	}
	d, err := aggregator.Verify(ctx, tools, t, r)
	return d, forbidden(t, err)
}

// Baselines are the models with which that of a settled round is compared, see
// [aggregator.Baselines]. Who may [Verify] the round gets them, unless the task is private.
func Baselines(ctx context.Context, chain *client.Client, home string, task spec.Task, r spec.Round) ([]aggregator.Baseline, error) {
	tools, err := visitor(ctx, chain, home)
	if err != nil {
		return nil, err
	}
	list, err := aggregator.Baselines(ctx, tools, task, r)
	return list, forbidden(task, err)
}

// forbidden says why updates or a model were not given to who asked.
func forbidden(t spec.Task, err error) error {
	switch {
	case !errors.Is(err, blob.ErrForbidden):
	case t.Spec.Audit == spec.AuditMembers:
		return fmt.Errorf("%w: %w", ErrMembers, err)
	case t.Spec.Audit == spec.AuditAggregators:
		return fmt.Errorf("%w: %w", ErrAggregators, err)
	}
	return withheld(t, err)
}

// withheld says of what was not found of a private model that it may have been refused:
// who serves it does not tell.
func withheld(t spec.Task, err error) error {
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
// against its digest. It asks as the node of a home folder, and without one, or where that
// is no node's, as a stranger: then the model must be public, else the error is [ErrPrivate].
// A former version that is kept no longer is [ErrGone].
func FetchModel(ctx context.Context, chain *client.Client, home string, t spec.Task, d spec.Digest) ([]byte, error) {
	tools, err := visitor(ctx, chain, home)
	if err != nil {
		return nil, err
	}
	_, err = tools.Model(ctx, t, d)
	if err = withheld(t, err); errors.Is(err, blob.ErrNotFound) && !errors.Is(err, ErrPrivate) && d != t.Model {
		err = fmt.Errorf("%w: the task has what a round made retained for %s after its end, and only the newest for longer: %w", ErrGone, t.Spec.Retain, err)
	}
	if err != nil {
		return nil, err
	}
	return role.ReadBlob(ctx, tools.Store, d)
}

// visitor is the node of a home folder, which signs what it asks of others; a
// stranger where the chain has no such node.
func visitor(ctx context.Context, chain *client.Client, home string) (role.Tools, error) {
	if home == "" {
		return stranger(ctx, chain)
	}
	key, err := LoadKey(home)
	if err != nil {
		return role.Tools{}, err
	}
	node, err := chain.NodeByOwner(ctx, addressOf(key).String())
	if errors.Is(err, client.ErrNodeNotFound) {
		return stranger(ctx, chain)
	}
	if err != nil {
		return role.Tools{}, err
	}
	seed, err := kept(filepath.Join(home, transportFile)) // and none is made: who looks changes nothing
	if err != nil {
		return role.Tools{}, err
	}
	return tools(ctx, chain, blob.Client{Chain: chain.Chain(), Node: node.ID, Key: ed25519.NewKeyFromSeed(seed)})
}

// stranger has no key: other nodes see nobody.
func stranger(ctx context.Context, chain *client.Client) (role.Tools, error) {
	return tools(ctx, chain, blob.Client{Chain: chain.Chain()})
}

// tools are for somebody who only looks, also at what the own node serves.
func tools(ctx context.Context, chain *client.Client, blobs blob.Client) (role.Tools, error) {
	local, err := chain.Local(ctx)
	if err != nil {
		return role.Tools{}, err
	}
	blobs.HTTP = blob.NewHTTPClient(local)
	directory := &directory{chain: chain}
	return role.Tools{
		Blobs: blob.Network{Client: blobs, Peer: directory.peer, Doubt: directory.doubt},
		Store: blob.NewMemory(),
	}, nil
}
