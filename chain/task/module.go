package task

import (
	"context"
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

	"github.com/althing-network/althing/pb/taskpb"
)

var (
	_ appmodule.AppModule       = Module{}
	_ appmodule.HasServices     = Module{}
	_ appmodule.HasBeginBlocker = Module{}
	_ appmodule.HasEndBlocker   = Module{}
	_ module.HasGenesis         = Module{}
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

// RegisterLegacyAminoCodec implements [module.AppModuleBasic].
func (Module) RegisterLegacyAminoCodec(*codec.LegacyAmino) {}

// RegisterGRPCGatewayRoutes implements [module.AppModuleBasic].
func (Module) RegisterGRPCGatewayRoutes(client.Context, *runtime.ServeMux) {}

// RegisterInterfaces implements [module.AppModuleBasic].
func (Module) RegisterInterfaces(r codectypes.InterfaceRegistry) {
	msgservice.RegisterMsgServiceDesc(r, &taskpb.Msg_serviceDesc)
}

// RegisterServices implements [appmodule.HasServices].
func (m Module) RegisterServices(r grpc.ServiceRegistrar) error {
	taskpb.RegisterMsgServer(r, m.Keeper)
	taskpb.RegisterQueryServer(r, m.Keeper)
	return nil
}

// BeginBlock implements [appmodule.HasBeginBlocker].
func (m Module) BeginBlock(ctx context.Context) error { return m.Keeper.BeginBlock(ctx) }

// EndBlock implements [appmodule.HasEndBlocker].
func (m Module) EndBlock(ctx context.Context) error { return m.Keeper.EndBlock(ctx) }

// DefaultGenesis implements [module.HasGenesisBasics].
func (Module) DefaultGenesis(cdc codec.JSONCodec) json.RawMessage {
	return cdc.MustMarshalJSON(&taskpb.Genesis{})
}

// ValidateGenesis implements [module.HasGenesisBasics].
func (Module) ValidateGenesis(cdc codec.JSONCodec, _ client.TxEncodingConfig, raw json.RawMessage) error {
	var g taskpb.Genesis
	if err := cdc.UnmarshalJSON(raw, &g); err != nil {
		return err
	}
	return validate(&g)
}

// InitGenesis implements [module.HasGenesis].
func (m Module) InitGenesis(ctx sdk.Context, cdc codec.JSONCodec, raw json.RawMessage) {
	var g taskpb.Genesis
	cdc.MustUnmarshalJSON(raw, &g)
	if err := m.initialise(ctx, &g); err != nil {
		panic(fmt.Errorf("genesis of tasks: %w", err))
	}
}

// ExportGenesis implements [module.HasGenesis].
func (m Module) ExportGenesis(ctx sdk.Context, cdc codec.JSONCodec) json.RawMessage {
	g, err := m.export(ctx)
	if err != nil {
		panic(fmt.Errorf("export of tasks: %w", err))
	}
	return cdc.MustMarshalJSON(g)
}
