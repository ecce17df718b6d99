package timelockpb

import (
	"fmt"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx"
)

var (
	_ codectypes.UnpackInterfacesMessage = Entry{}
	_ codectypes.UnpackInterfacesMessage = Genesis{}
)

// UnpackInterfaces implements [codectypes.UnpackInterfacesMessage]: a codec that reads an
// entry reads its messages too.
func (e Entry) UnpackInterfaces(unpacker codectypes.AnyUnpacker) error {
	return tx.UnpackInterfaces(unpacker, e.Messages)
}

// UnpackInterfaces implements [codectypes.UnpackInterfacesMessage].
func (g Genesis) UnpackInterfaces(unpacker codectypes.AnyUnpacker) error {
	for _, e := range g.Entries {
		if err := e.UnpackInterfaces(unpacker); err != nil {
			return fmt.Errorf("entry of proposal %d: %w", e.Proposal, err)
		}
	}
	return nil
}

// Msgs are the messages of an entry, as a codec has read them.
func (e Entry) Msgs() ([]sdk.Msg, error) {
	return tx.GetMsgs(e.Messages, fmt.Sprintf("entry of proposal %d", e.Proposal))
}
