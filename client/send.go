package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	rpc "github.com/cometbft/cometbft/rpc/client/http"
	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/cosmos/gogoproto/proto"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
)

// Gas is what a transaction may use at most. It is enough for every message with a
// third to spare: for the longest task file and for the largest profile, and for those
// of a round with 2048 trainers and a committee of 31 and 31, which leave half as much
// again. The gas of a message does not grow with the number of trainers. The gas of a few
// grows with their content: see [GasOf].
const Gas uint64 = 300_000

// GasOf is what a transaction with a message may use at most. Beside [Gas] this is:
//   - to create a private task: the computation of the privacy cost of its releases, the
//     books of data sets that are read until enough can pay, and each owner that it names;
//   - to submit or execute a proposal: the gas of the proposal's messages;
//   - to accuse a node: the bytes of the two transactions that are shown;
//   - to set a card: the bytes of the card;
//   - to register a node: the record of its stake for votes.
func GasOf(m Message) uint64 {
	switch m := m.(type) {
	case Register: // the stake that it brings is recorded for votes
		return Gas + 50_000
	case Submit:
		return m.gas()
	case Execute:
		return m.gas()
	case AccuseAnswers: // each byte of a transaction costs 10
		return Gas + 10*uint64(len(m.First)+len(m.Second))
	case SetCard: // which is sent and stored
		return Gas + 30*uint64(len(m.Text))
	}
	created, ok := m.(CreateTask)
	if !ok || !created.Spec.Private() {
		return Gas
	}
	const computed, looked, named = 2_000_000, 30_000, 2_500 // the cost under each adjacency; one data set; one owner
	return Gas + computed + looked*uint64(created.Spec.Selection.MinTrainers) + named*uint64(len(created.Spec.Selection.Owners))
}

const (
	resendInterval     = 4 * time.Second  // if no block holds the transaction after this, it goes to the next node
	confirmTimeout     = 60 * time.Second // if no block holds the transaction after this, Confirm gives up
	maxRestartRefusals = 20               // refusals by nodes that have just restarted, for one transaction
)

// Broadcast hands a transaction to a node and returns when the node has checked
// it. This does not mean that a block will hold it. If the node already knows the
// transaction, that is no error.
func (c *Client) Broadcast(ctx context.Context, signed Signed) error {
	var refusal error
	err := c.each(ctx, func(remote *rpc.HTTP) error {
		refusal = nil
		answer, err := remote.BroadcastTxSync(ctx, signed.Bytes)
		if err != nil {
			if known(err) {
				return nil
			}
			return err
		}
		if answer.Code != 0 {
			refusal = refused("", answer.Codespace, answer.Code, answer.Log)
		}
		return nil
	})
	return errors.Join(err, refusal)
}

func known(err error) bool {
	return bytes.Contains([]byte(err.Error()), []byte("tx already exists in cache"))
}

// Retry reports whether a broadcast that was refused may be tried again as it
// is, because the node that refused it has just restarted.
func Retry(err error) bool {
	var refusal *Refusal
	return errors.As(err, &refusal) && refusal.transient()
}

// Receipt says where a message was carried out.
type Receipt struct {
	Height int64
	Gas    int64
	data   []byte
}

// Send pays for a message, sends it and waits for its block. It keeps the signed
// bytes and sends the same ones again, so that a message is carried out once.
func (a *Account) Send(ctx context.Context, m Message) (Receipt, error) {
	price, err := a.GasPrice(ctx)
	if err != nil {
		return Receipt{}, err
	}
	gas := GasOf(m)
	signed, err := a.Sign(m, gas, (gas*price+999)/1000, time.Now())
	if err != nil {
		return Receipt{}, err
	}
	return a.Confirm(ctx, signed)
}

// Confirm broadcasts a transaction until it is in a block.
func (c *Client) Confirm(ctx context.Context, signed Signed) (Receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, confirmTimeout)
	defer cancel()
	began, err := c.Height(ctx)
	if err != nil {
		return Receipt{}, err
	}
	height := began
	wait := time.Duration(0) // 0 until a node has accepted the transaction
	for refusals := 0; ; {
		refusal := c.Broadcast(ctx, signed)
		if Retry(refusal) && refusals < maxRestartRefusals {
			refusals++
			c.turn()
			if err := Sleep(ctx, 200*time.Millisecond); err != nil {
				return Receipt{}, unconfirmed(ctx, err)
			}
			continue
		}
		if refusal == nil {
			wait = resendInterval
		}
		if wait == 0 {
			return Receipt{}, c.skewed(ctx, began, refusal)
		}
		// A node also refuses what a block already holds, so blocks are read first.
		seen, receipt, err := c.watch(ctx, signed, &height, time.Now().Add(wait))
		if seen || err != nil {
			return receipt, err
		}
		if refusal != nil {
			return Receipt{}, c.skewed(ctx, began, refusal)
		}
		c.turn()
	}
}

// watch reads blocks above height until one holds the transaction.
func (c *Client) watch(ctx context.Context, signed Signed, height *int64, until time.Time) (bool, Receipt, error) {
	for time.Now().Before(until) {
		latest, err := c.Height(ctx)
		if err != nil {
			return false, Receipt{}, unconfirmed(ctx, err)
		}
		for *height < latest {
			result, err := c.find(ctx, signed, *height+1)
			if err != nil {
				return false, Receipt{}, unconfirmed(ctx, err)
			}
			*height++
			if result == nil {
				continue
			}
			if result.Code != 0 {
				return true, Receipt{}, refused("", result.Codespace, result.Code, result.Log)
			}
			return true, Receipt{Height: *height, Gas: result.GasUsed, data: result.Data}, nil
		}
		if err := Sleep(ctx, 50*time.Millisecond); err != nil {
			return false, Receipt{}, unconfirmed(ctx, err)
		}
	}
	return false, Receipt{}, nil
}

func unconfirmed(ctx context.Context, err error) error {
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("%w within %d seconds", ErrUnconfirmed, int(confirmTimeout.Seconds()))
	case ctx.Err() != nil:
		return fmt.Errorf("%w before the command was interrupted: %w", ErrUnconfirmed, err)
	}
	return err
}

// find returns the result of a transaction in the block at a height, or nil.
func (c *Client) find(ctx context.Context, signed Signed, height int64) (result *abci.ExecTxResult, err error) {
	err = c.each(ctx, func(remote *rpc.HTTP) error {
		block, err := remote.Block(ctx, &height)
		if err != nil {
			return err
		}
		at := block.Block.Txs.Index(cmttypes.Tx(signed.Bytes))
		if at < 0 {
			return nil
		}
		results, err := remote.BlockResults(ctx, &height)
		if err == nil {
			result = results.TxsResults[at]
		}
		return err
	})
	return result, err
}

// Registered is the id of the node that a [Register] made.
func (r Receipt) Registered() (uint64, error) {
	var resp nodepb.MsgRegisterResponse
	err := r.response(&resp)
	return resp.Id, err
}

// Created is the id of the task that a [CreateTask] made.
func (r Receipt) Created() (uint64, error) {
	var resp taskpb.MsgCreateResponse
	err := r.response(&resp)
	return resp.Id, err
}

func (r Receipt) response(resp proto.Message) error {
	var data sdk.TxMsgData
	if err := proto.Unmarshal(r.data, &data); err != nil {
		return err
	}
	if len(data.MsgResponses) != 1 {
		return fmt.Errorf("receipt holds %d responses: want 1", len(data.MsgResponses))
	}
	return proto.Unmarshal(data.MsgResponses[0].Value, resp)
}

// Sleep waits for a duration, or until ctx ends, whose error it then returns.
func Sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
