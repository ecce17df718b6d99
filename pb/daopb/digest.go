package daopb

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/cosmos/gogoproto/proto"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// DigestOf is the digest of a proposal's messages: of the type and the bytes of each, every
// one behind its length in eight bytes.
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
