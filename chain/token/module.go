package token

import (
	"github.com/grpc-ecosystem/grpc-gateway/runtime"
	"google.golang.org/grpc"

	"cosmossdk.io/core/appmodule"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/types/msgservice"

	"github.com/althing-network/althing/pb/tokenpb"
)

var (
	_ appmodule.AppModule   = Module{}
	_ appmodule.HasServices = Module{}
	_ module.AppModuleBasic = Module{}
)

// Module plugs a [Keeper] into the chain. It has no state, so it has no genesis.
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
	msgservice.RegisterMsgServiceDesc(r, &tokenpb.Msg_serviceDesc)
}

// RegisterServices implements [appmodule.HasServices].
func (m Module) RegisterServices(r grpc.ServiceRegistrar) error {
	tokenpb.RegisterMsgServer(r, m.Keeper)
	tokenpb.RegisterQueryServer(r, m.Keeper)
	return nil
}
