package daopb

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/cosmos/gogoproto/proto"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// DigestOf is SHA-256 over the messages of a proposal: of each the length of its type in
// eight bytes, the type, the length of its value, and the value as this program writes it.
func DigestOf(messages []sdk.Msg) ([]byte, error) {
	h := sha256.New()
	for _, m := range messages {
		value, err := proto.Marshal(m)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", sdk.MsgTypeURL(m), err)
		}
		for _, part := range [][]byte{[]byte(sdk.MsgTypeURL(m)), value} {
			h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
			h.Write(part)
		}
	}
	return h.Sum(nil), nil
}
