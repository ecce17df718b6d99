package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/mirror"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

// registerFlags describe a data set.
type registerFlags struct {
	name     string
	classes  int
	withhold bool
	limit    limitFlags
	grant    []string
	table    tableFlags
}

func (s *session) dataRegister() *cobra.Command {
	var r registerFlags
	c := &cobra.Command{
		Use:   "register FILE --epsilon E --home DIR",
		Short: "Put a data set on the chain: a commitment to its rows, and how much privacy may be lost",
		Long: `Puts on the chain a commitment to the rows of a table, how many features and classes the
table has, and how much privacy may be lost; never a row. Before that, the owner's own
ledger in the home folder records the rows. It refuses to register the same rows twice.

FILE is a table in CSV, Parquet or NPZ, or a folder of IDX files. By default, its name and
how it is read are as in the node.json of the home folder; "data check" shows what it
holds.`,
		Example: "  althing data register net/trainer-1/rows.csv --epsilon 8 --home net/trainer-1\n" +
			"  althing data register rows.csv --epsilon 2 --delta 1e-6 --withhold --grant 7,8 --home net/trainer-1",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			limit, err := r.limit.read(cmd)
			if err != nil {
				return err
			}
			ctx := cmd.Context()
			table, rows, description, err := r.readDescription(s.home, args[0])
			if errors.Is(err, fs.ErrNotExist) && s.home != "" && !isNodeHome(s.home) {
				return s.noNodeHome(cmd)
			}
			if err != nil {
				return err
			}
			if description.Name == "" {
				return hintFlags(cmd, errors.New("--name is missing: want the kind of the rows, as tasks ask for it"), "name", "digits")
			}
			if err := r.checkDescription(cmd, description); err != nil {
				return err
			}
			account, node, err := s.ownNode(cmd)
			if err != nil {
				return err
			}
			if !node.Profile.Roles.Has(spec.DataProvider) {
				err := fmt.Errorf("node %d does not provide data: it has the roles %s; add data-provider to \"roles\" in %s, then register the node again",
					node.ID, node.Profile.Roles, filepath.Join(s.home, "node.json"))
				return hinted{err, s.command("node register")}
			}
			trainers, err := s.readTrainers(ctx, account.Client, r.grant)
			if err != nil {
				return err
			}
			if err := rows.CheckFit(ctx, account.Client, s.home); err != nil {
				return s.hintList(err)
			}
			number, err := daemon.RegisterData(ctx, account, s.home, table, client.RegisterDataset{Description: description, Limit: limit})
			if interrupted, ok := errors.AsType[*daemon.InterruptedRegistration](err); ok {
				l := interrupted.Limit
				return hintFlags(cmd, err, "epsilon", l.Epsilon.String(), "delta", l.Delta.String(), "unit", string(l.Unit), "adjacency", string(l.Adjacency))
			}
			if missing, ok := errors.AsType[*daemon.MissingDataset](err); ok {
				return hinted{err, s.command("data show", fmt.Sprint(missing.Dataset))}
			}
			if errors.Is(err, mirror.ErrRegistered) {
				return hinted{err, s.command("data list", "--owner", account.Address())}
			}
			if err != nil {
				return s.hintList(err)
			}
			s.warnOwner(node, description, table)
			for _, node := range trainers {
				if _, err := account.Send(ctx, client.Grant{Dataset: number, Node: node}); err != nil {
					return hinted{fmt.Errorf("data set %d is registered, but the grant to node %d is not: %w", number, node, err), s.command("data grant", fmt.Sprint(number), fmt.Sprint(node))}
				}
			}
			chain, d, err := s.findDataset(ctx, fmt.Sprint(number))
			if err != nil {
				return err
			}
			return s.showDataset(ctx, chain, d)
		},
	}
	r.limit.add(c)
	r.table.add(c)
	f := c.Flags()
	f.StringVar(&r.limit.unit, "unit", string(cost.Client), "what is protected: example, client or data-subject")
	f.StringVar(&r.limit.adjacency, "adjacency", string(cost.ZeroOut), "how neighbouring data sets differ in one unit: zero-out, add-remove or replace-one")
	f.StringVar(&r.name, "name", "", "the kind of the rows, as tasks ask for it (default: as in the home folder's node.json)")
	f.IntVar(&r.classes, "classes", 0, "number of classes (default: as in the home folder's node.json, or as many as the file has)")
	f.BoolVar(&r.withhold, "withhold", false, "tell nobody how many rows there are, like \"withhold\" in node.json")
	f.StringSliceVar(&r.grant, "grant", nil, "nodes that may train on it, separated by commas")
	return c
}

