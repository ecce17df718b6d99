package chain

import (
	"errors"
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx"
)

// What a transaction may hold. Anyone may send one, without a signature even, so it is
// looked at before any of its messages is decoded.
const (
	MaxTxBytes    = 64 << 10
	MaxTxMessages = 16
)

// bounded is a decoder that refuses transactions that hold too much, and those that
// name no fee, which the SDK reads and then panics over.
func bounded(decode sdk.TxDecoder) sdk.TxDecoder {
	return func(raw []byte) (sdk.Tx, error) {
		if len(raw) > MaxTxBytes {
			return nil, fmt.Errorf("transaction of %d bytes: want at most %d", len(raw), MaxTxBytes)
		}
		var whole tx.TxRaw
		if err := whole.Unmarshal(raw); err != nil {
			return nil, err
		}
		var body tx.TxBody
		if err := body.Unmarshal(whole.BodyBytes); err != nil {
			return nil, err
		}
		if n := len(body.Messages); n > MaxTxMessages {
			return nil, fmt.Errorf("transaction of %d messages: want at most %d", n, MaxTxMessages)
		}
		var auth tx.AuthInfo
		if err := auth.Unmarshal(whole.AuthInfoBytes); err != nil {
			return nil, err
		}
		if auth.Fee == nil {
			return nil, errors.New("transaction names no fee: want one, which may be 0, and its gas")
		}
		return decode(raw)
	}
}
