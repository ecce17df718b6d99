package chain

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// spentName is the key in a genesis of the unordered transactions that have run and have not
// expired. The SDK leaves them out of its own genesis, so a chain that continues a state under
// the same chain id would accept the payments of the last minutes a second time.
const spentName = "spent"

// spent identifies an unordered transaction that has run. A sender has at most one per timeout.
type spent struct {
	Sender  string    `json:"sender"`
	Timeout time.Time `json:"timeout"`
}

// exportSpent lists the unordered transactions that have run, in the order of their timeouts.
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

// restoreSpent writes the list of exportSpent into an empty store. The genesis of a new chain has no such list.
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
