package chain

import (
	"github.com/cosmos/gogoproto/proto"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/address"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/std"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/x/auth"
	authtx "github.com/cosmos/cosmos-sdk/x/auth/tx"
	"github.com/cosmos/cosmos-sdk/x/bank"
	"github.com/cosmos/cosmos-sdk/x/consensus"
	"github.com/cosmos/cosmos-sdk/x/distribution"
	"github.com/cosmos/cosmos-sdk/x/evidence"
	feegrant "github.com/cosmos/cosmos-sdk/x/feegrant/module"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	"github.com/cosmos/cosmos-sdk/x/gov"
	"github.com/cosmos/cosmos-sdk/x/slashing"
	"github.com/cosmos/cosmos-sdk/x/staking"
	"github.com/cosmos/cosmos-sdk/x/tx/signing"

	"github.com/althing-network/althing/chain/dao"
	"github.com/althing-network/althing/chain/dataset"
	"github.com/althing-network/althing/chain/fee"
	"github.com/althing-network/althing/chain/ledger"
	"github.com/althing-network/althing/chain/model"
	"github.com/althing-network/althing/chain/node"
	"github.com/althing-network/althing/chain/task"
	"github.com/althing-network/althing/chain/timelock"
	"github.com/althing-network/althing/chain/token"
)

// Encoding knows every message of the chain: its bytes, and who must sign it.
type Encoding struct {
	Registry codectypes.InterfaceRegistry
	Codec    *codec.ProtoCodec
	Amino    *codec.LegacyAmino
	Tx       client.TxConfig
}

// NewEncoding returns the encoding of all modules of the chain.
func NewEncoding() (Encoding, error) {
	Configure()
	registry, err := codectypes.NewInterfaceRegistryWithOptions(codectypes.InterfaceRegistryOptions{
		ProtoFiles: proto.HybridResolver,
		SigningOptions: signing.Options{
			AddressCodec:          address.NewBech32Codec(Prefix),
			ValidatorAddressCodec: address.NewBech32Codec(validatorPrefix),
		},
	})
	if err != nil {
		return Encoding{}, err
	}
	e := Encoding{Registry: registry, Codec: codec.NewProtoCodec(registry), Amino: codec.NewLegacyAmino()}
	std.RegisterInterfaces(registry)
	std.RegisterLegacyAminoCodec(e.Amino)
	basics().RegisterInterfaces(registry)
	basics().RegisterLegacyAminoCodec(e.Amino)
	if err := registry.SigningContext().Validate(); err != nil {
		return Encoding{}, err
	}
	e.Tx = authtx.NewTxConfig(e.Codec, authtx.DefaultSignModes)
	return e, nil
}

// basics are the modules without their state: their messages and their default
// genesis.
func basics() module.BasicManager {
	return module.NewBasicManager(
		auth.AppModuleBasic{},
		bank.AppModuleBasic{},
		staking.AppModuleBasic{},
		slashing.AppModuleBasic{},
		evidence.AppModuleBasic{},
		distribution.AppModuleBasic{},
		gov.AppModuleBasic{},
		feegrant.AppModuleBasic{},
		consensus.AppModuleBasic{},
		genutil.NewAppModuleBasic(genutiltypes.DefaultMessageValidator),
		token.Module{},
		fee.Module{},
		node.Module{},
		ledger.Module{},
		dataset.Module{},
		model.Module{},
		task.Module{},
		timelock.Module{},
		dao.Module{},
	)
}
