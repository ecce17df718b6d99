package view

import (
	"context"
	"fmt"
	"strings"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

// Dataset is everything that the chain knows of a data set.
type Dataset struct {
	spec.Dataset
	Grants []uint64 `json:"grants"`
	Budget Budget   `json:"budget"`

	names map[uint64]string // of the nodes in Grants
}

// ReadDataset reads what is shown of a data set beside its record.
func ReadDataset(ctx context.Context, c *client.Client, d spec.Dataset) (v Dataset, err error) {
	granted, err := ReadAll(func(page client.Page) ([]uint64, client.Page, error) { return c.Grants(ctx, d.ID, page) })
	if err != nil {
		return v, err
	}
	v.Dataset, v.Grants = d, append([]uint64{}, granted...)
	if v.Budget, err = ReadBudget(ctx, c, d); err != nil {
		return v, err
	}
	v.names, err = ReadNames(ctx, c, granted)
	return v, err
}

// Page shows the data set: what it holds, who may train on it, and its budget.
func (v Dataset) Page() Page {
	var trainers []string
	for _, node := range v.Grants {
		trainers = append(trainers, fmt.Sprintf("%d %s", node, v.names[node]))
	}
	var p Part
	p.Row("data set", fmt.Sprintf("%d %s", v.ID, v.Name))
	p.Row("owner", v.Owner)
	p.Row("registered", fmt.Sprintf("at height %d", v.Registered))
	p.Row("commitment", v.Commitment)
	p.Row("signing key", v.Key.Short())
	p.Row("rows", fmt.Sprintf("%v, of %s and %d classes", rowsOrWithheld(v.Dataset), Counted(v.Features, "feature"), v.Classes))
	p.Row("granted to", Dash(len(trainers) == 0, strings.Join(trainers, ", ")))
	p.budgetRows(v.Budget)
	return of(p)
}

// rowsOrWithheld is the number of rows of a data set, if its owner tells it.
func rowsOrWithheld(d spec.Dataset) any {
	if d.Rows == 0 {
		return "withheld"
	}
	return d.Rows
}

// Datasets is a list of data sets.
type Datasets []spec.Dataset

// Page lists the data sets.
func (list Datasets) Page() Page {
	return of(Table([]string{"DATA", "NAME", "FEATURES", "CLASSES", "ROWS", "HEIGHT", "OWNER"}, list, func(d spec.Dataset) []any {
		return []any{d.ID, d.Name, d.Features, d.Classes, rowsOrWithheld(d), d.Registered, d.Owner}
	}))
}
