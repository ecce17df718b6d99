package client

import (
	"context"

	"github.com/althing-network/althing/pb/invariantpb"
)

// Violation is something that must hold of the chain's state and does not.
type Violation struct {
	Invariant string `json:"invariant"` // what must hold
	Says      string `json:"says"`      // what is so instead
}

// Violations is what does not hold of the state at a height, the newest: nothing, on a
// sound chain. The chain node reads its whole state for it, and refuses where that is
// more than a question may take.
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
