package main

import (
	"context"
	"crypto/rand"
	"time"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/spec"
)

// signer is an account whose key an attacker has.
type signer struct {
	key     *secp256k1.PrivKey
	address string
	number  uint64
	chain   string
}

// signer is the account of a home folder.
func (t *target) signer(ctx context.Context, name string) (s signer, err error) {
	s.chain = t.chain
	if s.key, err = daemon.LoadKey(t.home(name)); err != nil {
		return s, err
	}
	if s.address, err = client.Address(s.key); err != nil {
		return s, err
	}
	var resp authtypes.QueryAccountInfoResponse
	err = t.ask(ctx, 0, "/cosmos.auth.v1beta1.Query/AccountInfo", &authtypes.QueryAccountInfoRequest{Address: s.address}, &resp)
	if err == nil {
		s.number = resp.Info.AccountNumber
	}
	return s, err
}

// sign makes an unordered transaction without a fee. Its timeout depends on the time, so two
// transactions with the same messages differ.
func (s signer) sign(gas uint64, messages ...sdk.Msg) ([]byte, error) {
	expires := time.Now().Add(time.Minute).UTC()
	body := tx.TxBody{Unordered: true, TimeoutTimestamp: &expires}
	for _, m := range messages {
		packed, err := codectypes.NewAnyWithValue(m)
		if err != nil {
			return nil, err
		}
		body.Messages = append(body.Messages, packed)
	}
	key, err := codectypes.NewAnyWithValue(s.key.PubKey())
	if err != nil {
		return nil, err
	}
	single := &tx.ModeInfo_Single_{Single: &tx.ModeInfo_Single{Mode: signing.SignMode_SIGN_MODE_DIRECT}}
	auth := tx.AuthInfo{
		SignerInfos: []*tx.SignerInfo{{PublicKey: key, ModeInfo: &tx.ModeInfo{Sum: single}}},
		Fee:         &tx.Fee{GasLimit: gas},
	}
	raw := tx.TxRaw{}
	if raw.BodyBytes, err = body.Marshal(); err != nil {
		return nil, err
	}
	if raw.AuthInfoBytes, err = auth.Marshal(); err != nil {
		return nil, err
	}
	doc := tx.SignDoc{BodyBytes: raw.BodyBytes, AuthInfoBytes: raw.AuthInfoBytes, ChainId: s.chain, AccountNumber: s.number}
	statement, err := doc.Marshal()
	if err != nil {
		return nil, err
	}
	signature, err := s.key.Sign(statement)
	if err != nil {
		return nil, err
	}
	raw.Signatures = [][]byte{signature}
	return raw.Marshal()
}

// unsigned makes the signature of a transaction invalid.
func unsigned(signed []byte) ([]byte, error) {
	var raw tx.TxRaw
	if err := raw.Unmarshal(signed); err != nil {
		return nil, err
	}
	raw.Signatures[0][0] ^= 1
	return raw.Marshal()
}

// commits are n commitments of a trainer in a round, each to another random digest. A single
// one is to the zero digest.
func (s signer) commits(task, round uint64, n int) (messages []sdk.Msg, err error) {
	for range n {
		drawn := make([]byte, len(spec.Digest{}))
		if n > 1 {
			if _, err := rand.Read(drawn); err != nil {
				return nil, err
			}
		}
		messages = append(messages, &taskpb.MsgCommit{Owner: s.address, Task: task, Round: round, Commitment: drawn, Samples: 1})
	}
	return messages, nil
}
