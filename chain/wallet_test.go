package chain_test

import (
	"testing"

	"google.golang.org/protobuf/types/known/anypb"

	clienttx "github.com/cosmos/cosmos-sdk/client/tx"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
	txsigning "github.com/cosmos/cosmos-sdk/x/tx/signing"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/pb/daopb"
	"github.com/althing-network/althing/pb/feepb"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/pb/timelockpb"
	"github.com/althing-network/althing/pb/tokenpb"
)

// TestWalletsSignProposals: a standard Cosmos wallet signs a proposal with each of the messages that a
// proposal may have, in the mode for programs and in the mode that hardware wallets display. The
// chain accepts the signature for this proposal only.
func TestWalletsSignProposals(t *testing.T) {
	encoding, err := chain.NewEncoding()
	if err != nil {
		t.Fatal(err)
	}
	by := authtypes.NewModuleAddress(govtypes.ModuleName).String()
	key := secp256k1.GenPrivKeyFromSecret([]byte("ann"))
	proposer := sdk.AccAddress(key.PubKey().Address())
	messages := []sdk.Msg{
		&taskpb.MsgUpdateModel{Authority: by, Task: 1, Base: make([]byte, 32), Settings: []taskpb.Setting{{Name: "training.rate", Value: 50_000}}},
		&nodepb.MsgAddParticipant{Authority: by, Node: 3, Grant: 7},
		&nodepb.MsgRemoveParticipant{Authority: by, Node: 3, Reason: "silent"},
		&nodepb.MsgUpdateParams{Authority: by, Params: nodepb.Params{MaxBond: 3}},
		&feepb.MsgUpdateParams{Authority: by, Params: feepb.Params{MinGasPrice: 3}},
		&taskpb.MsgUpdateParams{Authority: by},
		&daopb.MsgUpdateParams{Authority: by, Rules: daopb.Rules{Quorum: 300_000}},
		&timelockpb.MsgUpdateParams{Authority: by},
		&timelockpb.MsgCancel{Authority: by, Proposal: 3},
		&tokenpb.MsgMint{Authority: by, To: proposer.String(), Amount: 3},
		&timelockpb.MsgExecute{Sender: proposer.String(), Proposal: 1},
	}
	for _, m := range messages {
		for _, mode := range []signing.SignMode{signing.SignMode_SIGN_MODE_DIRECT, signing.SignMode_SIGN_MODE_LEGACY_AMINO_JSON} {
			t.Run(sdk.MsgTypeURL(m)+" "+mode.String(), func(t *testing.T) {
				said := m
				if _, alone := m.(*timelockpb.MsgExecute); !alone {
					said = submission(t, m, proposer, "title")
				}
				builder := encoding.Tx.NewTxBuilder()
				builder.SetGasLimit(200_000)
				if err := builder.SetMsgs(said); err != nil {
					t.Fatal(err)
				}
				by := authsigning.SignerData{Address: proposer.String(), ChainID: "wallet-1", AccountNumber: 7, Sequence: 2, PubKey: key.PubKey()}
				place := signing.SignatureV2{PubKey: key.PubKey(), Sequence: 2, Data: &signing.SingleSignatureData{SignMode: mode}}
				if err := builder.SetSignatures(place); err != nil {
					t.Fatal(err)
				}
				signature, err := clienttx.SignWithPrivKey(t.Context(), mode, by, builder, key, encoding.Tx, 2)
				if err != nil {
					t.Fatal(err)
				}
				if err := builder.SetSignatures(signature); err != nil {
					t.Fatal(err)
				}
				if err := verified(t, encoding, builder.GetTx(), by, signature); err != nil {
					t.Error(err)
				}
				if err := builder.SetMsgs(submission(t, messages[0], proposer, "another title")); err != nil {
					t.Fatal(err)
				}
				if verified(t, encoding, builder.GetTx(), by, signature) == nil {
					t.Error("a signature is accepted for another proposal")
				}
			})
		}
	}
}

func submission(t *testing.T, m sdk.Msg, proposer sdk.AccAddress, title string) sdk.Msg {
	t.Helper()
	said, err := govv1.NewMsgSubmitProposal([]sdk.Msg{m}, sdk.NewCoins(sdk.NewInt64Coin(chain.Denom, 1000)), proposer.String(), "", title, "summary", false)
	if err != nil {
		t.Fatal(err)
	}
	return said
}

// verified encodes and decodes a transaction, as on its way to a chain node, and verifies it.
func verified(t *testing.T, encoding chain.Encoding, signed sdk.Tx, by authsigning.SignerData, signature signing.SignatureV2) error {
	t.Helper()
	b, err := encoding.Tx.TxEncoder()(signed)
	if err != nil {
		t.Fatal(err)
	}
	read, err := encoding.Tx.TxDecoder()(b)
	if err != nil {
		t.Fatal(err)
	}
	adaptable, ok := read.(authsigning.V2AdaptableTx)
	if !ok {
		t.Fatalf("%T cannot be verified", read)
	}
	public, err := codectypes.NewAnyWithValue(by.PubKey)
	if err != nil {
		t.Fatal(err)
	}
	return authsigning.VerifySignature(t.Context(), by.PubKey, txsigning.SignerData{
		Address: by.Address, ChainID: by.ChainID, AccountNumber: by.AccountNumber, Sequence: by.Sequence,
		PubKey: &anypb.Any{TypeUrl: public.TypeUrl, Value: public.Value},
	}, signature.Data, encoding.Tx.SignModeHandler(), adaptable.GetSigningTxData())
}
