package daemon

import (
	"context"
	"fmt"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/spec"
)

// Verify recomputes a settled round from the blobs its aggregators keep and
// compares it with the chain. It needs nothing but the chain's address: it asks
// for blobs as a stranger, so the task must be audited in public. It returns the
// digest of the round's model, or the first thing that differs.
func Verify(ctx context.Context, chain *client.Client, task, number uint64) (spec.Digest, error) {
	t, err := chain.Task(ctx, task)
	if err != nil {
		return spec.Digest{}, err
	}
	r, err := chain.Round(ctx, task, number)
	if err != nil {
		return spec.Digest{}, err
	}
	return aggregator.Verify(ctx, stranger(chain), t, r)
}

// Fetch downloads the newest model of a task from its aggregators and checks it
// against the digest on the chain.
func Fetch(ctx context.Context, chain *client.Client, task uint64) ([]byte, error) {
	t, err := chain.Task(ctx, task)
	if err != nil {
		return nil, err
	}
	if t.Model.IsZero() {
		return nil, fmt.Errorf("task %d has no model yet: it is %s", task, t.State)
	}
	tools := stranger(chain)
	if _, err := tools.Model(ctx, t, t.Model); err != nil {
		return nil, err
	}
	return role.ReadBlob(ctx, tools.Store, t.Model)
}

// stranger has no key: other nodes see nobody.
func stranger(chain *client.Client) role.Tools {
	directory := &directory{chain: chain}
	return role.Tools{
		Chain: chain.Chain(),
		Peer:  directory.peer,
		Blobs: blob.Client{Chain: chain.Chain()},
		Store: blob.NewMemory(),
		Pause: pause,
	}
}
