package main

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/spec"
)

const (
	strangers    = 4
	keys         = 2          // trainers whose keys the attacker has
	manyMessages = 3000       // messages in a transaction of an attacker
	freeGas      = 300_000    // most gas of a transaction without a fee
	muchGas      = 28_000_000 // nearly half of the gas of a block
)

// simulate lets strangers simulate transactions with /app/simulate, which needs neither a
// valid signature nor a fee, and query the longest lists that the chain returns.
func simulate(ctx context.Context, t *target) error {
	guest, err := t.signer(ctx, t.of("guest")[0].Name)
	if err != nil {
		return err
	}
	var sends []sdk.Msg
	for range manyMessages {
		sends = append(sends, &banktypes.MsgSend{
			FromAddress: guest.address, ToAddress: guest.address,
			Amount: sdk.NewCoins(sdk.NewInt64Coin(spec.Denom, 1)),
		})
	}
	heavy, err := guest.sign(freeGas, sends...)
	if err != nil {
		return err
	}
	long := &query.PageRequest{Limit: 1000}
	sideBySide(ctx, strangers, func(ctx context.Context, i int) {
		_, _ = t.validators[i%len(t.validators)].ABCIQuery(ctx, "/app/simulate", heavy)
		_ = t.ask(ctx, i, "/althing.node.v1.Query/Nodes", &nodepb.QueryNodes{Pagination: long}, &nodepb.QueryNodesResponse{})
		_ = t.ask(ctx, i, "/althing.task.v1.Query/Rounds", &taskpb.QueryRounds{Task: t.task, Pagination: long}, &taskpb.QueryRoundsResponse{})
	})
	return nil
}

// sendUnsigned lets strangers send transactions with many messages that a trainer owes and an
// invalid signature.
func sendUnsigned(ctx context.Context, t *target) error {
	trainer, err := t.signer(ctx, t.of("trainer")[0].Name)
	if err != nil {
		return err
	}
	sideBySide(ctx, strangers, func(ctx context.Context, i int) {
		if tx, err := t.owed(ctx, i, trainer, manyMessages); err == nil {
			if tx, err = unsigned(tx); err == nil {
				_, _ = t.validators[i%len(t.validators)].BroadcastTxSync(ctx, tx)
			}
		}
	})
	return nil
}

// sendFree sends commitments of trainers of the round, whose keys the attacker has, to every
// validator, again and again: sixteen per transaction, and one per transaction. The single
// one commits to nothing, so it fails.
func sendFree(ctx context.Context, t *target) error {
	var trainers []signer
	for _, h := range t.of("trainer")[:keys] {
		s, err := t.signer(ctx, h.Name)
		if err != nil {
			return err
		}
		trainers = append(trainers, s)
	}
	sideBySide(ctx, len(trainers), func(ctx context.Context, i int) {
		for v, validator := range t.validators {
			for _, copies := range []int{16, 1} {
				if tx, err := t.owed(ctx, v, trainers[i], copies); err == nil {
					_, _ = validator.BroadcastTxSync(ctx, tx)
				}
			}
		}
	})
	return nil
}

// owed is a transaction with a number of commitments in the newest round.
func (t *target) owed(ctx context.Context, validator int, s signer, copies int) ([]byte, error) {
	task, err := t.newest(ctx, validator)
	if err != nil {
		return nil, err
	}
	messages, err := s.commits(t.task, task.Round, copies)
	if err != nil {
		return nil, err
	}
	gas := uint64(freeGas)
	if copies > 1 {
		gas = muchGas
	}
	return s.sign(gas, messages...)
}
