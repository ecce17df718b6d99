package client

import (
	"context"
	"time"

	rpc "github.com/cometbft/cometbft/rpc/client/http"
)

// Height is the newest height whose state can be queried.
func (c *Client) Height(ctx context.Context) (height int64, err error) {
	err = c.each(ctx, func(remote *rpc.HTTP) error {
		info, err := remote.ABCIInfo(ctx)
		if err == nil {
			height = info.Response.LastBlockHeight
		}
		return err
	})
	return height, err
}

// Heights sends every new height it sees until ctx ends, beginning with the
// newest one. It skips heights that a slow reader or an unreachable node made it
// miss: what counts is the state, not the event.
func (c *Client) Heights(ctx context.Context, every time.Duration) <-chan int64 {
	heights := make(chan int64)
	go func() {
		defer close(heights)
		last := int64(0)
		for {
			if height, err := c.Height(ctx); err == nil && height > last {
				select {
				case heights <- height:
					last = height
				case <-ctx.Done():
					return
				}
			}
			if pause(ctx, every) != nil {
				return
			}
		}
	}()
	return heights
}
