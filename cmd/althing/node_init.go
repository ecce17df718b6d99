package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

// newNode is what the flags of node init say.
type newNode struct {
	roles, name, listen, endpoint, stake string
	file, dataset                        string
	classes                              int
	soleAggregator                       bool
	table                                tableFlags
}

func (s *session) nodeInit() *cobra.Command {
	var n newNode
	c := &cobra.Command{
		Use:   "init --role ROLES --home DIR",
		Short: "Write the home folder of a new node, with keys of its own",
		Long: `Writes a home folder: node.json with what the node is and offers, and the keys of
its account and of its connections. Nothing is sent to the chain; only its
id is read from --rpc. The folder must be new or empty.

--data names the rows of a trainer or an evaluator. They are read once, so that mistakes
show now, and stay where they are: node.json has the path of the file. Every field of
node.json is explained in docs/configuration.md.`,
		Example: "  althing node init --role trainer --data rows.csv --dataset digits --rpc http://127.0.0.1:26601 --home hospital-6\n" +
			"  althing node init --role aggregator --listen 10.0.0.5:26700 --rpc http://10.0.0.1:26657 --home aggregator-5",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if s.home == "" {
				return hintFlags(cmd, errNoHome, "home", "hospital-6")
			}
			if n.roles == "" {
				return hintFlags(cmd, fmt.Errorf("--role is missing: want some of %s", allRoles()), "role", "trainer")
			}
			if err := newFolder(s.home); err != nil {
				return err
			}
			config, rows, err := n.config(s.home)
			if err != nil {
				return err
			}
			withoutHome := *s
			withoutHome.home = "" // which has no addresses yet
			if config.RPC, err = withoutHome.addresses(); err != nil {
				return err
			}
			chain, err := withoutHome.dial(cmd.Context())
			if err != nil {
				return err
			}
			config.Chain = chain.Chain()
			if err := s.writeNode(config, rows); err != nil || s.json {
				return err
			}
			if rows.Rows() > 0 {
				if err := s.noteDataset(cmd.Context(), chain, config.Data.Name); err != nil {
					return err
				}
			}
			s.hintLine("althing token faucet --home " + quote(s.home))
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&n.roles, "role", "", "what the node may be asked to do, separated by commas: "+allRoles())
	f.StringVar(&n.name, "name", "", "the node's public name (default: that of the folder)")
	f.StringVar(&n.file, "data", "", "rows of the node: a table in CSV, Parquet or NPZ, or a folder of IDX files")
	f.StringVar(&n.dataset, "dataset", "", "name of the data set, as tasks ask for it (default: the file's name)")
	f.IntVar(&n.classes, "classes", 0, "number of classes (default: as many as the file has)")
	n.table.add(c)
	f.StringVar(&n.stake, "stake", "100", "THING that are locked as a stake when the node registers")
	f.StringVar(&n.listen, "listen", "", "address host:port at which it serves models and updates; aggregators need it")
	f.StringVar(&n.endpoint, "endpoint", "", "URL at which others reach that address (default: https:// and the address)")
	f.BoolVar(&n.soleAggregator, "sole-aggregator", false, "train for tasks with one aggregator, too: one alone could claim that an update never came")
	return c
}

func allRoles() string {
	all := spec.Role(0)
	for _, r := range spec.Roles() {
		all |= r
	}
	return all.String()
}

// newFolder refuses a folder that holds something.
func newFolder(path string) error {
	entries, err := os.ReadDir(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("--home %s: %w", path, withoutPath(err))
	case len(entries) > 0:
		return fmt.Errorf("--home %s: the folder holds %s already: want a new folder", path, entries[0].Name())
	}
	return nil
}

