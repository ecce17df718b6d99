package chain

import (
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/spec"
)

// The token, as declared in package spec.
const (
	Denom = spec.Denom
	Thing = spec.Thing
	Cap   = spec.Cap
)

// Prefix begins every address: althing1..., althingvaloper1..., althingvalcons1...
const Prefix = spec.AddressPrefix

// The prefixes of validator and consensus addresses.
const (
	validatorPrefix = Prefix + sdk.PrefixValidator + sdk.PrefixOperator
	consensusPrefix = Prefix + sdk.PrefixValidator + sdk.PrefixConsensus
)

// Configure sets the prefix of addresses, which the SDK stores per process. Call it before
// printing or parsing an address; further calls change nothing. [New] and [NewEncoding] call it.
func Configure() {
	c := sdk.GetConfig()
	if c.GetBech32AccountAddrPrefix() == Prefix {
		return
	}
	c.SetBech32PrefixForAccount(Prefix, Prefix+sdk.PrefixPublic)
	c.SetBech32PrefixForValidator(validatorPrefix, validatorPrefix+sdk.PrefixPublic)
	c.SetBech32PrefixForConsensusNode(consensusPrefix, consensusPrefix+sdk.PrefixPublic)
}
