package fee

import (
	"encoding/json"
	"fmt"

	"github.com/grpc-ecosystem/grpc-gateway/runtime"
	"google.golang.org/grpc"

	"cosmossdk.io/core/appmodule"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/types/msgservice"

	"github.com/althing-network/althing/pb/feepb"
)

var (
	_ appmodule.AppModule   = Module{}
	_ appmodule.HasServices = Module{}
	_ module.HasGenesis     = Module{}
)

// Module plugs a [Keeper] into the chain.
type Module struct{ Keeper }

// IsAppModule implements [appmodule.AppModule].
func (Module) IsAppModule() {}

// IsOnePerModuleType implements [appmodule.AppModule].
func (Module) IsOnePerModuleType() {}

// Name implements [module.AppModuleBasic].
func (Module) Name() string { return Name }

// ConsensusVersion implements [module.HasConsensusVersion].
func (Module) ConsensusVersion() uint64 { return 1 }

// RegisterLegacyAminoCodec implements [module.AppModuleBasic]; there is nothing
// to register.
func (Module) RegisterLegacyAminoCodec(*codec.LegacyAmino) {}

// RegisterGRPCGatewayRoutes implements [module.AppModuleBasic]; there is no REST
// gateway.
func (Module) RegisterGRPCGatewayRoutes(client.Context, *runtime.ServeMux) {}

// RegisterInterfaces implements [module.AppModuleBasic].
func (Module) RegisterInterfaces(r codectypes.InterfaceRegistry) {
	msgservice.RegisterMsgServiceDesc(r, &feepb.Msg_serviceDesc)
}

// RegisterServices implements [appmodule.HasServices].
func (m Module) RegisterServices(r grpc.ServiceRegistrar) error {
	feepb.RegisterMsgServer(r, m.Keeper)
	feepb.RegisterQueryServer(r, m.Keeper)
	return nil
}

// DefaultGenesis implements [module.HasGenesisBasics].
func (Module) DefaultGenesis(cdc codec.JSONCodec) json.RawMessage {
	return cdc.MustMarshalJSON(&feepb.Genesis{Params: DefaultParams()})
}

// ValidateGenesis implements [module.HasGenesisBasics].
func (Module) ValidateGenesis(cdc codec.JSONCodec, _ client.TxEncodingConfig, raw json.RawMessage) error {
	var g feepb.Genesis
	if err := cdc.UnmarshalJSON(raw, &g); err != nil {
		return fmt.Errorf("invalid genesis of fees: %w", err)
	}
	if err := g.Params.Validate(); err != nil {
		return fmt.Errorf("invalid genesis of fees: %w", err)
	}
	return nil
}

// InitGenesis implements [module.HasGenesis]. Its only way to refuse is to panic.
func (m Module) InitGenesis(ctx sdk.Context, cdc codec.JSONCodec, raw json.RawMessage) {
	var g feepb.Genesis
	cdc.MustUnmarshalJSON(raw, &g)
	if err := g.Params.Validate(); err != nil {
		panic(fmt.Errorf("invalid genesis of fees: %w", err))
	}
	if err := m.params.Set(ctx, g.Params); err != nil {
		panic(err)
	}
}

// ExportGenesis implements [module.HasGenesis].
func (m Module) ExportGenesis(ctx sdk.Context, cdc codec.JSONCodec) json.RawMessage {
	params, err := m.params.Get(ctx)
	if err != nil {
		panic(err)
	}
	return cdc.MustMarshalJSON(&feepb.Genesis{Params: params})
}
