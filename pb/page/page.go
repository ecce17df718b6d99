// Package page bounds the pages of queries. Modules call [Bounded] before they ask the SDK for a
// page; the package itself reads nothing.
package page

import "github.com/cosmos/cosmos-sdk/types/query"

// Most is the largest number of entries per page, unless a module has a smaller bound: a
// stranger's query must not make a node read its whole state into memory.
const Most = 1000

// Bounded returns the request with most as the upper bound of its limit. A request without a limit
// gets the SDK's default; a limit of 0 would make the SDK count the whole list. A request for the
// total is kept: the gas of a query bounds it.
func Bounded(asked *query.PageRequest, most uint64) *query.PageRequest {
	page := query.PageRequest{}
	if asked != nil {
		page = *asked
	}
	if page.Limit == 0 {
		page.Limit = query.DefaultLimit
	}
	page.Limit = min(page.Limit, most)
	return &page
}
