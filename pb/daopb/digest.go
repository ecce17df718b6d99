package daopb

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/cosmos/gogoproto/proto"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// DigestOf returns the SHA-256 of the messages of a proposal. For each message it hashes the
// length of the type URL in eight bytes (big endian), the type URL, the length of the encoded
// message, and the encoded message.
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
