package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/mirror"
	"github.com/althing-network/althing/spec"
)

// NotGranted says that the owner of a node's rows has not granted the node their data set.
type NotGranted struct{ Dataset, Node uint64 }

// Error says what the owner has to do.
func (e *NotGranted) Error() string {
	if e.Node == 0 {
		return fmt.Sprintf("the owner of data set %d has not granted it to this node, which has no id yet: once it is registered, the owner runs `althing data grant %d NODE`; then start the node again", e.Dataset, e.Dataset)
	}
	return fmt.Sprintf("the owner of data set %d has not granted it to this node: the owner runs `althing data grant %d %d`; then start the node again", e.Dataset, e.Dataset, e.Node)
}

// syncLentLedger updates the ledger in another owner's home folder from the chain, and returns the
// id of the owner's data set with the node's rows. If the owner has not granted it to the
// node, the error is [NotGranted].
func (p *Participant) syncLentLedger(ctx context.Context, home string, node uint64, rows data.Table) (uint64, error) {
	if _, err := os.Stat(filepath.Join(home, mirror.File)); err != nil {
		return 0, fmt.Errorf("data.owner: %w: %w", mirror.ErrNotRegistered, err)
	}
	own, err := mirror.Open(home)
	if err != nil {
		return 0, err
	}
	defer own.Close()
	known := own.Datasets()
	i := slices.IndexFunc(known, func(d mirror.Dataset) bool { return d.ID > 0 && own.Verify(d.Commitment, rows) == nil })
	if i < 0 {
		return 0, fmt.Errorf("data.owner: %w: %s has no data set of these rows", mirror.ErrNotRegistered, home)
	}
	d, err := p.account.Dataset(ctx, known[i].ID)
	switch {
	case errors.Is(err, client.ErrNoDataset):
		return 0, fmt.Errorf("%w: it has no data set %d", mirror.ErrContradiction, known[i].ID)
	case err != nil:
		return 0, err
	case d.Commitment != known[i].Commitment:
		return 0, fmt.Errorf("%w: its data set %d is of other rows", mirror.ErrContradiction, d.ID)
	case d.Name != p.config.Data.Name:
		return 0, fmt.Errorf("data.owner: %w: data set %d is called %q, and data.name says %q", mirror.ErrNotRegistered, d.ID, d.Name, p.config.Data.Name)
	case !own.Signs(d.Key):
		return 0, unsigned(d)
	}
	if err := p.catchUp(ctx, own, d, known[i].ChainRows); err != nil {
		return 0, err
	}
	granted, err := allPages(func(page client.Page) ([]uint64, client.Page, error) { return p.account.Grants(ctx, d.ID, page) })
	if err == nil && !slices.Contains(granted, node) {
		err = &NotGranted{d.ID, node}
	}
	return d.ID, err
}

// unsigned is the error of a data set whose registered key the owner's ledger does not have.
func unsigned(d spec.Dataset) error {
	return fmt.Errorf("data set %d: %w, which is %s on the chain: the owner runs `althing data rekey %d`", d.ID, mirror.ErrNoKey, d.Key.Short(), d.ID)
}
