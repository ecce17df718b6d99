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

// Budget is the privacy budget of a node's own rows, in node.json. A node with a budget
// registers its rows as a data set when it starts, and grants the data set to itself; see
// [NodeConfig].
type Budget struct {
	Epsilon   string         `json:"epsilon"`             // a decimal, "8"
	Delta     string         `json:"delta,omitempty"`     // empty: 1e-5
	Unit      cost.Unit      `json:"unit,omitempty"`      // empty: client
	Adjacency cost.Adjacency `json:"adjacency,omitempty"` // empty: zero-out
}

// Limit is the budget as a limit of the ledger.
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

// Unfinished is the refusal of rows whose registration was interrupted. The registration has
// to be finished with Limit.
type Unfinished struct {
	error
	Limit cost.Limit
}

// Unwrap is the refusal.
func (u *Unfinished) Unwrap() error { return u.error }

// Forgotten says that the owner's ledger in a home folder does not know a data set of the
// account: the ledger was lost, or is an old copy. It could not detect that new rows are
// among the rows of the unknown data set.
type Forgotten struct {
	Dataset uint64
	home    string
}

// Error names the files to restore.
func (f *Forgotten) Error() string {
	return fmt.Sprintf("your own ledger in %s does not know your data set %d: restore %s and %s from a backup that was made after its registration", f.home, f.Dataset, mirror.File, mirror.KeyFile)
}

// Unwrap is [mirror.ErrNotRegistered].
func (f *Forgotten) Unwrap() error { return mirror.ErrNotRegistered }

// RegisterData registers a data set of an account: first in the owner's own ledger in the
// home folder, which makes the commitment, then on the chain. Then it records in the ledger
// the number that the chain gave to the data set. A caller that is interrupted in between
// calls it again with the same arguments. An error of the ledger wraps one of package mirror;
// see also [Unfinished] and [Forgotten].
func RegisterData(ctx context.Context, account *client.Account, home string, rows data.Table, asked client.RegisterDataset) (uint64, error) {
	asked.Commitment, asked.Key = spec.DigestOf(nil), spec.PublicKey{1} // placeholders until the ledger gives both: the other fields are checked first
	if err := asked.Validate(); err != nil {
		return 0, err
	}
	sets, err := ownDatasets(ctx, account)
	if err != nil {
		return 0, err
	}
	own, err := mirror.Open(home)
	if err != nil {
		return 0, err
	}
	defer own.Close()
	for _, d := range sets {
		if !slices.ContainsFunc(own.Datasets(), func(k mirror.Dataset) bool { return k.Commitment == d.Commitment }) {
			return 0, &Forgotten{d.ID, home}
		}
	}
	known, err := own.Register(rows, asked.Limit)
	if err != nil {
		err = fmt.Errorf("your own ledger in %s refuses: %w", home, err)
		for _, d := range own.Datasets() {
			if d.ID == 0 && errors.Is(err, mirror.ErrRegistered) && own.Verify(d.Commitment, rows) == nil {
				return 0, &Unfinished{err, d.Book.Limit}
			}
		}
		return 0, err
	}
	asked.Commitment, asked.Key = known.Commitment, own.Key()
	number, err := registerOnce(ctx, account, sets, asked)
	if err != nil {
		return 0, err
	}
	return number, own.Confirm(asked.Commitment, number)
}

// registerOnce registers a data set on the chain, unless an earlier attempt did so and its
// answer was lost.
func registerOnce(ctx context.Context, account *client.Account, sets []spec.Dataset, asked client.RegisterDataset) (uint64, error) {
	if i := slices.IndexFunc(sets, func(d spec.Dataset) bool { return d.Commitment == asked.Commitment }); i >= 0 {
		return sets[i].ID, nil
	}
	receipt, err := account.Send(ctx, asked)
	if err != nil {
		return 0, err
	}
	return receipt.Created()
}

// ownDatasets lists the data sets of an account.
func ownDatasets(ctx context.Context, account *client.Account) ([]spec.Dataset, error) {
	return allPages(func(page client.Page) ([]spec.Dataset, client.Page, error) {
		return account.Datasets(ctx, account.Address(), "", page)
	})
}

// enrol registers the node's rows as a data set, if the home folder has a budget for them
// and they are not registered yet, and lets the node train on them.
func (p *Participant) enrol(ctx context.Context, home string, rows data.Table) error {
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
	p.log.Info("rows are registered", slog.Uint64("dataset", id))
	p.node, err = p.account.Node(ctx, p.node.ID)
	return err
}

// RenewKey makes a new signing key for a data set of an account: first in the owner's own
// ledger in the home folder, then on the chain. Running rounds keep the former key.
func RenewKey(ctx context.Context, account *client.Account, home string, d spec.Dataset) (spec.PublicKey, error) {
	own, err := mirror.Open(home)
	if err != nil {
		return spec.PublicKey{}, err
	}
	defer own.Close()
	if !slices.ContainsFunc(own.Datasets(), func(k mirror.Dataset) bool { return k.Commitment == d.Commitment }) {
		return spec.PublicKey{}, &Forgotten{d.ID, home}
	}
	key, err := own.NewKey()
	if err != nil {
		return key, err
	}
	_, err = account.Send(ctx, client.ReplaceKey{Dataset: d.ID, Key: key})
	return key, err
}
