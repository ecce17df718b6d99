package chain

import (
	"errors"
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx"
)

// Bounds of a transaction. Anybody may send one, even without a signature, so they are checked
// before any message is decoded.
const (
	MaxTxBytes    = 64 << 10
	MaxTxMessages = 16
)

// bounded returns a decoder that refuses transactions above these bounds, and transactions
// without a fee field, on which the SDK panics.
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
			return nil, errors.New("transaction without a fee: want one, which may be 0, with a gas limit")
		}
		return decode(raw)
	}
}
