// Package page says how much of a list one answer holds. It is not the list, nor what is
// left out of it: modules ask, the SDK pages.
package page

import "github.com/cosmos/cosmos-sdk/types/query"

// Most is how many entries an answer holds at most where a module has no bound of its
// own: a stranger's question must not make a node read its whole state into memory.
const Most = 1000

// Bounded is what was asked for, at most so many entries; without a number the SDK's
// default, and not none, for which the SDK also counts the whole list. Who asks for a
// total gets it, within the gas that a question may take.
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
