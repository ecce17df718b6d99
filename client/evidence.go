package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	"github.com/cosmos/cosmos-sdk/types/bech32"
	"github.com/cosmos/cosmos-sdk/types/tx"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	"github.com/cosmos/gogoproto/proto"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Evidence shows that a node contradicted itself in a task: either by two receipts or by
// two answers. It is a file, so that whoever has it can give it to others.
type Evidence struct {
	Task     uint64             `json:"task"`
	Receipts *round.TwoReceipts `json:"receipts,omitempty"`
	Answers  *Answers           `json:"answers,omitempty"`
}

// Answers are two transactions of a node as they were sent, in base64.
type Answers struct {
	First  []byte `json:"first"`
	Second []byte `json:"second"`
}

// MaxEvidence is how long a file with evidence may be, in bytes.
const MaxEvidence = 64 << 10

// ErrEvidence is wrapped by the errors about evidence that does not show any fault.
var ErrEvidence = errors.New("this is no evidence")

// ReadEvidence decodes evidence. It does not check whether the evidence shows a fault:
// [Client.CheckEvidence] does.
func ReadEvidence(from io.Reader) (e Evidence, err error) {
	raw, err := io.ReadAll(io.LimitReader(from, MaxEvidence+1))
	if err != nil {
		return e, err
	}
	if len(raw) > MaxEvidence {
		return e, fmt.Errorf("%w: it has more than %d bytes", ErrEvidence, MaxEvidence)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		return Evidence{}, fmt.Errorf("%w: %w", ErrEvidence, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Evidence{}, fmt.Errorf("%w: something follows it", ErrEvidence)
	}
	if (e.Receipts == nil) == (e.Answers == nil) || e.Task == 0 {
		return Evidence{}, fmt.Errorf("%w: want a task, and either receipts or answers", ErrEvidence)
	}
	return e, nil
}

// Message is the message with which an account shows the evidence to the chain.
func (e Evidence) Message() Message {
	if e.Receipts != nil {
		return Say{Task: e.Task, Input: *e.Receipts}
	}
	return AccuseAnswers{Task: e.Task, First: e.Answers.First, Second: e.Answers.Second}
}

// CheckEvidence returns the fault that the chain would record, so that nobody pays a fee for a
// refusal. It uses the rule of the chain. If an answer was signed in another way than this
// package signs, only the chain checks the signature.
func (c *Client) CheckEvidence(ctx context.Context, e Evidence) (fault spec.Fault, err error) {
	task, err := c.Task(ctx, e.Task)
	if err != nil {
		return fault, err
	}
	var in round.Input
	if e.Receipts != nil {
		in = *e.Receipts
	} else if in, err = c.twoAnswers(ctx, e); err != nil {
		return fault, fmt.Errorf("%w: %w", ErrEvidence, err)
	}
	const soon = 1 // evidence counts at any time
	_, effects, err := round.State{Task: task}.Step(round.Moment{Height: soon, Time: soon}, in)
	if err != nil {
		return fault, fmt.Errorf("%w: %w", ErrEvidence, err)
	}
	for _, effect := range effects {
		if accused, ok := effect.(round.Accuse); ok {
			fault = accused.Fault
		}
	}
	return fault, nil
}

func (c *Client) twoAnswers(ctx context.Context, e Evidence) (in round.TwoAnswers, err error) {
	if in.First, err = c.answer(ctx, e.Task, e.Answers.First); err != nil {
		return in, fmt.Errorf("first transaction: %w", err)
	}
	if in.Second, err = c.answer(ctx, e.Task, e.Answers.Second); err != nil {
		return in, fmt.Errorf("second transaction: %w", err)
	}
	return in, nil
}

// answer is the message of a node to a task in a transaction.
func (c *Client) answer(ctx context.Context, task uint64, raw []byte) (round.Input, error) {
	var whole tx.TxRaw
	var body tx.TxBody
	if err := errors.Join(whole.Unmarshal(raw), body.Unmarshal(whole.BodyBytes)); err != nil {
		return nil, err
	}
	if len(body.Messages) != 1 {
		return nil, fmt.Errorf("it has %d messages: want one", len(body.Messages))
	}
	kind := proto.MessageType(strings.TrimPrefix(body.Messages[0].TypeUrl, "/"))
	if kind == nil {
		return nil, fmt.Errorf("it has a message of an unknown kind, %.80q", body.Messages[0].TypeUrl)
	}
	m, ok := reflect.TypeAssert[taskpb.Message](reflect.New(kind.Elem()))
	if !ok {
		return nil, fmt.Errorf("it is no message to a task, but %s", kind)
	}
	if err := proto.Unmarshal(body.Messages[0].Value, m); err != nil {
		return nil, err
	}
	if m.GetTask() != task {
		return nil, fmt.Errorf("it is about task %d: want %d", m.GetTask(), task)
	}
	if err := c.checkSigned(ctx, m.GetOwner(), whole); err != nil {
		return nil, err
	}
	n, err := c.NodeByOwner(ctx, m.GetOwner())
	if err != nil {
		return nil, fmt.Errorf("account %s: %w", m.GetOwner(), err)
	}
	return taskpb.InputOf(m, n.ID)
}

// checkSigned refuses a transaction that was not signed by the owner for this chain. It accepts
// each transaction that was signed in another way than this package signs.
func (c *Client) checkSigned(ctx context.Context, owner string, whole tx.TxRaw) error {
	var auth tx.AuthInfo
	if err := auth.Unmarshal(whole.AuthInfoBytes); err != nil {
		return err
	}
	if len(auth.SignerInfos) == 0 || len(whole.Signatures) == 0 {
		return errors.New("nobody has signed it")
	}
	by := auth.SignerInfos[0]
	var key secp256k1.PubKey
	if by.PublicKey == nil || by.PublicKey.TypeUrl != "/"+proto.MessageName(&key) || by.ModeInfo.GetSingle().GetMode() != signing.SignMode_SIGN_MODE_DIRECT {
		return nil
	}
	if err := key.Unmarshal(by.PublicKey.Value); err != nil {
		return err
	}
	if len(key.Key) != secp256k1.PubKeySize {
		return fmt.Errorf("key of %d bytes: want %d", len(key.Key), secp256k1.PubKeySize)
	}
	if signer, err := bech32.ConvertAndEncode(spec.AddressPrefix, key.Address()); err != nil || signer != strings.ToLower(owner) {
		return fmt.Errorf("it is signed by %s, not by %s", signer, owner)
	}
	number, err := c.account(ctx, owner)
	if err != nil {
		return err
	}
	doc := tx.SignDoc{BodyBytes: whole.BodyBytes, AuthInfoBytes: whole.AuthInfoBytes, ChainId: c.chain, AccountNumber: number}
	statement, err := doc.Marshal()
	if err != nil {
		return err
	}
	if !key.VerifySignature(statement, whole.Signatures[0]) {
		return fmt.Errorf("its signature is not valid on the chain %s", c.chain)
	}
	return nil
}
