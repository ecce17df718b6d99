package chain

import (
	"context"
	"fmt"

	"cosmossdk.io/math"

	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

// gentxGas is a gas limit that is enough to create a validator.
const gentxGas = 1_000_000

// SignValidator returns the signed transaction that adds a validator to a [Genesis]: its owner
// bonds an amount of uthing to a consensus key.
func SignValidator(chainID, name string, owner cryptotypes.PrivKey, consensus cryptotypes.PubKey, bond uint64) (sdk.Tx, error) {
	e, err := NewEncoding()
	if err != nil {
		return nil, err
	}
	msg, err := stakingtypes.NewMsgCreateValidator(
		sdk.ValAddress(owner.PubKey().Address()).String(), consensus,
		sdk.NewCoin(Denom, math.NewIntFromUint64(bond)),
		stakingtypes.NewDescription(name, "", "", "", ""),
		stakingtypes.NewCommissionRates(math.LegacyZeroDec(), math.LegacyOneDec(), math.LegacyOneDec()),
		math.OneInt(),
	)
	if err != nil {
		return nil, fmt.Errorf("validator %s: %w", name, err)
	}
	b := e.Tx.NewTxBuilder()
	if err := b.SetMsgs(msg); err != nil {
		return nil, fmt.Errorf("validator %s: %w", name, err)
	}
	b.SetGasLimit(gentxGas)
	unsigned := signing.SignatureV2{
		PubKey: owner.PubKey(),
		Data:   &signing.SingleSignatureData{SignMode: signing.SignMode_SIGN_MODE_DIRECT},
	}
	if err := b.SetSignatures(unsigned); err != nil { // the signed bytes include the key
		return nil, fmt.Errorf("validator %s: %w", name, err)
	}
	signer := authsigning.SignerData{
		Address: sdk.AccAddress(owner.PubKey().Address()).String(), ChainID: chainID, PubKey: owner.PubKey(),
	}
	raw, err := authsigning.GetSignBytesAdapter(
		context.Background(), e.Tx.SignModeHandler(), signing.SignMode_SIGN_MODE_DIRECT, signer, b.GetTx())
	if err != nil {
		return nil, fmt.Errorf("validator %s: %w", name, err)
	}
	sig, err := owner.Sign(raw)
	if err != nil {
		return nil, fmt.Errorf("validator %s: sign: %w", name, err)
	}
	unsigned.Data = &signing.SingleSignatureData{SignMode: signing.SignMode_SIGN_MODE_DIRECT, Signature: sig}
	if err := b.SetSignatures(unsigned); err != nil {
		return nil, fmt.Errorf("validator %s: %w", name, err)
	}
	return b.GetTx(), nil
}
