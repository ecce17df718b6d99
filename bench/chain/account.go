package main

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"time"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"

	"github.com/althing-network/althing/chain"
)

// account signs transactions.
type account struct {
	key    *secp256k1.PrivKey
	number uint64 // account number: its index in the genesis
	node   uint64 // id of the node that it owns; 0: none
}

func newAccount(name string, number int) account {
	return account{key: secp256k1.GenPrivKeyFromSecret([]byte(name)), number: uint64(number)}
}

func (a account) address() sdk.AccAddress { return sdk.AccAddress(a.key.PubKey().Address()) }

// transport is the key with which the account's node signs receipts.
func (a account) transport() ed25519.PrivateKey {
	seed := sha256.Sum256(a.address())
	return ed25519.NewKeyFromSeed(seed[:])
}

func (a account) owner() string { return a.address().String() }

// The fee of an owed message, and a fee that covers the gas of any other message, in uthing.
const (
	owed uint64 = 0
	paid uint64 = chain.Thing
)

// sign writes an unordered transaction with one message, as a client does.
func (n *network) sign(a account, uthing uint64, msg sdk.Msg) ([]byte, error) {
	const mode = signing.SignMode_SIGN_MODE_DIRECT
	b := n.app.Tx.NewTxBuilder()
	if err := b.SetMsgs(msg); err != nil {
		return nil, err
	}
	b.SetGasLimit(n.gas)
	b.SetFeeAmount(sdk.NewCoins(sdk.NewCoin(chain.Denom, math.NewIntFromUint64(uthing))))
	b.SetUnordered(true)
	b.SetTimeoutTimestamp(n.now.Add(5 * time.Minute))
	sig := signing.SignatureV2{PubKey: a.key.PubKey(), Data: &signing.SingleSignatureData{SignMode: mode}}
	if err := b.SetSignatures(sig); err != nil { // the signed bytes contain the public key
		return nil, err
	}
	signer := authsigning.SignerData{Address: a.owner(), ChainID: chainID, AccountNumber: a.number, PubKey: a.key.PubKey()}
	raw, err := authsigning.GetSignBytesAdapter(context.Background(), n.app.Tx.SignModeHandler(), mode, signer, b.GetTx())
	if err != nil {
		return nil, err
	}
	signature, err := a.key.Sign(raw)
	if err != nil {
		return nil, err
	}
	sig.Data = &signing.SingleSignatureData{SignMode: mode, Signature: signature}
	if err := b.SetSignatures(sig); err != nil {
		return nil, err
	}
	return n.app.Tx.TxEncoder()(b.GetTx())
}
