package dataset

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/datasetpb"
	"github.com/althing-network/althing/spec"
)

// Register implements [datasetpb.MsgServer]: it gives the data set the next id and opens its
// book. The owner must have a node with the role data provider. An owner can register a
// commitment once. Somebody else may register the same commitment, though it cannot open it:
// otherwise a stranger who is quicker could keep the owner from registering.
func (k Keeper) Register(ctx context.Context, msg *datasetpb.MsgRegister) (*datasetpb.MsgRegisterResponse, error) {
	owner, err := k.provider(ctx, msg.Owner)
	if err != nil {
		return nil, err
	}
	description, err := msg.Description.ToSpec()
	if err == nil {
		err = description.Validate()
	}
	if err != nil {
		return nil, ErrDescription.Wrap(err.Error())
	}
	limit, err := msg.Limit.ToCost()
	if err != nil {
		return nil, ErrDescription.Wrap(err.Error())
	}
	known, err := k.commitments.Get(ctx, collections.Join(owner, msg.Description.Commitment))
	switch {
	case err == nil:
		return nil, ErrRegistered.Wrapf("commitment %s: data set %d of the same owner has it", description.Commitment.Short(), known)
	case !errors.Is(err, collections.ErrNotFound):
		return nil, fmt.Errorf("read commitments: %w", err)
	}
	last, err := k.last.Next(ctx)
	if err != nil {
		return nil, fmt.Errorf("number the data set: %w", err)
	}
	d := spec.Dataset{ID: last + 1, Owner: owner, Description: description, Registered: sdk.UnwrapSDKContext(ctx).BlockHeight()}
	if err := k.ledger.Open(ctx, d.ID, owner, limit); err != nil {
		return nil, err
	}
	return &datasetpb.MsgRegisterResponse{Id: d.ID}, k.insert(ctx, datasetpb.DatasetFromSpec(d))
}

// Grant implements [datasetpb.MsgServer]. The node must exist and be a trainer.
func (k Keeper) Grant(ctx context.Context, msg *datasetpb.MsgGrant) (*datasetpb.MsgGrantResponse, error) {
	if err := k.checkOwner(ctx, msg.Owner, msg.Dataset); err != nil {
		return nil, err
	}
	node, err := k.nodes.Get(ctx, msg.Node)
	if err != nil {
		return nil, err
	}
	if !node.Profile.Roles.Has(spec.Trainer) {
		return nil, ErrGrant.Wrapf("node %d: want a node with the role trainer", msg.Node)
	}
	granted, err := k.Granted(ctx, msg.Dataset, msg.Node)
	if err != nil {
		return nil, err
	}
	if granted {
		return nil, ErrGrant.Wrapf("data set %d: node %d has a grant already", msg.Dataset, msg.Node)
	}
	return &datasetpb.MsgGrantResponse{}, k.grants.Set(ctx, collections.Join(msg.Dataset, msg.Node))
}

// Revoke implements [datasetpb.MsgServer].
func (k Keeper) Revoke(ctx context.Context, msg *datasetpb.MsgRevoke) (*datasetpb.MsgRevokeResponse, error) {
	if err := k.checkOwner(ctx, msg.Owner, msg.Dataset); err != nil {
		return nil, err
	}
	granted, err := k.Granted(ctx, msg.Dataset, msg.Node)
	if err != nil {
		return nil, err
	}
	if !granted {
		return nil, ErrGrant.Wrapf("data set %d: node %d has no grant to revoke", msg.Dataset, msg.Node)
	}
	return &datasetpb.MsgRevokeResponse{}, k.grants.Remove(ctx, collections.Join(msg.Dataset, msg.Node))
}

// Limit implements [datasetpb.MsgServer].
func (k Keeper) Limit(ctx context.Context, msg *datasetpb.MsgLimit) (*datasetpb.MsgLimitResponse, error) {
	if err := k.checkOwner(ctx, msg.Owner, msg.Dataset); err != nil {
		return nil, err
	}
	limit, err := msg.Limit.ToCost()
	if err != nil {
		return nil, ErrDescription.Wrap(err.Error())
	}
	return &datasetpb.MsgLimitResponse{}, k.ledger.Lower(ctx, msg.Dataset, limit)
}

// Key implements [datasetpb.MsgServer].
func (k Keeper) Key(ctx context.Context, msg *datasetpb.MsgKey) (*datasetpb.MsgKeyResponse, error) {
	if err := k.checkOwner(ctx, msg.Owner, msg.Dataset); err != nil {
		return nil, err
	}
	d, err := k.stored(ctx, msg.Dataset)
	if err != nil {
		return nil, err
	}
	d.Description.Key = msg.Key
	description, err := d.Description.ToSpec()
	if err == nil {
		err = description.Validate()
	}
	if err != nil {
		return nil, ErrDescription.Wrap(err.Error())
	}
	return &datasetpb.MsgKeyResponse{}, k.datasets.Set(ctx, d.Id, d)
}

// checkOwner returns [ErrOwner] if an account does not own a data set.
func (k Keeper) checkOwner(ctx context.Context, owner string, id uint64) error {
	d, err := k.stored(ctx, id)
	if err != nil {
		return err
	}
	account, err := k.account(owner)
	if err != nil {
		return err
	}
	if d.Owner != account {
		return ErrOwner.Wrapf("data set %d belongs to %s", id, d.Owner)
	}
	return nil
}

// provider returns an account if its node has the role data provider.
func (k Keeper) provider(ctx context.Context, owner string) (string, error) {
	account, err := k.account(owner)
	if err != nil {
		return "", err
	}
	id, err := k.nodes.IDOf(ctx, account)
	if err != nil {
		return "", err
	}
	node, err := k.nodes.Get(ctx, id)
	if err != nil {
		return "", err
	}
	if !node.Profile.Roles.Has(spec.DataProvider) {
		return "", ErrOwner.Wrapf("node %d: want a node with the role data provider", id)
	}
	return account, nil
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