// config is the node's configuration but for its chain, with the rows that the file holds.
func (n newNode) config(home string) (c daemon.NodeConfig, rows data.Table, err error) {
	path, err := filepath.Abs(home)
	if err != nil {
		return c, rows, err
	}
	c = daemon.NodeConfig{
		Name: n.name, Listen: n.listen, Endpoint: n.endpoint, Slots: 4,
		Resources: spec.Resources{CPU: 1, Memory: 1024, Storage: 1024, Bandwidth: 10_000},
		Policy:    spec.Policy{SoleAggregator: n.soleAggregator},
	}
	if c.Name == "" {
		c.Name = filepath.Base(path)
	}
	if c.Roles, err = spec.ParseRoles(n.roles); err != nil {
		return c, rows, fmt.Errorf("--role: %w", err)
	}
	if c.Stake, err = spec.ParseThing(n.stake); err != nil {
		return c, rows, fmt.Errorf("--stake: %w", err)
	}
	if c.Roles.Has(spec.Aggregator) && n.listen == "" {
		return c, rows, errors.New("--listen is missing: an aggregator serves models, so it needs an address such as 10.0.0.5:26700")
	}
	if n.file == "" {
		if c.Roles.Has(spec.Trainer) || c.Roles.Has(spec.Evaluator) {
			return c, rows, errors.New("--data is missing: a trainer or an evaluator needs rows")
		}
		return c, rows, nil
	}
	if c.Roles.Has(spec.Trainer) || c.Roles.Has(spec.Evaluator) {
		c.Roles |= spec.DataProvider // whose rows they are
	}
	name := n.dataset
	if name == "" {
		name = kindOf(n.file)
	}
	if c.Data, err = (registerFlags{table: n.table, classes: n.classes}).rowsConfig(daemon.Rows{Name: name}, n.file); err != nil {
		return c, rows, err
	}
	if rows, err = c.Data.Load(path); err != nil {
		return c, rows, withPath(n.file, err)
	}
	if rows.Rows() == 0 {
		return c, rows, fmt.Errorf("%s has no rows", n.file)
	}
	return c, rows, nil
}

// writtenNode is a home folder that was written.
type writtenNode struct {
	Event   string    `json:"event"`
	Home    string    `json:"home"`
	Chain   string    `json:"chain"`
	Name    string    `json:"name"`
	Roles   spec.Role `json:"roles"`
	Address string    `json:"address"`
	Stake   uint64    `json:"stake_uthing"`
	Data    string    `json:"data,omitempty"` // path of the rows
	Rows    int       `json:"rows,omitempty"`
}

// writeNode writes the home folder and says what it holds.
func (s *session) writeNode(c daemon.NodeConfig, rows data.Table) error {
	if err := daemon.SaveNode(s.home, c); err != nil {
		return err
	}
	key, err := daemon.NewKey(s.home)
	if err != nil {
		return err
	}
	address, err := client.Address(key)
	if err != nil {
		return err
	}
	if s.json {
		return s.line(writtenNode{"node", s.home, c.Chain, c.Name, c.Roles, address, c.Stake, c.Data.File, rows.Rows()})
	}
	var p view.Part
	p.Row("home", s.home)
	p.Row("chain", c.Chain)
	p.Row("name", c.Name)
	p.Row("roles", c.Roles)
	p.Row("account", address)
	p.Row("stake", spec.Money(c.Stake)+", locked when the node registers")
	if rows.Rows() > 0 {
		p.Row("rows", fmt.Sprintf("%d of %s, with %d inputs: they stay in %s", rows.Rows(), c.Data.Name, rows.Features, c.Data.File))
	}
	return s.page(view.Page{Parts: []view.Part{p}})
}

// noteDataset tells somebody whose rows have a name that no other node's rows have, for a task
// finds rows by their name.
func (s *session) noteDataset(ctx context.Context, chain *client.Client, name string) error {
	nodes, err := view.ReadAll(func(page client.Page) ([]spec.Node, client.Page, error) { return chain.Nodes(ctx, 0, true, page) })
	if err != nil {
		return err
	}
	var others []string
	for _, node := range nodes {
		if _, holds := node.Profile.Holding(name); holds {
			return nil
		}
		for _, h := range node.Profile.Holdings {
			others = append(others, h.Name)
		}
	}
	slices.Sort(others)
	if others = slices.Compact(others); len(others) > 0 {
		s.tell("althing: note: no other node has rows of %s, but of %s. A task finds rows by this name: if yours are of the same kind, write the name as data.name in %s",
			name, strings.Join(others, ", "), filepath.Join(s.home, "node.json"))
	}
	return nil
}
