package daopb

import (
	"fmt"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
)

// UnpackInterfaces implements [codectypes.UnpackInterfacesMessage].
func (m QueryDryRun) UnpackInterfaces(unpacker codectypes.AnyUnpacker) error {
	for _, packed := range m.Messages {
		var msg sdk.Msg
		if err := unpacker.UnpackAny(packed, &msg); err != nil {
			return err
		}
	}
	return nil
}

// Msgs are the messages. They must have been unpacked.
func (m QueryDryRun) Msgs() ([]sdk.Msg, error) {
	msgs := make([]sdk.Msg, len(m.Messages))
	for i, packed := range m.Messages {
		msg, ok := packed.GetCachedValue().(sdk.Msg)
		if !ok {
			return nil, fmt.Errorf("message %d: %s is unknown on this chain", i+1, packed.TypeUrl)
		}
		msgs[i] = msg
	}
	return msgs, nil
}
