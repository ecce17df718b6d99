package chain

import (
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

// bounded is a decoder that refuses transactions that hold too much.
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
		return decode(raw)
	}
}
