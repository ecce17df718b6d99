package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	sdkmath "cosmossdk.io/math"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/bech32"
	"github.com/cosmos/cosmos-sdk/types/tx"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"

	"github.com/althing-network/althing/spec"
)

// Account signs messages with one key. It is safe for concurrent use.
type Account struct {
	*Client
	key     *secp256k1.PrivKey
	address string
	number  uint64
}

// Address is the account of a key.
func Address(key *secp256k1.PrivKey) (string, error) {
	return bech32.ConvertAndEncode(spec.AddressPrefix, key.PubKey().Address())
}

// CheckAddress reports what is wrong with the address of an account.
func CheckAddress(address string) error {
	prefix, b, err := bech32.DecodeAndConvert(address)
	switch {
	case err == nil && prefix != spec.AddressPrefix:
		return fmt.Errorf("address %q: it begins with %q: want the address of an account, which begins with %s1", address, prefix, spec.AddressPrefix)
	case err != nil && strings.HasPrefix(address, spec.AddressPrefix+"1"):
		return fmt.Errorf("address %q: it was not copied whole, or a letter is wrong: want the address of an account", address)
	case err != nil:
		return fmt.Errorf("address %q: want the address of an account, which begins with %s1", address, spec.AddressPrefix)
	}
	if sdk.VerifyAddressFormat(b) != nil {
		return fmt.Errorf("address %q: it has a wrong length: want the address of an account", address)
	}
	return nil
}

// checkOwner reports what is wrong with the address by which a list is filtered; the
// empty address, which means no filter, is allowed.
func checkOwner(owner string) error {
	if owner == "" {
		return nil
	}
	return CheckAddress(owner)
}

// Account returns the account of a key. It fails with [ErrNoAccount] where the account
// never held a coin: the chain learns of an account from its first coin.
func (c *Client) Account(ctx context.Context, key *secp256k1.PrivKey) (*Account, error) {
	address, err := Address(key)
	if err != nil {
		return nil, err
	}
	number, err := c.account(ctx, address)
	if errors.Is(err, ErrNoAccount) {
		return nil, fmt.Errorf("%s: %w on chain %s, so it cannot pay", address, ErrNoAccount, c.chain)
	}
	if err != nil {
		return nil, fmt.Errorf("account %s: %w", address, err)
	}
	return &Account{Client: c, key: key, address: address, number: number}, nil
}

// HasHeld reports whether an account holds coins or ever held some.
func (c *Client) HasHeld(ctx context.Context, address string) (bool, error) {
	_, err := c.account(ctx, address)
	if errors.Is(err, ErrNoAccount) {
		return false, nil
	}
	return err == nil, err
}

// Address is the account's address in bech32.
func (a *Account) Address() string { return a.address }

// Signed is a signed transaction: sending the same bytes twice commits them once.
type Signed struct {
	Bytes   []byte
	Expires time.Time
}

// lifetime is how long a transaction may wait for its block; the chain allows
// at most ten minutes.
const lifetime = 5 * time.Minute

// Sign makes an unordered transaction of one message. Gas is what it may use at
// most, fee what it pays, in uthing; a message that is owed pays none. Two
// transactions of an account must not be signed at the same now.
func (a *Account) Sign(m Message, gas, fee uint64, now time.Time) (Signed, error) {
	said, err := wire(a.address, m)
	if err != nil {
		return Signed{}, err
	}
	msg, err := codectypes.NewAnyWithValue(said)
	if err != nil {
		return Signed{}, err
	}
	key, err := codectypes.NewAnyWithValue(a.key.PubKey())
	if err != nil {
		return Signed{}, err
	}
	expires := now.Add(lifetime).UTC()
	body := tx.TxBody{Messages: []*codectypes.Any{msg}, Unordered: true, TimeoutTimestamp: &expires}
	auth := tx.AuthInfo{
		SignerInfos: []*tx.SignerInfo{{
			PublicKey: key,
			ModeInfo:  &tx.ModeInfo{Sum: &tx.ModeInfo_Single_{Single: &tx.ModeInfo_Single{Mode: signing.SignMode_SIGN_MODE_DIRECT}}},
		}},
		Fee: &tx.Fee{GasLimit: gas},
	}
	if fee > 0 {
		auth.Fee.Amount = sdk.NewCoins(sdk.NewCoin(spec.Denom, sdkmath.NewIntFromUint64(fee)))
	}
	raw := tx.TxRaw{}
	if raw.BodyBytes, err = body.Marshal(); err != nil {
		return Signed{}, err
	}
	if raw.AuthInfoBytes, err = auth.Marshal(); err != nil {
		return Signed{}, err
	}
	doc := tx.SignDoc{BodyBytes: raw.BodyBytes, AuthInfoBytes: raw.AuthInfoBytes, ChainId: a.chain, AccountNumber: a.number}
	statement, err := doc.Marshal()
	if err != nil {
		return Signed{}, err
	}
	signature, err := a.key.Sign(statement)
	if err != nil {
		return Signed{}, err
	}
	raw.Signatures = [][]byte{signature}
	b, err := raw.Marshal()
	return Signed{Bytes: b, Expires: expires}, err
}
