package client

import (
	"context"

	"github.com/althing-network/althing/pb/invariantpb"
)

// Violation is an invariant that the chain's state breaks.
type Violation struct {
	Invariant string `json:"invariant"` // what must hold
	Says      string `json:"says"`      // what is so instead
}

// Violations returns the invariants that the newest state breaks, and the height of that state.
// A sound chain has none. The chain node reads its whole state for this, and refuses if the
// state is larger than a query may read.
func (c *Client) Violations(ctx context.Context) (found []Violation, height int64, err error) {
	var resp invariantpb.QueryViolationsResponse
	if err := c.query(ctx, "/althing.invariant.v1.Query/Violations", &invariantpb.QueryViolations{}, &resp); err != nil {
		return nil, 0, err
	}
	for _, v := range resp.Violations {
		found = append(found, Violation{v.Invariant, v.Says})
	}
	return found, resp.Height, nil
}
