package main

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
)

// payer sends transactions with a fee, each when the one before is in a block.
type payer struct {
	account *client.Account
	mu      sync.Mutex
	times   []time.Time // when each transaction was found in a block
}

// newPayer is a payer with the account of a node.
func (n *network) newPayer(ctx context.Context, name string) (*payer, error) {
	key, err := daemon.LoadKey(n.home(name))
	if err != nil {
		return nil, err
	}
	var addresses []string
	for _, v := range n.validators {
		addresses = append(addresses, v.Remote())
	}
	chain, err := client.Dial(ctx, addresses...)
	if err != nil {
		return nil, err
	}
	account, err := chain.Account(ctx, key)
	return &payer{account: account}, err
}

// pay sends transactions until the context ends. A failed one is not counted.
func (p *payer) pay(ctx context.Context) {
	for ctx.Err() == nil {
		if _, err := p.account.Send(ctx, client.Activate{}); err != nil {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		p.mu.Lock()
		p.times = append(p.times, time.Now())
		p.mu.Unlock()
	}
}

// paid are the times of all transactions so far.
func (p *payer) paid() []time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clip(p.times)
}
