package chain

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// spentName is where a genesis has the unordered transactions that have run and could run
// again. The SDK keeps them and leaves them out of its own genesis: a chain that carries a
// state on under the same chain id would take each payment of the last minutes a second
// time.
const spentName = "spent"

// spent is an unordered transaction that has run: a sender has none other with this
// timeout.
type spent struct {
	Sender  string    `json:"sender"`
	Timeout time.Time `json:"timeout"`
}

// exportSpent lists them in the order of their timeouts.
func (a *App) exportSpent(ctx context.Context) (json.RawMessage, error) {
	list := []spent{}
	err := a.accounts.UnorderedNonces.Walk(ctx, nil, func(at collections.Pair[int64, []byte]) (bool, error) {
		list = append(list, spent{sdk.AccAddress(at.K2()).String(), time.Unix(0, at.K1()).UTC()})
		return false, nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the unordered transactions that have run: %w", err)
	}
	return json.Marshal(list)
}

// restoreSpent writes them into an empty store. A genesis that has no such list is that of
// a new chain.
func (a *App) restoreSpent(ctx sdk.Context, raw json.RawMessage) error {
	if raw == nil {
		return nil
	}
	var list []spent
	if err := json.Unmarshal(raw, &list); err != nil {
		return fmt.Errorf("%s: %w", spentName, err)
	}
	for _, s := range list {
		sender, err := sdk.AccAddressFromBech32(s.Sender)
		if err != nil {
			return fmt.Errorf("%s: %w", spentName, err)
		}
		if err := a.accounts.TryAddUnorderedNonce(ctx, sender, s.Timeout); err != nil {
			return fmt.Errorf("%s: %w", spentName, err)
		}
	}
	return nil
}
