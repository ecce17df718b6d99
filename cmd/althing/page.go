package main

import (
	"context"
	"encoding/base64"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
)

// pages is which part of a list a command shows.
type pages struct {
	limit uint64
	all   bool
	from  string
}

func (p *pages) flags(c *cobra.Command) {
	c.Flags().Uint64Var(&p.limit, "limit", 100, "entries a page")
	c.Flags().BoolVar(&p.all, "all", false, "read every page")
	c.Flags().StringVar(&p.from, "from", "", "where a former page ended")
}

// read asks for one page, or for all of them. More is where the list goes on,
// empty at its end.
func read[T any](p pages, ask func(client.Page) ([]T, client.Page, error)) (entries []T, more string, err error) {
	if p.limit == 0 {
		return nil, "", fmt.Errorf("--limit 0: want at least 1")
	}
	at := client.Page{Limit: p.limit}
	if at.From, err = base64.RawURLEncoding.DecodeString(p.from); err != nil {
		return nil, "", fmt.Errorf("--from %q is not where a page ended", p.from)
	}
	for {
		part, next, err := ask(at)
		if err != nil {
			return nil, "", err
		}
		entries = append(entries, part...)
		if !p.all || !next.More() {
			return entries, base64.RawURLEncoding.EncodeToString(next.From), nil
		}
		at = next
	}
}

// more says on the error stream how to see the rest of a list.
func (s *session) more(from string, words ...string) {
	if from != "" {
		fmt.Fprintf(s.err, "althing: hint: %s\n", s.command(append(words, "--from", from)...))
	}
}

// names finds the names of nodes; one that has left has none.
func names(ctx context.Context, c *client.Client, ids []uint64) (map[uint64]string, error) {
	found := map[uint64]string{}
	for _, id := range ids {
		if _, ok := found[id]; ok {
			continue
		}
		name, err := nameOf(ctx, c, id)
		if err != nil {
			return nil, err
		}
		found[id] = name
	}
	return found, nil
}
