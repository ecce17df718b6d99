package client

import (
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/spec"
)

// Message is what an account may say to the chain.
type Message interface {
	wire(owner string) sdk.Msg
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

// Messages of a consumer.
type (
	// CreateTask locks the escrow and opens a task.
	CreateTask struct{ Spec spec.TaskSpec }
	// CancelTask closes the account's task when its running round ends.
	CancelTask struct{ Task uint64 }
)

// Messages that a selected node owes; they are free.
type (
	// Ready attests model 0, or a hold-out shard.
	Ready struct {
		Task   uint64
		Digest spec.Digest
	}
	// Commit is a trainer's [spec.UpdateCommitment].
	Commit struct {
		Task, Round      uint64
		Commitment       spec.Digest
		Samples, Correct uint32
	}
	// Attest says whose updates an aggregator holds and could verify.
	Attest struct {
		Task, Round uint64
		Holds       []byte
	}
	// CommitAggregate is an aggregator's [spec.AggregateCommitment].
	CommitAggregate struct {
		Task, Round uint64
		Commitment  spec.Digest
	}
	// RevealAggregate opens it.
	RevealAggregate struct {
		Task, Round uint64
		Digest      spec.Digest
		Salt        spec.Salt
	}
	// CommitScore is an evaluator's [spec.ScoreCommitment].
	CommitScore struct {
		Task, Round uint64
		Commitment  spec.Digest
	}
	// RevealScore opens it.
	RevealScore struct {
		Task, Round uint64
		Score       spec.PPM
		Salt        spec.Salt
	}
)

func (m Register) wire(owner string) sdk.Msg {
	return &nodepb.MsgRegister{Owner: owner, Profile: nodepb.ProfileFromSpec(m.Profile), Stake: m.Stake}
}

func (m Update) wire(owner string) sdk.Msg {
	return &nodepb.MsgUpdate{Owner: owner, Profile: nodepb.ProfileFromSpec(m.Profile)}
}

func (Activate) wire(owner string) sdk.Msg   { return &nodepb.MsgActivate{Owner: owner} }
func (Deactivate) wire(owner string) sdk.Msg { return &nodepb.MsgDeactivate{Owner: owner} }
func (Exit) wire(owner string) sdk.Msg       { return &nodepb.MsgExit{Owner: owner} }

func (m CreateTask) wire(owner string) sdk.Msg {
	return &taskpb.MsgCreate{Owner: owner, Spec: taskpb.TaskSpecFromSpec(m.Spec)}
}

func (m CancelTask) wire(owner string) sdk.Msg {
	return &taskpb.MsgCancel{Owner: owner, Task: m.Task}
}

func (m Ready) wire(owner string) sdk.Msg {
	return &taskpb.MsgReady{Owner: owner, Task: m.Task, Digest: m.Digest[:]}
}

func (m Commit) wire(owner string) sdk.Msg {
	return &taskpb.MsgCommit{Owner: owner, Task: m.Task, Round: m.Round, Commitment: m.Commitment[:], Samples: m.Samples, Correct: m.Correct}
}

func (m Attest) wire(owner string) sdk.Msg {
	return &taskpb.MsgAttest{Owner: owner, Task: m.Task, Round: m.Round, Holds: m.Holds}
}

func (m CommitAggregate) wire(owner string) sdk.Msg {
	return &taskpb.MsgCommitAggregate{Owner: owner, Task: m.Task, Round: m.Round, Commitment: m.Commitment[:]}
}

func (m RevealAggregate) wire(owner string) sdk.Msg {
	return &taskpb.MsgRevealAggregate{Owner: owner, Task: m.Task, Round: m.Round, Digest: m.Digest[:], Salt: m.Salt[:]}
}

func (m CommitScore) wire(owner string) sdk.Msg {
	return &taskpb.MsgCommitScore{Owner: owner, Task: m.Task, Round: m.Round, Commitment: m.Commitment[:]}
}

func (m RevealScore) wire(owner string) sdk.Msg {
	return &taskpb.MsgRevealScore{Owner: owner, Task: m.Task, Round: m.Round, Score: uint32(m.Score), Salt: m.Salt[:]}
}
