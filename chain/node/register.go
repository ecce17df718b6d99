package node

import (
	"context"
	"errors"
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Register implements [nodepb.MsgServer]: it locks the stake and gives the node
// the next id. The node is active from then on.
func (k Keeper) Register(ctx context.Context, msg *nodepb.MsgRegister) (*nodepb.MsgRegisterResponse, error) {
	account, err := k.account(msg.Owner)
	if err != nil {
		return nil, err
	}
	profile, err := validProfile(&msg.Profile)
	if err != nil {
		return nil, err
	}
	if known, err := k.owners.Has(ctx, account); err != nil {
		return nil, fmt.Errorf("read the node of %s: %w", msg.Owner, err)
	} else if known {
		return nil, ErrRegistered.Wrapf("owner %s", msg.Owner)
	}
	if err := k.lock(ctx, account, msg.Stake); err != nil {
		return nil, err
	}
	owner, err := k.addresses.BytesToString(account)
	if err != nil {
		return nil, ErrOwner.Wrap(err.Error())
	}
	last, err := k.last.Next(ctx)
	if err != nil {
		return nil, fmt.Errorf("number the node: %w", err)
	}
	n := spec.Node{
		ID: last + 1, Owner: owner, Profile: profile, Stake: msg.Stake, Standing: round.NewStanding(),
		Active: true, Registered: sdk.UnwrapSDKContext(ctx).BlockHeight(),
	}
	if err := k.owners.Set(ctx, account, n.ID); err != nil {
		return nil, err
	}
	return &nodepb.MsgRegisterResponse{Id: n.ID}, k.set(ctx, n)
}

// Update implements [nodepb.MsgServer]: the node keeps its id, stake and
// standing. It cannot have fewer slots than tasks it serves.
func (k Keeper) Update(ctx context.Context, msg *nodepb.MsgUpdate) (*nodepb.MsgUpdateResponse, error) {
	n, err := k.ByOwner(ctx, msg.Owner)
	if err != nil {
		return nil, err
	}
	if n.Profile, err = validProfile(&msg.Profile); err != nil {
		return nil, err
	}
	if n.Profile.Slots < n.Busy {
		return nil, ErrBusy.Wrapf("node %d serves %d tasks: want at least as many slots, not %d", n.ID, n.Busy, n.Profile.Slots)
	}
	return &nodepb.MsgUpdateResponse{}, k.set(ctx, n)
}

// Activate implements [nodepb.MsgServer].
func (k Keeper) Activate(ctx context.Context, msg *nodepb.MsgActivate) (*nodepb.MsgActivateResponse, error) {
	return &nodepb.MsgActivateResponse{}, k.setActive(ctx, msg.Owner, true)
}

// Deactivate implements [nodepb.MsgServer]: the node is selected no more, and
// finishes the tasks it serves.
func (k Keeper) Deactivate(ctx context.Context, msg *nodepb.MsgDeactivate) (*nodepb.MsgDeactivateResponse, error) {
	return &nodepb.MsgDeactivateResponse{}, k.setActive(ctx, msg.Owner, false)
}

// Exit implements [nodepb.MsgServer]: it returns the stake and forgets the node.
// Its id is not given again.
func (k Keeper) Exit(ctx context.Context, msg *nodepb.MsgExit) (*nodepb.MsgExitResponse, error) {
	account, err := k.account(msg.Owner)
	if err != nil {
		return nil, err
	}
	n, err := k.ByOwner(ctx, msg.Owner)
	if err != nil {
		return nil, err
	}
	if n.Busy > 0 {
		return nil, ErrBusy.Wrapf("node %d serves %d tasks", n.ID, n.Busy)
	}
	if err := k.bank.SendCoinsFromModuleToAccount(ctx, Name, account, k.coins(n.Stake)); err != nil {
		return nil, fmt.Errorf("return the stake of node %d: %w", n.ID, err)
	}
	if err := k.owners.Remove(ctx, account); err != nil {
		return nil, err
	}
	return &nodepb.MsgExitResponse{Returned: n.Stake}, k.nodes.Remove(ctx, n.ID)
}

// lock takes the stake from an account.
func (k Keeper) lock(ctx context.Context, account sdk.AccAddress, stake uint64) error {
	params, err := k.params.Get(ctx)
	if err != nil {
		return fmt.Errorf("read the parameters of the registry: %w", err)
	}
	if least := max(params.MinStake, 1); stake < least {
		return ErrStake.Wrapf("%d%s: want at least %d", stake, k.denom, least)
	}
	err = k.bank.SendCoinsFromAccountToModule(ctx, account, Name, k.coins(stake))
	if errors.Is(err, sdkerrors.ErrInsufficientFunds) {
		return ErrFunds.Wrap(err.Error())
	}
	if err != nil {
		return fmt.Errorf("lock the stake: %w", err)
	}
	return nil
}

func (k Keeper) setActive(ctx context.Context, owner string, active bool) error {
	n, err := k.ByOwner(ctx, owner)
	if err != nil {
		return err
	}
	n.Active = active
	return k.set(ctx, n)
}

func validProfile(m *nodepb.Profile) (spec.Profile, error) {
	p, err := m.ToSpec()
	if err == nil {
		err = p.Validate()
	}
	if err != nil {
		return spec.Profile{}, ErrProfile.Wrap(err.Error())
	}
	return p, nil
}
