package client

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Outbox sends the messages that an account owes, and does not wait for a block: the
// caller sees in the chain's state whether a message arrived. A second Send of a
// message sends the same bytes to another node, so that the message is carried out
// once. Outbox is safe for concurrent use.
type Outbox struct {
	Account *Account

	mu   sync.Mutex
	sent map[string]Signed
}

// Send hands a message to a node. A refusal is forgotten: the next Send of the
// same message signs anew.
func (o *Outbox) Send(ctx context.Context, m Message) error {
	key := fmt.Sprintf("%#v", m)
	signed, again, err := o.signed(key, m)
	if err != nil {
		return err
	}
	if again {
		o.Account.turn()
	}
	for tries := 0; ; tries++ {
		err := o.Account.Broadcast(ctx, signed)
		if err == nil {
			return nil
		}
		if !Retry(err) || tries == maxRestartRefusals {
			o.forget(key)
			return err
		}
		o.Account.turn()
		if err := Sleep(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
}

func (o *Outbox) signed(key string, m Message) (_ Signed, again bool, _ error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	for k, s := range o.sent {
		if now.After(s.Expires) {
			delete(o.sent, k)
		}
	}
	if s, ok := o.sent[key]; ok {
		return s, true, nil
	}
	s, err := o.Account.Sign(m, Gas, 0, now)
	if err != nil {
		return s, false, err
	}
	if o.sent == nil {
		o.sent = map[string]Signed{}
	}
	o.sent[key] = s
	return s, false, nil
}

func (o *Outbox) forget(key string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.sent, key)
}
