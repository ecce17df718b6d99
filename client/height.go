package client

import (
	"context"
	"time"

	rpc "github.com/cometbft/cometbft/rpc/client/http"
	cmttypes "github.com/cometbft/cometbft/types"
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
// newest one. It skips heights that it missed because the reader was slow or the
// node unreachable: a reader wants the newest state, not each block. It listens to
// a node's events, and also asks for the height in case the node has gone.
func (c *Client) Heights(ctx context.Context) <-chan int64 {
	heights := make(chan int64)
	events := make(chan int64, 1)
	go c.listen(ctx, events)
	go func() {
		defer close(heights)
		sent, newest := int64(0), int64(0)
		see := func(height int64) {
			if height > newest {
				newest = height
				c.grow()
			}
		}
		c.grow() // a chain that stands still counts as standing still from now on
		for {
			var reader chan<- int64 // nil as long as there is no new height
			if newest > sent {
				reader = heights
			}
			select {
			case <-ctx.Done():
				return
			case reader <- newest:
				sent = newest
			case height := <-events: // also before the reader has taken newest, which is then replaced
				see(height)
			case <-time.After(pollInterval):
				height, _ := c.Height(ctx) // an unreachable node is asked again
				see(height)
			}
		}
	}()
	return heights
}

// grow takes note of a new height.
func (c *Client) grow() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard = time.Now()
	c.grew = c.heard
}

// pollInterval is how long to wait for an event before the client asks for the height.
const pollInterval = time.Second

// listen passes on the heights in the events of a node, and turns to the next node
// when no more events come.
func (c *Client) listen(ctx context.Context, heights chan int64) {
	for ctx.Err() == nil {
		c.mu.Lock()
		address := c.remotes[c.current].Remote()
		c.mu.Unlock()
		_ = hear(ctx, address, heights) // the loop tries again, whatever the error is
		if Sleep(ctx, pollInterval) == nil {
			c.turn()
		}
	}
}

// hear passes on the heights in the events of a node until none comes for 10 seconds.
func hear(ctx context.Context, address string, heights chan int64) error {
	remote, err := rpc.New(address, "/websocket")
	if err != nil {
		return err
	}
	if err := remote.Start(); err != nil {
		return err
	}
	defer remote.Stop() //nolint:errcheck // nothing can be done about it
	news, err := remote.Subscribe(ctx, "heights", cmttypes.EventQueryNewBlockHeader.String(), 8)
	if err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * pollInterval):
			return nil
		case event := <-news:
			header, ok := event.Data.(cmttypes.EventDataNewBlockHeader)
			if !ok {
				continue
			}
			select { // only the newest matters
			case <-heights:
			default:
			}
			heights <- header.Header.Height
		}
	}
}
