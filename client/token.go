package client

import (
	"context"
	"strconv"

	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/althing-network/althing/pb/tokenpb"
	"github.com/althing-network/althing/spec"
)

// Balance is what an account can spend, in uthing.
func (c *Client) Balance(ctx context.Context, account string) (uint64, error) {
	var resp banktypes.QueryBalanceResponse
	req := banktypes.QueryBalanceRequest{Address: account, Denom: spec.Denom}
	if err := c.query(ctx, "/cosmos.bank.v1beta1.Query/Balance", &req, &resp); err != nil {
		return 0, err
	}
	return strconv.ParseUint(resp.Balance.Amount.String(), 10, 64)
}

// Supply is how many coins there are, in uthing.
type Supply struct {
	Cap         uint64 `json:"cap_uthing"`         // the most there may ever be
	Total       uint64 `json:"total_uthing"`       // all there is
	Circulating uint64 `json:"circulating_uthing"` // what accounts with keys hold: neither bonded, staked or in escrow, nor held by another module
}

// Supply counts all coins.
func (c *Client) Supply(ctx context.Context) (Supply, error) {
	var resp tokenpb.QuerySupplyResponse
	err := c.query(ctx, "/althing.token.v1.Query/Supply", &tokenpb.QuerySupply{}, &resp)
	return Supply{Cap: resp.Cap, Total: resp.Total, Circulating: resp.Circulating}, err
}

// Holder is an account and what it holds.
type Holder struct {
	Address string `json:"address"`
	Amount  uint64 `json:"uthing"`
}

// Holders lists the accounts that hold coins, those of modules among them, in the order
// of their addresses' bytes.
func (c *Client) Holders(ctx context.Context, page Page) ([]Holder, Page, error) {
	var resp banktypes.QueryDenomOwnersResponse
	req := banktypes.QueryDenomOwnersRequest{Denom: spec.Denom, Pagination: page.request()}
	if err := c.query(ctx, "/cosmos.bank.v1beta1.Query/DenomOwners", &req, &resp); err != nil {
		return nil, Page{}, err
	}
	holders := make([]Holder, len(resp.DenomOwners))
	for i, own := range resp.DenomOwners {
		amount, err := strconv.ParseUint(own.Balance.Amount.String(), 10, 64)
		if err != nil {
			return nil, Page{}, err
		}
		holders[i] = Holder{own.Address, amount}
	}
	return holders, page.next(resp.Pagination), nil
}
