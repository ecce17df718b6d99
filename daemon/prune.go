package daemon

import (
	"context"
	"log/slog"

	"github.com/althing-network/althing/role"
)

const (
	pruneInterval = 100 // blocks between two looks for what need not be kept
	shortInterval = 10  // blocks at least between two, where something did not fit meanwhile
)

// pruning says when a node looks for what it need not keep.
type pruning struct {
	next, last int64  // heights
	refused    uint64 // how often something had not fitted by then
}

// due reports whether it is time.
func (p *pruning) due(now int64, refused uint64) bool {
	if now < p.next && (refused == p.refused || now < p.last+shortInterval) {
		return false
	}
	*p = pruning{next: now + pruneInterval, last: now, refused: refused}
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
