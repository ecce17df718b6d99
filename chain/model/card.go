package model

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/cosmos/gogoproto/proto"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/modelpb"
	"github.com/althing-network/althing/spec"
)

// SetCard implements [modelpb.MsgServer]. Earlier cards stay.
func (k Keeper) SetCard(ctx context.Context, msg *modelpb.MsgSetCard) (*modelpb.MsgSetCardResponse, error) {
	l, err := k.line(ctx, msg.Line)
	if err != nil {
		return nil, err
	}
	account, err := k.account(msg.Owner)
	if err != nil {
		return nil, err
	}
	if l.Owner != account {
		return nil, ErrOwner.Wrapf("line %d belongs to %s", l.ID, l.Owner)
	}
	if err := spec.ValidateCard(msg.Text); err != nil {
		return nil, ErrCard.Wrap(err.Error())
	}
	if l.Cards >= spec.MaxCards {
		return nil, ErrFull.Wrapf("line %d has had %d cards: want at most %d", l.ID, l.Cards, spec.MaxCards)
	}
	l.Cards++
	c := spec.Card{Line: l.ID, Number: l.Cards, Text: msg.Text, Height: sdk.UnwrapSDKContext(ctx).BlockHeight()}
	if err := k.cards.Set(ctx, collections.Join(c.Line, c.Number), modelpb.CardFromSpec(c)); err != nil {
		return nil, err
	}
	if err := k.setLine(ctx, l); err != nil {
		return nil, err
	}
	return &modelpb.MsgSetCardResponse{Number: c.Number}, emit(ctx, &modelpb.EventCardSet{Line: c.Line, Number: c.Number})
}

// account returns an address in the spelling of the chain; an address may be written in
// lower or upper case.
func (k Keeper) account(owner string) (string, error) {
	b, err := k.addresses.StringToBytes(owner)
	if err != nil {
		return "", ErrOwner.Wrap(err.Error())
	}
	account, err := k.addresses.BytesToString(b)
	if err != nil {
		return "", ErrOwner.Wrap(err.Error())
	}
	return account, nil
}

// emit adds a typed event to the block.
func emit(ctx context.Context, event proto.Message) error {
	if err := sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(event); err != nil {
		return fmt.Errorf("emit an event: %w", err)
	}
	return nil
}
