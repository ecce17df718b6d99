package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/spec"
)

// data is about the data sets that owners have registered.
func (s *session) data() *cobra.Command {
	return noun("data", "Register your rows, say who may train on them, and see what others have",
		s.dataRegister(), s.dataCheck(), s.dataList(), s.dataShow(),
		s.dataRekey(),
		s.dataGrant("grant", "Let a node train on your data set", func(dataset, node uint64) client.Message { return client.Grant{Dataset: dataset, Node: node} }),
		s.dataGrant("revoke", "Let a node train on your data set no more; what was charged stays charged", func(dataset, node uint64) client.Message { return client.Revoke{Dataset: dataset, Node: node} }))
}

func (s *session) dataList() *cobra.Command {
	var p pages
	var owner, name string
	c := &cobra.Command{
		Use:     "list",
		Short:   "List data sets",
		Example: "  althing data list --name digits\n  althing data list --all --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.dial(cmd.Context())
			if err != nil {
				return err
			}
			sets, more, err := read(p, func(at client.Page) ([]spec.Dataset, client.Page, error) {
				return c.Datasets(cmd.Context(), owner, name, at)
			})
			if err != nil {
				return err
			}
			s.more(more, append(filters("data list", owner, name), fmt.Sprintf("--limit %d", p.limit))...)
			return show(s, sets, []any{"DATA", "NAME", "FEATURES", "CLASSES", "ROWS", "HEIGHT", "OWNER"}, func(d spec.Dataset) []any {
				return []any{d.ID, d.Name, d.Features, d.Classes, withheld(d), d.Registered, d.Owner}
			})
		},
	}
	p.flags(c)
	filtered(c, &owner, &name)
	return c
}

// filtered gives a command the flags that say which data sets it shows.
func filtered(c *cobra.Command, owner, name *string) {
	c.Flags().StringVar(owner, "owner", "", "only data sets of this account")
	c.Flags().StringVar(name, "name", "", "only data sets of this kind, as tasks ask for it")
}

// filters are the words of a command with such flags.
func filters(command, owner, name string) []string {
	words := []string{command}
	if owner != "" {
		words = append(words, "--owner", quote(owner))
	}
	if name != "" {
		words = append(words, "--name", quote(name))
	}
	return words
}

// withheld is how many rows a data set has, as a cell.
func withheld(d spec.Dataset) any {
	if d.Rows == 0 {
		return "withheld"
	}
	return d.Rows
}

func (s *session) dataShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show DATA",
		Short:   "Show one data set: what it is of, who may train on it, its budget",
		Example: "  althing data show 1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, d, err := s.dataset(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return s.showDataset(cmd.Context(), c, d)
		},
	}
}

// dataset reads the data set that a word names.
func (s *session) dataset(ctx context.Context, word string) (*client.Client, spec.Dataset, error) {
	number, err := id("data set", word)
	if err != nil {
		return nil, spec.Dataset{}, err
	}
	c, err := s.dial(ctx)
	if err != nil {
		return nil, spec.Dataset{}, err
	}
	d, err := c.Dataset(ctx, number)
	if err != nil {
		return nil, d, s.explain(fmt.Errorf("data set %d: %w", number, err))
	}
	return c, d, nil
}

// shownData is all that the chain knows of a data set.
type shownData struct {
	spec.Dataset
	Grants []uint64 `json:"grants"`
	Budget booked   `json:"budget"`
}

// showDataset reads the rest of a data set and prints it.
func (s *session) showDataset(ctx context.Context, c *client.Client, d spec.Dataset) error {
	granted, _, err := read(pages{limit: 100, all: true}, func(at client.Page) ([]uint64, client.Page, error) {
		return c.Grants(ctx, d.ID, at)
	})
	if err != nil {
		return err
	}
	book, err := readBook(ctx, c, d)
	if err != nil {
		return err
	}
	if s.json {
		return s.line(shownData{d, append([]uint64{}, granted...), book})
	}
	known, err := names(ctx, c, granted)
	if err != nil {
		return err
	}
	var trainers []string
	for _, node := range granted {
		trainers = append(trainers, fmt.Sprintf("%d %s", node, known[node]))
	}
	t := s.table()
	t.row("data set", fmt.Sprintf("%d %s", d.ID, d.Name))
	t.row("owner", d.Owner)
	t.row("registered", fmt.Sprintf("at height %d", d.Registered))
	t.row("commitment", d.Commitment)
	t.row("owner signs with", "key "+d.Key.Short())
	t.row("rows", fmt.Sprintf("%v, of %d features and %d classes", withheld(d), d.Features, d.Classes))
	t.row("granted to", unless(len(trainers) == 0, strings.Join(trainers, ", ")))
	book.rows(t)
	return t.flush()
}

// ownerless explains why the chain refuses an owner's word about a data set, which it
// names.
func (s *session) ownerless(err error, dataset string) error {
	if errors.Is(err, client.ErrNotOwner) || errors.Is(err, client.ErrGrant) {
		return hinted{err, s.command("data show", dataset)}
	}
	return s.explain(err)
}

// dataGrant says who may train on a data set.
func (s *session) dataGrant(verb, short string, message func(dataset, node uint64) client.Message) *cobra.Command {
	return &cobra.Command{
		Use:     verb + " DATA NODE --home DIR",
		Short:   short,
		Example: "  althing data " + verb + " 1 7 --home net/trainer-1",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			number, err := id("data set", args[0])
			if err != nil {
				return err
			}
			node, err := id("node", args[1])
			if err != nil {
				return err
			}
			account, err := s.account(ctx)
			if err != nil {
				return err
			}
			if _, err := account.Send(ctx, message(number, node)); err != nil {
				return s.ownerless(err, args[0])
			}
			c, d, err := s.dataset(ctx, args[0])
			if err != nil {
				return err
			}
			return s.showDataset(ctx, c, d)
		},
	}
}

// dataRekey has the owner sign with another key.
func (s *session) dataRekey() *cobra.Command {
	return &cobra.Command{
		Use:   "rekey DATA --home DIR",
		Short: "Make a new key with which your node signs what it charges to your data set",
		Long: `Makes a new key beside your own ledger in the home folder and puts its public half on
the chain, for when others may know the former one. A round that runs keeps the key that
it began with. Data sets that were registered from one home folder share a key: say it
for each of them.`,
		Example: "  althing data rekey 1 --home net/trainer-1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			_, before, err := s.dataset(ctx, args[0])
			if err != nil {
				return err
			}
			account, err := s.account(ctx)
			if err != nil {
				return err
			}
			if account.Address() != before.Owner {
				return s.ownerless(fmt.Errorf("%w %d, which belongs to %s", client.ErrNotOwner, before.ID, before.Owner), args[0])
			}
			if _, err := daemon.RenewKey(ctx, account, s.home, before); err != nil {
				return s.ownerless(err, args[0])
			}
			c, d, err := s.dataset(ctx, args[0])
			if err != nil {
				return err
			}
			return s.showDataset(ctx, c, d)
		},
	}
}
