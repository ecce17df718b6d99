package sim

import (
	"fmt"
	"slices"

	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/privacy/terms"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// owned is a registered data set with its book.
type owned struct {
	owner   string
	key     spec.PublicKey
	book    cost.Book
	rows    []cost.Row
	granted map[uint64]bool // nodes
}

// RegisterDataset opens the book of an owner's data set and gives it the next id. The
// owner signs charges with key.
func (c *Chain) RegisterDataset(owner string, key spec.PublicKey, limit cost.Limit) (uint64, error) {
	b, rows, err := cost.Open(limit)
	if err != nil {
		return 0, err
	}
	c.datasets = append(c.datasets, owned{owner: owner, key: key, book: b, rows: rows, granted: map[uint64]bool{}})
	return uint64(len(c.datasets)), nil
}

// Grant lets a node train on a data set.
func (c *Chain) Grant(dataset, node uint64) error {
	d, err := c.dataset(dataset)
	if err != nil {
		return err
	}
	d.granted[node] = true
	return nil
}

// ReplaceKey replaces the key with which the owner of a data set signs. Running rounds
// keep the former key.
func (c *Chain) ReplaceKey(dataset uint64, key spec.PublicKey) error {
	d, err := c.dataset(dataset)
	if err != nil {
		return err
	}
	d.key = key
	return nil
}

// Hold links a node's holding, by its name, to a registered data set.
func (c *Chain) Hold(node uint64, kind string, dataset uint64) error {
	n, ok := c.Node(node)
	if !ok {
		return fmt.Errorf("there is no node %d", node)
	}
	for i, h := range n.Profile.Holdings {
		if h.Name == kind {
			c.nodes[node-1].Profile.Holdings[i].Dataset = dataset
			return nil
		}
	}
	return fmt.Errorf("node %d holds no rows of %q", node, kind)
}

// Book returns the book of a data set and its history.
func (c *Chain) Book(dataset uint64) (cost.Book, []cost.Row, error) {
	d, err := c.dataset(dataset)
	if err != nil {
		return cost.Book{}, nil, err
	}
	return d.book, d.rows, nil
}

func (c *Chain) dataset(id uint64) (*owned, error) {
	if id == 0 || id > uint64(len(c.datasets)) {
		return nil, fmt.Errorf("there is no data set %d", id)
	}
	return &c.datasets[id-1], nil
}

// Walk implements [round.World].
func (w world) Walk(visit func(spec.Node) (bool, error)) error {
	for _, n := range w.nodes {
		if !n.Selectable() {
			continue
		}
		if stop, err := visit(n); stop || err != nil {
			return err
		}
	}
	return nil
}

// Payer implements [round.World].
func (w world) Payer(t spec.Task, node spec.Node, releases uint64) (round.Payer, error) {
	h, _ := node.Profile.Holding(t.Spec.Data.Name)
	release, err := terms.Release(t.Spec)
	if err != nil || h.Dataset == 0 {
		return round.Payer{}, err
	}
	d, err := w.dataset(h.Dataset)
	if err != nil || !d.granted[node.ID] || !t.Spec.Selection.Admits(d.owner) {
		return round.Payer{}, err
	}
	each, err := d.book.Limit.Cost(release)
	if err == nil {
		err = d.book.Check(each, releases)
	}
	if err != nil { // the book has not enough left
		return round.Payer{}, nil
	}
	return round.Payer{Dataset: h.Dataset, Owner: d.owner, Key: d.key}, nil
}

// Reserve implements [round.World].
func (w world) Reserve(t spec.Task, dataset uint64) error {
	release, err := terms.Release(t.Spec)
	if err != nil {
		return err
	}
	return w.book(dataset, func(b cost.Book) (cost.Book, []cost.Row, error) {
		each, err := b.Limit.Cost(release)
		if err != nil {
			return b, nil, err
		}
		return b.Reserve(t.ID, terms.Update, each, 1)
	})
}

// Charge implements [round.World].
func (w world) Charge(t spec.Task, dataset, round uint64) error {
	return w.book(dataset, func(b cost.Book) (cost.Book, []cost.Row, error) { return b.Charge(t.ID, terms.Update, round) })
}

// GiveBack implements [round.World].
func (w world) GiveBack(t spec.Task, dataset uint64) error {
	return w.book(dataset, func(b cost.Book) (cost.Book, []cost.Row, error) { return b.Release(t.ID, terms.Update) })
}

// book changes the book of a data set as verb says, and appends the rows that verb returns.
func (w world) book(dataset uint64, verb func(cost.Book) (cost.Book, []cost.Row, error)) error {
	d, err := w.dataset(dataset)
	if err != nil {
		return err
	}
	before := *d
	next, rows, err := verb(d.book)
	if err != nil {
		return fmt.Errorf("data set %d of %s: %w", dataset, d.owner, err)
	}
	w.undo = append(w.undo, func() { w.datasets[dataset-1] = before })
	d.book, d.rows = next, append(slices.Clip(d.rows), rows...)
	return nil
}
