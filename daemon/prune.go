package daemon

import (
	"context"
	"log/slog"

	"github.com/althing-network/althing/role"
)

const (
	pruneInterval      = 100 // blocks between pruning runs
	shortPruneInterval = 10  // blocks between pruning runs when a quota is short
)

// pruneSchedule says when a node prunes its store and its journal.
type pruneSchedule struct {
	next, early int64 // heights; early applies when a quota is short
}

// due reports whether a pruning run is due, and schedules the next one.
func (p *pruneSchedule) due(now int64, short bool) bool {
	if now < p.next && (!short || now < p.early) {
		return false
	}
	*p = pruneSchedule{next: now + pruneInterval, early: now + shortPruneInterval}
	return true
}

// prune deletes what the node need not keep any more.
func (p *Participant) prune(ctx context.Context, saw role.Saw) error {
	forgotten, err := role.Prune(ctx, p.tools, p.chain, saw)
	for _, ref := range forgotten {
		p.log.Info("blob was deleted: its time is over", slog.String("blob", ref.Path()))
	}
	if err != nil {
		return err
	}
	return role.Sweep(ctx, p.tools.Store, saw.Duties)
}
