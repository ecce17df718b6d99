package main

import (
	"encoding/base64"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
)

// pageFlags say which part of a list a command shows.
type pageFlags struct {
	limit uint64
	all   bool
	from  string
}

func (p *pageFlags) add(c *cobra.Command) {
	c.Flags().Uint64Var(&p.limit, "limit", 100, "entries per page")
	c.Flags().BoolVar(&p.all, "all", false, "show the whole list")
	c.Flags().StringVar(&p.from, "from", "", "where the page begins: what the hint of the page before says")
}

// readPages reads one page of a list, or all of them. Next is where the list goes on; it is
// empty at the end of the list.
func readPages[T any](p pageFlags, query func(client.Page) ([]T, client.Page, error)) (entries []T, next string, err error) {
	if p.limit == 0 {
		return nil, "", fmt.Errorf("--limit 0: want at least 1")
	}
	page := client.Page{Limit: p.limit}
	if page.From, err = base64.RawURLEncoding.DecodeString(p.from); err != nil {
		return nil, "", fmt.Errorf("--from %q: want what the hint of the page before says", p.from)
	}
	for {
		part, following, err := query(page)
		if err != nil {
			return nil, "", err
		}
		entries = append(entries, part...)
		if !p.all || !following.More() {
			return entries, base64.RawURLEncoding.EncodeToString(following.From), nil
		}
		page = following
	}
}

// hintNext says on the error stream how to see the rest of a list, if there is more.
func (s *session) hintNext(p pageFlags, next string, words ...string) {
	if next != "" {
		s.hint(append(words, "--limit", fmt.Sprint(p.limit), "--from", next)...)
	}
}
