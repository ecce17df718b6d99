package daemon

import (
	"context"
	"log/slog"

	"github.com/althing-network/althing/role"
)

const (
	pruneInterval = 100 // blocks between two looks for what need not be kept
	shortInterval = 10  // the same where room is short
)

// pruning says when a node looks for what it need not keep.
type pruning struct {
	next, early int64 // heights; the second one counts where room is short
}

// due reports whether it is time.
func (p *pruning) due(now int64, short bool) bool {
	if now < p.next && (!short || now < p.early) {
		return false
	}
	*p = pruning{next: now + pruneInterval, early: now + shortInterval}
	return true
}

// prune drops what the node need not keep any more.
func (p *Participant) prune(ctx context.Context, saw role.Saw) error {
	forgotten, err := role.Prune(ctx, p.tools, p.chain, saw)
	for _, ref := range forgotten {
		p.log.Info("blob is kept no longer", slog.String("blob", ref.Path()))
	}
	if err != nil {
		return err
	}
	return role.Sweep(ctx, p.tools.Store, saw.Duties)
}
