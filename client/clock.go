package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	rpc "github.com/cometbft/cometbft/rpc/client/http"
)

// skewed says why the chain refuses the lifetime of a transaction that was signed now: the
// clock of this machine and that of the chain differ, or the chain has made no block for
// some time. Height is the newest height before the transaction was sent. Any other
// refusal it returns as it is.
func (c *Client) skewed(ctx context.Context, height int64, refusal error) error {
	if r, ok := errors.AsType[*Refusal](refusal); !ok || !r.expiry() {
		return refusal
	}
	newest, at, err := c.newestBlock(ctx)
	if err != nil || at.IsZero() {
		return refusal
	}
	const layout = "2006-01-02 15:04:05"
	now := time.Now().UTC()
	clocks := fmt.Sprintf("this machine's clock says %s UTC, the chain's newest block %s UTC", now.Format(layout), at.UTC().Format(layout))
	if newest == height && now.After(at) {
		return fmt.Errorf("%w: %s: either the chain has made no block for %s, or this machine's clock is ahead", ErrClockSkew, clocks, now.Sub(at).Round(time.Second))
	}
	return fmt.Errorf("%w: %s: set this machine's clock", ErrClockSkew, clocks)
}

// newestBlock is the height and the time of the newest block that a node has.
func (c *Client) newestBlock(ctx context.Context) (height int64, at time.Time, err error) {
	err = c.each(ctx, func(remote *rpc.HTTP) error {
		status, err := remote.Status(ctx)
		if err == nil {
			height, at = status.SyncInfo.LatestBlockHeight, status.SyncInfo.LatestBlockTime
		}
		return err
	})
	return height, at, err
}
