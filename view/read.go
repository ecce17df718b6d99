package view

import (
	"context"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

// ReadAll reads every page of a list of the chain.
func ReadAll[T any](query func(client.Page) ([]T, client.Page, error)) (all []T, err error) {
	for page := (client.Page{Limit: 100}); ; {
		part, next, err := query(page)
		if err != nil {
			return nil, err
		}
		all = append(all, part...)
		if !next.More() {
			return all, nil
		}
		page = next
	}
}

// ReadRounds reads every round of a task.
func ReadRounds(ctx context.Context, c *client.Client, task uint64) ([]spec.Round, error) {
	return ReadAll(func(page client.Page) ([]spec.Round, client.Page, error) { return c.Rounds(ctx, task, page) })
}

// ReadNames reads the names of nodes. A node that has left the network has no name.
func ReadNames(ctx context.Context, c *client.Client, nodes []uint64) (map[uint64]string, error) {
	names := map[uint64]string{}
	for _, node := range nodes {
		if _, known := names[node]; known {
			continue
		}
		n, err := c.Node(ctx, node)
		if err != nil {
			return nil, err
		}
		if names[node] = n.Profile.Name; n.State == spec.NodeExited {
			names[node] = "(has left)"
		}
	}
	return names, nil
}
