package main

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
)

// payer sends one transaction that pays its fee after the other, each when a block
// holds the one before.
type payer struct {
	account *client.Account
	mu      sync.Mutex
	times   []time.Time // at which a block was seen to hold one
}

// newPayer pays from the account of a node.
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

// pay pays until the context ends. One that fails is no progress, and followed by the
// next.
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

// paid are the times until now.
func (p *payer) paid() []time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clip(p.times)
}
