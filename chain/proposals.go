package chain

import (
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/x/gov"
	govkeeper "github.com/cosmos/cosmos-sdk/x/gov/keeper"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/althing-network/althing/chain/dao"
)

// proposals is the SDK's module for proposals. Package dao serves its messages. The messages of
// its older version are not served.
type proposals struct {
	gov.AppModule
	keeper *govkeeper.Keeper
	votes  dao.Keeper
}

// RegisterServices implements [module.HasServices].
func (p proposals) RegisterServices(c module.Configurator) {
	govv1.RegisterMsgServer(c.MsgServer(), p.votes.Server())
	govv1.RegisterQueryServer(c.QueryServer(), govkeeper.NewQueryServer(p.keeper))
}

// checkProposals checks the parameters of x/gov. It accepts any from a genesis, and the chain
// would halt at the end of a vote whose parameters cannot be read.
func (a *App) checkProposals(ctx sdk.Context) error {
	params, err := a.gov.Params.Get(ctx)
	if err == nil {
		err = params.ValidateBasic()
	}
	if err != nil {
		return fmt.Errorf("the rules of proposals: %w", err)
	}
	return nil
}
