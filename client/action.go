package client

import (
	"context"

	"github.com/cosmos/gogoproto/proto"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/bech32"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"

	"github.com/althing-network/althing/pb/daopb"
	"github.com/althing-network/althing/pb/feepb"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/pb/timelockpb"
	"github.com/althing-network/althing/pb/tokenpb"
	"github.com/althing-network/althing/spec"
)

// Authority is the address of the account in whose name passed proposals act. It has no
// key.
func Authority() string {
	address, err := bech32.ConvertAndEncode(spec.AddressPrefix, authtypes.NewModuleAddress(govtypes.ModuleName))
	if err != nil {
		panic(err) // 20 bytes and a constant
	}
	return address
}

// messageOf is the message of an action that has been composed.
func (c *Client) messageOf(ctx context.Context, a spec.Action) (sdk.Msg, error) {
	by := Authority()
	switch {
	case a.AddParticipant != nil:
		return &nodepb.MsgAddParticipant{Authority: by, Node: a.AddParticipant.Node, Grant: uint64(a.AddParticipant.Grant)}, nil
	case a.RemoveParticipant != nil:
		return &nodepb.MsgRemoveParticipant{Authority: by, Node: a.RemoveParticipant.Node, Reason: a.RemoveParticipant.Reason}, nil
	case a.Mint != nil:
		return &tokenpb.MsgMint{Authority: by, To: a.Mint.To, Amount: uint64(a.Mint.Amount)}, nil
	case a.Cancel != nil:
		return &timelockpb.MsgCancel{Authority: by, Proposal: a.Cancel.Proposal}, nil
	case a.UpdateParams != nil:
		rules, msg, err := c.rules(ctx, a.UpdateParams.Module)
		if err != nil {
			return nil, err
		}
		for _, s := range a.UpdateParams.Settings {
			p, _ := spec.ParameterNamed(spec.Parameters(a.UpdateParams.Module), s.Name)
			if err := rules.set(p, s.Value); err != nil {
				return nil, err
			}
		}
		return msg, nil
	}
	return updateMessage(by, *a.UpdateModel)
}

func updateMessage(by string, u spec.UpdateModel) (sdk.Msg, error) {
	m := &taskpb.MsgUpdateModel{Authority: by, Task: u.Task, Updates: u.Updates, Holder: u.Holder}
	base, err := spec.ParseDigest(u.Base)
	if err != nil {
		return nil, err
	}
	m.Base = base[:]
	if u.Model != "" {
		model, err := spec.ParseDigest(u.Model)
		if err != nil {
			return nil, err
		}
		m.Model = model[:]
	}
	for _, s := range u.Settings {
		p, _ := spec.ParameterNamed(spec.Hyperparameters(), s.Name)
		n, err := p.Parse(s.Value)
		if err != nil {
			return nil, err
		}
		m.Settings = append(m.Settings, taskpb.Setting{Name: s.Name, Value: n})
	}
	return m, nil
}

// actionOf is the action of a message of a proposal. If this package does not know the
// message, the action holds only the type of the message.
func actionOf(packed *codectypes.Any) (spec.Action, error) {
	var (
		updateModel  taskpb.MsgUpdateModel
		add          nodepb.MsgAddParticipant
		remove       nodepb.MsgRemoveParticipant
		mint         tokenpb.MsgMint
		cancel       timelockpb.MsgCancel
		daoRules     daopb.MsgUpdateParams
		feeRules     feepb.MsgUpdateParams
		nodeRules    nodepb.MsgUpdateParams
		taskRules    taskpb.MsgUpdateParams
		timelockRule timelockpb.MsgUpdateParams
	)
	rules := func(m proto.Message, module string, r record) (spec.Action, error) {
		err := proto.Unmarshal(packed.Value, m)
		return spec.Action{UpdateParams: &spec.UpdateParams{Module: module, Settings: settingsOf(module, r)}}, err
	}
	switch packed.TypeUrl {
	case sdk.MsgTypeURL(&updateModel):
		err := proto.Unmarshal(packed.Value, &updateModel)
		if err != nil {
			return spec.Action{}, err
		}
		return updateOf(updateModel)
	case sdk.MsgTypeURL(&add):
		err := proto.Unmarshal(packed.Value, &add)
		return spec.Action{AddParticipant: &spec.AddParticipant{Node: add.Node, Grant: spec.Amount(add.Grant)}}, err
	case sdk.MsgTypeURL(&remove):
		err := proto.Unmarshal(packed.Value, &remove)
		return spec.Action{RemoveParticipant: &spec.RemoveParticipant{Node: remove.Node, Reason: remove.Reason}}, err
	case sdk.MsgTypeURL(&mint):
		err := proto.Unmarshal(packed.Value, &mint)
		return spec.Action{Mint: &spec.Mint{To: mint.To, Amount: spec.Amount(mint.Amount)}}, err
	case sdk.MsgTypeURL(&cancel):
		err := proto.Unmarshal(packed.Value, &cancel)
		return spec.Action{Cancel: &spec.CancelEntry{Proposal: cancel.Proposal}}, err
	case sdk.MsgTypeURL(&daoRules):
		return rules(&daoRules, "dao", recordOf(&daoRules.Params, &daoRules.Rules))
	case sdk.MsgTypeURL(&feeRules):
		return rules(&feeRules, "fee", recordOf(&feeRules.Params))
	case sdk.MsgTypeURL(&nodeRules):
		return rules(&nodeRules, "node", recordOf(&nodeRules.Params))
	case sdk.MsgTypeURL(&taskRules):
		return rules(&taskRules, "task", recordOf(&taskRules.Tariff))
	case sdk.MsgTypeURL(&timelockRule):
		return rules(&timelockRule, "timelock", recordOf(&timelockRule.Params))
	}
	return spec.Action{Unknown: packed.TypeUrl}, nil
}

func updateOf(m taskpb.MsgUpdateModel) (spec.Action, error) {
	base, err := spec.DigestFrom(m.Base)
	if err != nil {
		return spec.Action{}, err
	}
	model, err := spec.DigestFrom(m.Model)
	if err != nil {
		return spec.Action{}, err
	}
	u := &spec.UpdateModel{Task: m.Task, Base: base.String(), Updates: m.Updates, Holder: m.Holder}
	if !model.IsZero() {
		u.Model = model.String()
	}
	for _, s := range m.Settings {
		p, known := spec.ParameterNamed(spec.Hyperparameters(), s.Name)
		if !known {
			p = spec.Parameter{Name: s.Name, Unit: spec.UnitCount}
		}
		u.Settings = append(u.Settings, spec.Setting{Name: s.Name, Value: p.Text(s.Value)})
	}
	return spec.Action{UpdateModel: u}, nil
}
