package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

// data is about the data sets that owners have registered.
func (s *session) data() *cobra.Command {
	return noun("data", "Register your rows, say who may train on them, and see what others have",
		s.dataRegister(), s.dataCheck(), s.dataList(), s.dataShow(),
		s.dataRekey(),
		s.dataGrant("grant", "Let a node train on your data set", func(dataset, node uint64) client.Message { return client.Grant{Dataset: dataset, Node: node} }),
		s.dataGrant("revoke", "Forbid a node to train on your data set; what was charged stays charged", func(dataset, node uint64) client.Message { return client.Revoke{Dataset: dataset, Node: node} }))
}

// findDataset reads the data set whose number is given.
func (s *session) findDataset(ctx context.Context, word string) (*client.Client, spec.Dataset, error) {
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
		return nil, d, s.hintList(fmt.Errorf("data set %d: %w", number, err))
	}
	return c, d, nil
}

// showDataset reads the rest of a data set and prints it.
func (s *session) showDataset(ctx context.Context, c *client.Client, d spec.Dataset) error {
	v, err := view.ReadDataset(ctx, c, d)
	if err != nil {
		return err
	}
	return s.show(v)
}

// addFilters adds the flags that say which data sets a list shows.
func addFilters(c *cobra.Command, owner, name *string) {
	c.Flags().StringVar(owner, "owner", "", "only data sets of this account")
	c.Flags().StringVar(name, "name", "", "only data sets of this kind, as tasks ask for it")
}

// filterWords are the words of a command with these flags.
func filterWords(command, owner, name string) []string {
	words := []string{command}
	if owner != "" {
		words = append(words, "--owner", quote(owner))
	}
	if name != "" {
		words = append(words, "--name", quote(name))
	}
	return words
}

// hintDataset gives the next step where the chain refuses what somebody says about a data
// set as its owner.
func (s *session) hintDataset(err error, dataset string) error {
	if errors.Is(err, client.ErrNotOwner) || errors.Is(err, client.ErrGrant) {
		return hinted{err, s.command("data show", dataset)}
	}
	return s.hintList(err)
}
