package client

import (
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Message is what an account may say to the chain.
type Message interface {
	wire(owner string) (sdk.Msg, error)
}

// Messages to the registry of nodes.
type (
	// Register puts a node on the chain and locks its stake.
	Register struct {
		Profile spec.Profile
		Stake   uint64 // uthing
	}
	// Update replaces the profile of the account's node.
	Update struct{ Profile spec.Profile }
	// Activate makes the account's node selectable.
	Activate struct{}
	// Deactivate takes it out of selection.
	Deactivate struct{}
	// Exit takes the account's node off the chain and returns its stake.
	Exit struct{}
)

// Messages to tasks.
type (
	// CreateTask locks the escrow and opens a task.
	CreateTask struct{ Spec spec.TaskSpec }
	// Say gives a task an input: what a selected node owes, which is free, or the
	// owner's wish to cancel. The node of the input is not sent: it is that of the
	// account.
	Say struct {
		Task  uint64
		Input round.Input
	}
)

func (m Register) wire(owner string) (sdk.Msg, error) {
	return &nodepb.MsgRegister{Owner: owner, Profile: nodepb.ProfileFromSpec(m.Profile), Stake: m.Stake}, nil
}

func (m Update) wire(owner string) (sdk.Msg, error) {
	return &nodepb.MsgUpdate{Owner: owner, Profile: nodepb.ProfileFromSpec(m.Profile)}, nil
}

func (Activate) wire(owner string) (sdk.Msg, error) {
	return &nodepb.MsgActivate{Owner: owner}, nil
}

func (Deactivate) wire(owner string) (sdk.Msg, error) {
	return &nodepb.MsgDeactivate{Owner: owner}, nil
}

func (Exit) wire(owner string) (sdk.Msg, error) {
	return &nodepb.MsgExit{Owner: owner}, nil
}

func (m CreateTask) wire(owner string) (sdk.Msg, error) {
	return &taskpb.MsgCreate{Owner: owner, Spec: taskpb.TaskSpecFromSpec(m.Spec)}, nil
}

func (m Say) wire(owner string) (sdk.Msg, error) {
	return taskpb.MessageOf(owner, m.Task, m.Input)
}