// readDescription reads the table and says what the chain is told of it, but for the commitment.
func (r registerFlags) readDescription(home, path string) (t data.Table, rows daemon.Rows, d spec.Description, err error) {
	if home == "" {
		return t, rows, d, hinted{errNoHome, "althing localnet net"}
	}
	config, err := daemon.LoadNode(home)
	if err != nil {
		return t, rows, d, err
	}
	rows, err = r.rowsConfig(config.Data, path)
	if err != nil {
		return t, rows, d, err
	}
	if t, err = rows.Load(home); err != nil {
		return t, rows, d, err
	}
	if t.Rows() == 0 {
		return t, rows, d, fmt.Errorf("%s has no rows", path)
	}
	d = spec.Description{Name: config.Data.Name, Features: uint32(t.Features), Classes: uint32(t.Classes)}
	if r.name != "" {
		d.Name = r.name
	}
	rows.Name = d.Name
	if !r.withhold && !config.Data.Withhold {
		d.Rows = uint32(t.Rows())
	}
	return t, rows, d, nil
}

// rowsConfig is how the rows of a file are read: as the home folder's node reads its own, unless
// flags say something else.
func (r registerFlags) rowsConfig(rows daemon.Rows, path string) (daemon.Rows, error) {
	var err error
	if rows.File, err = filepath.Abs(path); err != nil {
		return rows, err
	}
	o := r.table.options()
	changed := r.table.command.Flags().Changed
	if changed("label") {
		rows.Label = o.Label
	}
	if changed("drop") {
		rows.Drop = o.Drop
	}
	if changed("categories") {
		rows.Categories = o.Categories
	}
	if changed("missing") {
		rows.Missing = o.Missing
	}
	if changed("regression") {
		rows.Regression = o.Regression
	}
	if r.classes > 0 {
		rows.Classes = r.classes
	}
	return rows, nil
}

// checkDescription refuses a description that the chain would refuse, before the owner's own ledger
// takes the rows in.
func (r registerFlags) checkDescription(cmd *cobra.Command, d spec.Description) error {
	d.Commitment, d.Key = spec.Digest{1}, spec.PublicKey{1} // the owner's own ledger has them later
	err := d.Validate()
	if err != nil && r.name != "" {
		return hintFlags(cmd, err, "name", "digits")
	}
	return err
}

// warnOwner says what else the owner would have to do.
func (s *session) warnOwner(n spec.Node, d spec.Description, t data.Table) {
	if h, holds := n.Profile.Holding(d.Name); d.Rows == 0 && holds && !h.Withheld() {
		s.tell("althing: warning: the profile of node %d tells how many rows of %s it holds: \"withhold\" in its node.json keeps that back, too", n.ID, d.Name)
	}
	config, err := daemon.LoadNode(s.home)
	if err != nil || config.Data.File == "" || config.Data.Name != d.Name {
		return
	}
	held, err := config.Data.Load(s.home)
	if key := (data.Secret{}); err != nil || !slices.Equal(data.Fingerprints(key, t), data.Fingerprints(key, held)) {
		s.tell("althing: warning: node %d holds other rows of %s: they take part in nothing until they are registered, too", n.ID, d.Name)
	}
}

// readTrainers reads the nodes that are granted, before anything is registered.
func (s *session) readTrainers(ctx context.Context, c *client.Client, words []string) (nodes []uint64, err error) {
	for _, word := range words {
		number, err := id("node", word)
		if err != nil {
			return nil, fmt.Errorf("--grant: %w", err)
		}
		n, err := c.Node(ctx, number)
		if err != nil {
			return nil, s.hintList(fmt.Errorf("--grant: node %d: %w", number, err))
		}
		if !n.Profile.Roles.Has(spec.Trainer) {
			return nil, hinted{fmt.Errorf("--grant: node %d does not train", number), s.command("node list", "--role", "trainer")}
		}
		if slices.Contains(nodes, number) {
			return nil, fmt.Errorf("--grant: node %d is named twice", number)
		}
		nodes = append(nodes, number)
	}
	return nodes, nil
}
