package daemon

import (
	"context"
	"errors"
	"log/slog"

	"github.com/althing-network/althing/spec"
)

// Register registers the node of a home folder with the stake and the profile in node.json,
// or updates its record on the chain. It starts the node up to that point and then stops it.
// It fails with [ErrInUse] while the node runs.
func Register(ctx context.Context, home string) (n spec.Node, err error) {
	if _, err := LoadNode(home); err != nil {
		return n, err
	}
	release, err := Lock(home)
	if err != nil {
		return n, err
	}
	defer func() { err = errors.Join(err, release()) }()
	p, err := OpenParticipant(ctx, home, slog.New(slog.DiscardHandler))
	if err != nil {
		return n, err
	}
	if p.server != nil {
		err = p.server.Close()
	}
	return p.node, err
}
