package chain

import (
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/spec"
)

// The token, as package spec has it.
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

// Configure gives addresses their prefix. The SDK keeps it for the whole
// process, so everything that prints or reads an address calls Configure first;
// calling it again changes nothing. [New] and [NewEncoding] call it.
func Configure() {
	c := sdk.GetConfig()
	if c.GetBech32AccountAddrPrefix() == Prefix {
		return
	}
	c.SetBech32PrefixForAccount(Prefix, Prefix+sdk.PrefixPublic)
	c.SetBech32PrefixForValidator(validatorPrefix, validatorPrefix+sdk.PrefixPublic)
	c.SetBech32PrefixForConsensusNode(consensusPrefix, consensusPrefix+sdk.PrefixPublic)
}
