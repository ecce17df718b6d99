package chain

import (
	"context"
	"errors"
	"fmt"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	"github.com/cosmos/cosmos-sdk/x/auth/ante"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"
	txsigning "github.com/cosmos/cosmos-sdk/x/tx/signing"

	"google.golang.org/protobuf/types/known/anypb"

	"github.com/althing-network/althing/chain/task"
)

// signed reads transactions that are shown as evidence, whether or not a block has them: only
// the signature counts. It ignores fee, sequence and timeout.
type signed struct {
	Encoding
	accounts authkeeper.AccountKeeper
}

var _ task.Transactions = signed{}

// SignedMessage implements [task.Transactions]. The signature must be made with the
// account's key, in any mode that the chain accepts, and for this chain id. A transaction that was
// signed for another chain, or under the chain's former id, is refused.
func (s signed) SignedMessage(ctx context.Context, raw []byte) (sdk.Msg, error) {
	decoded, err := bounded(s.Tx.TxDecoder())(raw)
	if err != nil {
		return nil, err
	}
	tx, verifiable := decoded.(authsigning.SigVerifiableTx)
	written, adaptable := decoded.(authsigning.V2AdaptableTx)
	if !verifiable || !adaptable {
		return nil, fmt.Errorf("a %T has no signatures", decoded)
	}
	msgs := tx.GetMsgs()
	if len(msgs) != 1 {
		return nil, fmt.Errorf("transaction of %d messages: want one", len(msgs))
	}
	signers, err := tx.GetSigners()
	if err != nil {
		return nil, err
	}
	signatures, err := tx.GetSignaturesV2()
	if err != nil {
		return nil, err
	}
	if len(signers) == 0 || len(signatures) != len(signers) {
		return nil, fmt.Errorf("transaction of %d signatures: want %d", len(signatures), len(signers))
	}
	// The sender of the message signs first; a fee payer signs after it.
	return msgs[0], s.verify(sdk.UnwrapSDKContext(ctx), signers[0], signatures[0], written.GetSigningTxData())
}

// verify checks that a signature of a transaction was made by an account.
func (s signed) verify(ctx sdk.Context, signer sdk.AccAddress, of signing.SignatureV2, tx txsigning.TxData) error {
	account := s.accounts.GetAccount(ctx, signer)
	if account == nil || account.GetPubKey() == nil {
		return fmt.Errorf("account %s has no key on the chain: it has never signed", signer)
	}
	of.PubKey = account.GetPubKey()
	if err := ante.DefaultSigVerificationGasConsumer(ctx.GasMeter(), of, s.accounts.GetParams(ctx)); err != nil {
		return err
	}
	key, err := codectypes.NewAnyWithValue(of.PubKey)
	if err != nil {
		return err
	}
	by := txsigning.SignerData{
		Address: signer.String(), ChainID: ctx.ChainID(), AccountNumber: account.GetAccountNumber(), Sequence: of.Sequence,
		PubKey: &anypb.Any{TypeUrl: key.TypeUrl, Value: key.Value},
	}
	return authsigning.VerifySignature(ctx, of.PubKey, by, of.Data, s.Tx.SignModeHandler(), tx)
}

// MaxShownBytes is the largest size of a transaction whose message can be evidence against its
// signer: two of them must fit into the transaction of an accusation.
const MaxShownBytes = 16 << 10

// errShown refuses a transaction that could not be evidence.
var errShown = errors.New("several messages with an attestation or an opening: want it to be the only message of its transaction")

// showable is a decorator that refuses attestations and openings in transactions that are too
// large to be evidence.
type showable struct{}

// AnteHandle implements [sdk.AnteDecorator].
func (showable) AnteHandle(ctx sdk.Context, tx sdk.Tx, simulate bool, next sdk.AnteHandler) (sdk.Context, error) {
	msgs := tx.GetMsgs()
	for _, m := range msgs {
		if !task.IsEvidence(m) {
			continue
		}
		if len(msgs) > 1 {
			return ctx, errShown
		}
		if n := len(ctx.TxBytes()); n > MaxShownBytes {
			return ctx, fmt.Errorf("transaction of %d bytes with an attestation or an opening: want at most %d", n, MaxShownBytes)
		}
	}
	return next(ctx, tx, simulate)
}
