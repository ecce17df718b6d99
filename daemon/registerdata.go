package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/mirror"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

// Budget limits the privacy loss of a node's own rows. It stands in node.json. A node with a
// budget registers its rows as a data set when it starts and grants itself the right to train
// on them.
type Budget struct {
	Epsilon   string         `json:"epsilon"`             // a decimal, "8"
	Delta     string         `json:"delta,omitempty"`     // empty: 1e-5
	Unit      cost.Unit      `json:"unit,omitempty"`      // empty: client
	Adjacency cost.Adjacency `json:"adjacency,omitempty"` // empty: zero-out
}

// Limit returns the budget as the privacy ledger stores it, with defaults filled in.
func (b Budget) Limit() (cost.Limit, error) {
	l := cost.Limit{Unit: cost.Client, Adjacency: cost.ZeroOut, Delta: cost.OneDelta / 100_000}
	var err error
	if l.Epsilon, err = cost.ParseEpsilon(b.Epsilon); err != nil {
		return l, fmt.Errorf("epsilon: %w", err)
	}
	if b.Delta != "" {
		if l.Delta, err = cost.ParseDelta(b.Delta); err != nil {
			return l, fmt.Errorf("delta: %w", err)
		}
	}
	if b.Unit != "" {
		l.Unit = b.Unit
	}
	if b.Adjacency != "" {
		l.Adjacency = b.Adjacency
	}
	return l, l.Validate()
}

// InterruptedRegistration is returned for rows whose registration was interrupted and is now
// repeated with another limit.
type InterruptedRegistration struct {
	error
	Limit cost.Limit // of the interrupted registration; it can be finished with this limit only
}

// Unwrap returns the refusal of the ledger.
func (u *InterruptedRegistration) Unwrap() error { return u.error }

// MissingDataset is returned where the owner's own ledger does not have a data set that its
// account has on the chain. The ledger was lost or replaced by an old copy, so it could not
// detect that new rows are also in the missing data set.
type MissingDataset struct {
	Dataset uint64
	home    string
}

// Error names the files to restore.
func (f *MissingDataset) Error() string {
	return fmt.Sprintf("your own ledger in %s does not know your data set %d: restore %s and %s from a backup that was made after its registration", f.home, f.Dataset, mirror.File, mirror.KeyFile)
}

// Unwrap returns [mirror.ErrNotRegistered].
func (f *MissingDataset) Unwrap() error { return mirror.ErrNotRegistered }

// RegisterData registers rows as a data set of an account and returns its id on the chain. It
// registers them in the owner's own ledger in the home folder, which makes the commitment, then
// on the chain, and then writes the id into the ledger. After an interruption, call it again
// with the same arguments. An error of the ledger wraps one of package mirror; see also
// [InterruptedRegistration] and [MissingDataset].
func RegisterData(ctx context.Context, account *client.Account, home string, rows data.Table, message client.RegisterDataset) (uint64, error) {
	message.Commitment, message.Key = spec.DigestOf(nil), spec.PublicKey{1} // placeholders, so that all other fields are checked first
	if err := message.Validate(); err != nil {
		return 0, err
	}
	onChain, err := ownDatasets(ctx, account)
	if err != nil {
		return 0, err
	}
	ledger, err := mirror.Open(home)
	if err != nil {
		return 0, err
	}
	defer ledger.Close()
	for _, d := range onChain {
		if !slices.ContainsFunc(ledger.Datasets(), func(k mirror.Dataset) bool { return k.Commitment == d.Commitment }) {
			return 0, &MissingDataset{d.ID, home}
		}
	}
	registered, err := ledger.Register(rows, message.Limit)
	if err != nil {
		err = fmt.Errorf("your own ledger in %s refuses: %w", home, err)
		for _, d := range ledger.Datasets() {
			if d.ID == 0 && errors.Is(err, mirror.ErrRegistered) && ledger.Verify(d.Commitment, rows) == nil {
				return 0, &InterruptedRegistration{err, d.Book.Limit}
			}
		}
		return 0, err
	}
	message.Commitment, message.Key = registered.Commitment, ledger.Key()
	id, err := registerOnce(ctx, account, onChain, message)
	if err != nil {
		return 0, err
	}
	return id, ledger.Confirm(message.Commitment, id)
}

// registerOnce registers a data set on the chain and returns its id. An earlier attempt may
// have registered it without receiving the answer: then it is among those on the chain.
func registerOnce(ctx context.Context, account *client.Account, onChain []spec.Dataset, message client.RegisterDataset) (uint64, error) {
	if i := slices.IndexFunc(onChain, func(d spec.Dataset) bool { return d.Commitment == message.Commitment }); i >= 0 {
		return onChain[i].ID, nil
	}
	receipt, err := account.Send(ctx, message)
	if err != nil {
		return 0, err
	}
	return receipt.Created()
}

// ownDatasets lists the data sets of an account on the chain.
func ownDatasets(ctx context.Context, account *client.Account) ([]spec.Dataset, error) {
	return allPages(func(page client.Page) ([]spec.Dataset, client.Page, error) {
		return account.Datasets(ctx, account.Address(), "", page)
	})
}

// registerRows registers the node's rows as a data set and grants it to the node. It does
// nothing if node.json has no budget or the rows are registered already.
func (p *Participant) registerRows(ctx context.Context, home string, rows data.Table) error {
	budget := p.config.Data.Budget
	holding, holds := p.node.Profile.Holding(p.config.Data.Name)
	if budget == nil || !holds || holding.Dataset > 0 {
		return nil
	}
	limit, err := budget.Limit()
	if err != nil {
		return err
	}
	id, err := RegisterData(ctx, p.account, home, rows, client.RegisterDataset{
		Description: spec.Description{
			Name: holding.Name, Features: uint32(rows.Features), Classes: uint32(rows.Classes), Rows: holding.Samples,
		},
		Limit: limit,
	})
	if err != nil {
		return err
	}
	granted, err := allPages(func(page client.Page) ([]uint64, client.Page, error) { return p.account.Grants(ctx, id, page) })
	if err == nil && !slices.Contains(granted, p.node.ID) {
		_, err = p.account.Send(ctx, client.Grant{Dataset: id, Node: p.node.ID})
	}
	if err != nil {
		return err
	}
	profile := p.node.Profile
	profile.Holdings = []spec.Holding{{Name: holding.Name, Samples: holding.Samples, Dataset: id}}
	if _, err := p.account.Send(ctx, client.Update{Profile: profile}); err != nil {
		return err
	}
	p.log.Info("rows are registered as a data set", slog.Uint64("dataset", id))
	p.node, err = p.account.Node(ctx, p.node.ID)
	return err
}

// RenewKey replaces the signing key of a data set: first in the owner's own ledger in the home
// folder, then on the chain. Rounds that run keep the former key.
func RenewKey(ctx context.Context, account *client.Account, home string, d spec.Dataset) (spec.PublicKey, error) {
	ledger, err := mirror.Open(home)
	if err != nil {
		return spec.PublicKey{}, err
	}
	defer ledger.Close()
	if !slices.ContainsFunc(ledger.Datasets(), func(k mirror.Dataset) bool { return k.Commitment == d.Commitment }) {
		return spec.PublicKey{}, &MissingDataset{d.ID, home}
	}
	key, err := ledger.NewKey()
	if err != nil {
		return key, err
	}
	_, err = account.Send(ctx, client.ReplaceKey{Dataset: d.ID, Key: key})
	return key, err
}
