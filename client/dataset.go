package client

import (
	"context"

	"github.com/althing-network/althing/pb/datasetpb"
	"github.com/althing-network/althing/pb/ledgerpb"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

// Messages about data sets, all of the account that owns them.
type (
	// RegisterDataset puts a data set on the chain and opens its book.
	RegisterDataset struct {
		spec.Description
		Limit cost.Limit
	}
	// Grant lets a node train on a data set.
	Grant struct{ Dataset, Node uint64 }
	// Revoke takes a grant back: the node may no longer train on the data set.
	Revoke struct{ Dataset, Node uint64 }
	// ReplaceKey replaces the key under which the owner signs. Rounds that run keep the
	// former one.
	ReplaceKey struct {
		Dataset uint64
		Key     spec.PublicKey
	}
	// LowerLimit lowers the limit of the privacy loss of a data set.
	LowerLimit struct {
		Dataset uint64
		Limit   cost.Limit
	}
)

func (RegisterDataset) message() {}
func (Grant) message()           {}
func (Revoke) message()          {}
func (ReplaceKey) message()      {}
func (LowerLimit) message()      {}

// gRPC methods that ask for one thing, which may not be there.
const (
	queryDataset = "/althing.dataset.v1.Query/Dataset"
	queryGrants  = "/althing.dataset.v1.Query/Grants"
	queryBook    = "/althing.ledger.v1.Query/Book"
	queryRows    = "/althing.ledger.v1.Query/Rows"
	queryCosting = "/althing.ledger.v1.Query/Costing"
)

// Dataset returns a data set by its id.
func (c *Client) Dataset(ctx context.Context, id uint64) (spec.Dataset, error) {
	var resp datasetpb.QueryDatasetResponse
	if err := c.query(ctx, queryDataset, &datasetpb.QueryDataset{Id: id}, &resp); err != nil {
		return spec.Dataset{}, err
	}
	return resp.Dataset.ToSpec()
}

// Datasets lists data sets of an account and of a kind (empty: any) in the order of their
// ids.
func (c *Client) Datasets(ctx context.Context, owner, name string, page Page) ([]spec.Dataset, Page, error) {
	if err := checkOwner(owner); err != nil {
		return nil, Page{}, err
	}
	var resp datasetpb.QueryDatasetsResponse
	req := datasetpb.QueryDatasets{Owner: owner, Name: name, Pagination: page.request()}
	if err := c.query(ctx, "/althing.dataset.v1.Query/Datasets", &req, &resp); err != nil {
		return nil, Page{}, err
	}
	datasets, err := list(resp.Datasets, func(d *datasetpb.Dataset) (spec.Dataset, error) { return d.ToSpec() })
	return datasets, page.next(resp.Pagination), err
}

// Grants lists the nodes that may train on a data set, in the order of their ids.
func (c *Client) Grants(ctx context.Context, dataset uint64, page Page) ([]uint64, Page, error) {
	var resp datasetpb.QueryGrantsResponse
	req := datasetpb.QueryGrants{Dataset: dataset, Pagination: page.request()}
	if err := c.query(ctx, queryGrants, &req, &resp); err != nil {
		return nil, Page{}, err
	}
	return resp.Nodes, page.next(resp.Pagination), nil
}

// Book returns the book of a data set, without the reservations of which nothing is left.
func (c *Client) Book(ctx context.Context, dataset uint64) (cost.Book, error) {
	var resp ledgerpb.QueryBookResponse
	if err := c.query(ctx, queryBook, &ledgerpb.QueryBook{Dataset: dataset}, &resp); err != nil {
		return cost.Book{}, err
	}
	return resp.Book.ToCost()
}

// Rows lists the history of a data set's book in its order.
func (c *Client) Rows(ctx context.Context, dataset uint64, page Page) ([]cost.Row, Page, error) {
	var resp ledgerpb.QueryRowsResponse
	req := ledgerpb.QueryRows{Dataset: dataset, Pagination: page.request()}
	if err := c.query(ctx, queryRows, &req, &resp); err != nil {
		return nil, Page{}, err
	}
	rows, err := list(resp.Rows, func(r *ledgerpb.Row) (cost.Row, error) { return r.ToCost() })
	return rows, page.next(resp.Pagination), err
}

// Release says how a task makes its releases for a reason.
func (c *Client) Release(ctx context.Context, task uint64, reason string) (cost.Release, error) {
	var resp ledgerpb.QueryCostingResponse
	if err := c.query(ctx, queryCosting, &ledgerpb.QueryCosting{Task: task, Reason: reason}, &resp); err != nil {
		return cost.Release{}, err
	}
	return resp.Costing.Release.ToCost()
}

// Verdict is whether the book of a data set could pay releases.
type Verdict struct {
	Dataset uint64
	Owner   string
	Limit   cost.Limit
	Left    cost.Epsilon // of the limit's epsilon, neither spent nor reserved
	Affords uint64       // of the releases
	Refused string       // why it could not pay all of them; empty where it could
}

// CheckBudgets says of each data set of a kind whether its book could pay so many
// releases. It charges nothing.
func (c *Client) CheckBudgets(ctx context.Context, name string, release cost.Release, releases uint64, page Page) ([]Verdict, Page, error) {
	var resp datasetpb.QueryCheckResponse
	req := datasetpb.QueryCheck{Name: name, Release: ledgerpb.ReleaseFromCost(release), Releases: releases, Pagination: page.request()}
	if err := c.query(ctx, "/althing.dataset.v1.Query/Check", &req, &resp); err != nil {
		return nil, Page{}, err
	}
	verdicts, err := list(resp.Verdicts, func(v *datasetpb.Verdict) (Verdict, error) {
		limit, err := v.Limit.ToCost()
		return Verdict{Dataset: v.Dataset, Owner: v.Owner, Limit: limit, Left: cost.Epsilon(v.Left), Affords: v.Affords, Refused: v.Refused}, err
	})
	return verdicts, page.next(resp.Pagination), err
}
