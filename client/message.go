package client

import (
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/althing-network/althing/pb/datasetpb"
	"github.com/althing-network/althing/pb/ledgerpb"
	"github.com/althing-network/althing/pb/modelpb"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/pb/timelockpb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Message is what an account may say to the chain.
type Message interface{ message() }

// Messages to the registry of nodes.
type (
	// Register puts a node on the chain and locks its stake.
	Register struct {
		Profile spec.Profile
		Stake   uint64 // uthing
	}
	// Update replaces the profile of the account's node.
	Update struct{ Profile spec.Profile }
	// Activate makes the account's node selectable again, at the end of its leave.
	Activate struct{}
	// Deactivate takes the account's node out of selection: its leave begins.
	Deactivate struct{}
	// Bond adds to the stake of the account's node. If the account has too little, the
	// error is [ErrFunds].
	Bond struct{ Amount uint64 } // uthing
	// Unbond begins to give a part of the stake back.
	Unbond struct{ Amount uint64 } // uthing
	// CancelUnbond cancels the unbonding with a number.
	CancelUnbond struct{ Number uint64 }
	// Unjail makes the account's node selectable after its time in jail.
	Unjail struct{}
	// Exit begins to give the whole stake back and take the node off the chain.
	Exit struct{}
)

// Transfer sends coins of the account to another. If the account has too little, the error
// is [ErrFunds].
type Transfer struct {
	To     string
	Amount uint64 // uthing
}

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
	// AccuseAnswers shows two transactions in which a node contradicted itself. Two receipts
	// are shown with [Say] and [round.TwoReceipts] instead.
	AccuseAnswers struct {
		Task          uint64
		First, Second []byte
	}
)

func (Register) message()      {}
func (Update) message()        {}
func (Activate) message()      {}
func (Deactivate) message()    {}
func (Bond) message()          {}
func (Unbond) message()        {}
func (CancelUnbond) message()  {}
func (Unjail) message()        {}
func (Exit) message()          {}
func (Transfer) message()      {}
func (CreateTask) message()    {}
func (Say) message()           {}
func (AccuseAnswers) message() {}

// wire is a message as an account signs it.
func wire(owner string, m Message) (sdk.Msg, error) {
	switch m := m.(type) {
	case Register:
		return &nodepb.MsgRegister{Owner: owner, Profile: nodepb.ProfileFromSpec(m.Profile), Stake: m.Stake}, nil
	case Update:
		return &nodepb.MsgUpdate{Owner: owner, Profile: nodepb.ProfileFromSpec(m.Profile)}, nil
	case Activate:
		return &nodepb.MsgActivate{Owner: owner}, nil
	case Deactivate:
		return &nodepb.MsgDeactivate{Owner: owner}, nil
	case Bond:
		return &nodepb.MsgBond{Owner: owner, Amount: m.Amount}, nil
	case Unbond:
		return &nodepb.MsgUnbond{Owner: owner, Amount: m.Amount}, nil
	case CancelUnbond:
		return &nodepb.MsgCancelUnbond{Owner: owner, Number: m.Number}, nil
	case Unjail:
		return &nodepb.MsgUnjail{Owner: owner}, nil
	case Exit:
		return &nodepb.MsgExit{Owner: owner}, nil
	case Transfer:
		return &banktypes.MsgSend{FromAddress: owner, ToAddress: m.To, Amount: coins(m.Amount)}, nil
	case CreateTask:
		return &taskpb.MsgCreate{Owner: owner, Spec: taskpb.TaskSpecFromSpec(m.Spec)}, nil
	case Say:
		return taskpb.MessageOf(owner, m.Task, m.Input)
	case AccuseAnswers:
		return &taskpb.MsgAccuseAnswers{Owner: owner, Task: m.Task, First: m.First, Second: m.Second}, nil
	case RegisterDataset:
		return &datasetpb.MsgRegister{Owner: owner, Description: datasetpb.DescriptionFromSpec(m.Description), Limit: ledgerpb.LimitFromCost(m.Limit)}, nil
	case Grant:
		return &datasetpb.MsgGrant{Owner: owner, Dataset: m.Dataset, Node: m.Node}, nil
	case Revoke:
		return &datasetpb.MsgRevoke{Owner: owner, Dataset: m.Dataset, Node: m.Node}, nil
	case ReplaceKey:
		return &datasetpb.MsgKey{Owner: owner, Dataset: m.Dataset, Key: m.Key[:]}, nil
	case LowerLimit:
		return &datasetpb.MsgLimit{Owner: owner, Dataset: m.Dataset, Limit: ledgerpb.LimitFromCost(m.Limit)}, nil
	case SetCard:
		return &modelpb.MsgSetCard{Owner: owner, Line: m.Line, Text: m.Text}, nil
	case Submit:
		return m.wire(owner)
	case Vote:
		return m.wire(owner)
	case AddDeposit:
		return &govv1.MsgDeposit{ProposalId: m.Proposal, Depositor: owner, Amount: coins(m.Amount)}, nil
	case CancelProposal:
		return &govv1.MsgCancelProposal{ProposalId: m.Proposal, Proposer: owner}, nil
	case Execute:
		return &timelockpb.MsgExecute{Sender: owner, Proposal: m.Proposal}, nil
	default:
		return nil, fmt.Errorf("message %T has no form that an account can sign", m)
	}
}
