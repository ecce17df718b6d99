package node

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Register implements [nodepb.MsgServer]: it locks the stake and gives the node the next id.
// The node is active, or pending if its stake is too small.
func (k Keeper) Register(ctx context.Context, msg *nodepb.MsgRegister) (*nodepb.MsgRegisterResponse, error) {
	account, err := k.newOwner(ctx, msg.Owner)
	if err != nil {
		return nil, err
	}
	if err := k.checkProfile(ctx, msg.Profile); err != nil {
		return nil, err
	}
	owner, err := k.addresses.BytesToString(account)
	if err != nil {
		return nil, ErrOwner.Wrap(err.Error())
	}
	rules, err := k.rules(ctx)
	if err != nil {
		return nil, err
	}
	deposit, err := round.NewDeposit(msg.Stake, rules.ForRoles(spec.Role(msg.Profile.Roles)))
	if err != nil {
		return nil, withCode(err)
	}
	if msg.Stake > 0 {
		if err := k.lockStake(ctx, account, msg.Stake); err != nil {
			return nil, err
		}
	}
	last, err := k.last.Next(ctx)
	if err != nil {
		return nil, fmt.Errorf("number the node: %w", err)
	}
	profile, err := msg.Profile.ToSpec()
	if err != nil {
		return nil, ErrProfile.Wrap(err.Error())
	}
	n := spec.Node{
		ID: last + 1, Owner: owner, Profile: profile, Registered: sdk.UnwrapSDKContext(ctx).BlockHeight(),
		Deposit: deposit, Standing: round.NewStanding(),
	}
	if err := k.insert(ctx, account, n); err != nil {
		return nil, err
	}
	return &nodepb.MsgRegisterResponse{Id: n.ID}, emit(ctx, &nodepb.EventBonded{Node: n.ID, Amount: msg.Stake, Stake: msg.Stake})
}

// Update implements [nodepb.MsgServer]: it replaces the profile; id, stake and standing stay.
// It refuses fewer slots than the node has running tasks, and for an active node roles that
// its stake does not fit.
func (k Keeper) Update(ctx context.Context, msg *nodepb.MsgUpdate) (*nodepb.MsgUpdateResponse, error) {
	id, err := k.IDOf(ctx, msg.Owner)
	if err != nil {
		return nil, err
	}
	if err := k.checkProfile(ctx, msg.Profile); err != nil {
		return nil, err
	}
	standing, err := k.standing(ctx, id)
	if err != nil {
		return nil, err
	}
	if msg.Profile.Slots < standing.Busy {
		return nil, ErrBusy.Wrapf("%d slots for node %d: want at least %d, its running tasks", msg.Profile.Slots, id, standing.Busy)
	}
	r, err := k.registration(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := k.checkStake(ctx, id, spec.Role(msg.Profile.Roles)); err != nil {
		return nil, err
	}
	r.Profile = msg.Profile
	return &nodepb.MsgUpdateResponse{}, k.registrations.Set(ctx, id, r)
}

// checkStake refuses roles with [ErrStake] if the node is active and its stake is outside the
// bounds of these roles.
func (k Keeper) checkStake(ctx context.Context, id uint64, roles spec.Role) error {
	rules, err := k.rules(ctx)
	if err != nil {
		return err
	}
	d, err := k.deposit(ctx, id)
	if err != nil {
		return err
	}
	if err := round.CheckStake(d, rules.ForRoles(roles)); err != nil {
		return withCode(err)
	}
	return nil
}

// registration returns the registration of a node, or [ErrNotFound].
func (k Keeper) registration(ctx context.Context, id uint64) (nodepb.Registration, error) {
	r, err := k.registrations.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return r, ErrNotFound.Wrapf("node %d", id)
	}
	if err != nil {
		return r, fmt.Errorf("read node %d: %w", id, err)
	}
	return r, nil
}

// IDOf returns the id of an account's node, or [ErrNotFound] if it has none or its node has
// exited.
func (k Keeper) IDOf(ctx context.Context, owner string) (uint64, error) {
	account, err := k.account(owner)
	if err != nil {
		return 0, err
	}
	id, err := k.owners.Get(ctx, account)
	if errors.Is(err, collections.ErrNotFound) {
		return 0, ErrNotFound.Wrapf("account %s has no node", owner)
	}
	if err != nil {
		return 0, fmt.Errorf("read the node of %s: %w", owner, err)
	}
	return id, nil
}

// OwnerOf returns the account of a node, or [ErrNotFound].
func (k Keeper) OwnerOf(ctx context.Context, id uint64) (string, error) {
	r, err := k.registration(ctx, id)
	return r.Owner, err
}

// newOwner parses the address of an account that has no node yet. It returns
// [ErrRegistered] if the account has one.
func (k Keeper) newOwner(ctx context.Context, owner string) (sdk.AccAddress, error) {
	account, err := k.account(owner)
	if err != nil {
		return nil, err
	}
	known, err := k.owners.Has(ctx, account)
	if err != nil {
		return nil, fmt.Errorf("read the node of %s: %w", owner, err)
	}
	if known {
		return nil, ErrRegistered.Wrapf("account %s has a node", owner)
	}
	return account, nil
}

// account parses an address. An address may be written in lower or upper case, so the
// registry stores its bytes.
func (k Keeper) account(owner string) (sdk.AccAddress, error) {
	account, err := k.addresses.StringToBytes(owner)
	if err != nil {
		return nil, ErrOwner.Wrap(err.Error())
	}
	return account, nil
}

// checkProfile refuses a profile that is invalid on this network with [ErrProfile].
func (k Keeper) checkProfile(ctx context.Context, sent nodepb.Profile) error {
	params, err := k.params.Get(ctx)
	if err != nil {
		return fmt.Errorf("read the parameters of the registry: %w", err)
	}
	profile, err := sent.ToSpec()
	if err == nil {
		err = validateProfile(profile, params)
	}
	if err != nil {
		return ErrProfile.Wrap(err.Error())
	}
	return nil
}

// validateProfile reports the first mistake in a profile on a network with these parameters.
func validateProfile(p spec.Profile, on nodepb.Params) error {
	if on.Local {
		return p.Validate()
	}
	return p.ValidatePublic()
}
