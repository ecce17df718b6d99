package daemon

import (
	"context"
	"log/slog"

	"github.com/althing-network/althing/role"
)

// pruneInterval is how many blocks pass between two looks for what need not be kept.
const pruneInterval = 100

// prune drops what the node need not keep any more.
func (p *Participant) prune(ctx context.Context, saw role.Saw) error {
	forgotten, err := role.Prune(ctx, p.tools.Store, p.chain, saw.Now)
	for _, ref := range forgotten {
		p.log.Info("blob is kept no longer", slog.String("blob", ref.Path()))
	}
	if err != nil {
		return err
	}
	return role.Sweep(ctx, p.tools.Store, saw.Duties)
}
