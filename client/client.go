// Package client is typed access to a chain: queries in the words of package
// spec, signed messages, and the heights of new blocks.
//
// It is not a wallet and not a light client: it believes the nodes it asks.
// Point it at a node of your own, or at several.
package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	rpc "github.com/cometbft/cometbft/rpc/client/http"
	"github.com/cosmos/gogoproto/proto"
)

// Client asks one of several RPC nodes and turns to the next one when a node
// does not answer. It is safe for concurrent use.
type Client struct {
	chain   string
	remotes []*rpc.HTTP

	mu      sync.Mutex
	current int
	heard   time.Time // when the chain answered last
	grew    time.Time // when it was last seen to have a new height
}

// requestTimeout is how long one request may take.
const requestTimeout = 10 * time.Second

// Dial connects to the chain behind RPC addresses as [ParseAddress] reads them, and
// learns the chain's id from the first node that answers.
func Dial(ctx context.Context, addresses ...string) (*Client, error) {
	if len(addresses) == 0 {
		return nil, errors.New("no RPC address: want at least one, such as http://127.0.0.1:26657")
	}
	c := &Client{}
	for _, word := range addresses {
		address, err := ParseAddress(word)
		if err != nil {
			return nil, err
		}
		remote, err := rpc.NewWithClient(address, "/websocket", &http.Client{Timeout: requestTimeout})
		if err != nil {
			return nil, fmt.Errorf("RPC address %q: want a URL, such as http://127.0.0.1:26657", word)
		}
		c.remotes = append(c.remotes, remote)
	}
	return c, c.each(ctx, func(remote *rpc.HTTP) error {
		status, err := remote.Status(ctx)
		if err == nil {
			c.chain = status.NodeInfo.Network
		}
		return err
	})
}

// Chain is the chain's id.
func (c *Client) Chain() string { return c.chain }

// each calls ask with one node after the other, first with the node that answered last, until
// a call succeeds.
func (c *Client) each(ctx context.Context, ask func(*rpc.HTTP) error) error {
	c.mu.Lock()
	first := c.current
	c.mu.Unlock()
	var failed unreachable
	for i := range c.remotes {
		at := (first + i) % len(c.remotes)
		err := ask(c.remotes[at])
		if err == nil {
			c.mu.Lock()
			c.current, c.heard = at, time.Now()
			c.mu.Unlock()
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		failed = append(failed, attempt{c.remotes[at].Remote(), err})
	}
	return failed
}

// Heard returns when a node of the chain answered last, and when [Client.Heights] last saw a
// new height. Before any call of Heights, both times are the first one.
func (c *Client) Heard() (anything, height time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.grew.IsZero() {
		return c.heard, c.heard
	}
	return c.heard, c.grew
}

// turn makes the next node the one that is asked first.
func (c *Client) turn() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.current = (c.current + 1) % len(c.remotes)
}

// query asks the chain's state. Method is a gRPC method path.
func (c *Client) query(ctx context.Context, method string, req, resp proto.Message) error {
	data, err := proto.Marshal(req)
	if err != nil {
		return err
	}
	var refusal error
	if err := c.each(ctx, func(remote *rpc.HTTP) error {
		answer, err := remote.ABCIQuery(ctx, method, data)
		if err != nil {
			return err
		}
		if answer.Response.Code != 0 {
			refusal = refused(method, answer.Response.Codespace, answer.Response.Code, answer.Response.Log)
			return nil
		}
		refusal = nil
		return proto.Unmarshal(answer.Response.Value, resp)
	}); err != nil {
		return err
	}
	return refusal
}
