package round

import (
	"fmt"
	"strings"

	"github.com/althing-network/althing/spec"
)

// Effect is what a step asks the [World] to do. Its String is one line of a transcript, and
// on the chain the text of an event.
//
//sumtype:decl
type Effect interface {
	round() uint64
	String() string
}

// NumberOf is the number of the round that an effect is about; 0 if it is about the task.
func NumberOf(e Effect) uint64 { return e.round() }

// AskCommittee asks the scheduler for aggregators and evaluators.
type AskCommittee struct{}

// AskReady asks the committee to attest model 0 and its shards.
type AskReady struct{ Deadline spec.Time }

// AskTrainers asks the scheduler for the trainers of the next round.
type AskTrainers struct{}

// OpenTraining asks the trainers to train and commit.
type OpenTraining struct {
	Round    uint64
	Trainers []uint64
	Deadline spec.Time
	Measures bool // trainers commit to statistics of their columns instead of an update
}

// AskAttest asks trainers to upload and aggregators to attest.
type AskAttest struct {
	Round    uint64
	Deadline spec.Time
}

// AskReceipts asks for receipts from the trainers whose updates too few aggregators hold.
type AskReceipts struct {
	Round    uint64
	Deadline spec.Time
}

// AskAggregate asks the aggregators to combine the survivors' updates.
type AskAggregate struct {
	Round     uint64
	Survivors []uint64
	Deadline  spec.Time
}

// AskReveal asks the aggregators to open their commitments.
type AskReveal struct {
	Round    uint64
	Deadline spec.Time
}

// AskScores asks the evaluators to judge a model and commit.
type AskScores struct {
	Round    uint64
	Model    spec.Digest
	Deadline spec.Time
}

// AskOpenings asks the evaluators to open their commitments.
type AskOpenings struct {
	Round    uint64
	Deadline spec.Time
}

// Publish announces a new model of the task: model 0, or the model of a round with its score.
type Publish struct {
	Round  uint64 // 0: model 0
	Model  spec.Digest
	Score  spec.PPM
	Scored bool // whether evaluators with two thirds of the stake scored it
}

// Pay moves money from the task's escrow to a node's owner, and to the lender of its rows.
type Pay struct {
	Round uint64 // 0: not for a round
	Earning
}

// PayValidators moves money from the task's escrow to the validators of blocks.
type PayValidators struct {
	Round  uint64 // 0: not for a round
	Amount uint64 // uthing
}

// Merit raises a node's reputation.
type Merit struct {
	Round uint64
	Node  uint64
	Why   string
}

// Demerit lowers a node's reputation.
type Demerit struct {
	Round uint64 // 0: before the first
	Node  uint64
	Why   string
}

// Excuse records that a trainer declined a round in which two thirds of those asked trained.
type Excuse struct {
	Round uint64
	Node  uint64
	Why   string
}

// Slash burns a part of a node's bond in the task, for a provable fault.
type Slash struct {
	Round uint64
	Node  uint64
	Fault string   // its kind
	Part  spec.PPM // of the node's bond in the task
}

// Accuse records provable misbehaviour.
type Accuse struct{ Fault spec.Fault }

// Abort ends a round without a model.
type Abort struct {
	Round uint64
	Why   string
}

// Engage occupies one slot of each node.
type Engage struct{ Nodes []uint64 }

// Release frees one slot of each node.
type Release struct{ Nodes []uint64 }

// Reserve sets one release of a round aside in the privacy budget of each data set.
type Reserve struct {
	Round    uint64
	Datasets []uint64
}

// Charge spends a reserved release, because its trainer has committed to an update.
type Charge struct{ Round, Dataset uint64 }

// GiveBack returns reserved releases that are not needed to their budgets.
type GiveBack struct {
	Round    uint64
	Datasets []uint64
}

// Measure records the accuracy of the model that the nodes helped to train.
type Measure struct {
	Nodes    []uint64
	Kind     string
	Accuracy spec.PPM
}

// AskModel asks the aggregators to attest a nominated model.
type AskModel struct {
	Proposal uint64
	Model    spec.Digest
}

// DropModel tells the aggregators that they need not attest a nominated model any more.
type DropModel struct {
	Proposal uint64
	Model    spec.Digest
}

// Amended announces that a proposal to update the model was carried out.
type Amended struct {
	Proposal uint64
	From     uint64      // first round that begins with the update
	Base     spec.Digest // version that the proposer looked at
	Model    spec.Digest // with which the round begins; zero: with the newest
	Settings []spec.Tuning
}

// Close ends the task and refunds what is left of the escrow.
type Close struct {
	State  spec.TaskState
	Why    string
	Refund uint64 // uthing
}

func (AskCommittee) round() uint64    { return 0 }
func (AskReady) round() uint64        { return 0 }
func (AskTrainers) round() uint64     { return 0 }
func (e OpenTraining) round() uint64  { return e.Round }
func (e AskAttest) round() uint64     { return e.Round }
func (e AskAggregate) round() uint64  { return e.Round }
func (e AskReceipts) round() uint64   { return e.Round }
func (e PayValidators) round() uint64 { return e.Round }
func (e Excuse) round() uint64        { return e.Round }
func (e Slash) round() uint64         { return e.Round }
func (e AskReveal) round() uint64     { return e.Round }
func (e AskScores) round() uint64     { return e.Round }
func (e AskOpenings) round() uint64   { return e.Round }
func (e Publish) round() uint64       { return e.Round }
func (e Pay) round() uint64           { return e.Round }
func (e Merit) round() uint64         { return e.Round }
func (e Demerit) round() uint64       { return e.Round }
func (e Accuse) round() uint64        { return e.Fault.Round }
func (e Abort) round() uint64         { return e.Round }
func (e Reserve) round() uint64       { return e.Round }
func (e Charge) round() uint64        { return e.Round }
func (e GiveBack) round() uint64      { return e.Round }
func (Engage) round() uint64          { return 0 }
func (Release) round() uint64         { return 0 }
func (Measure) round() uint64         { return 0 }
func (Close) round() uint64           { return 0 }
func (AskModel) round() uint64        { return 0 }
func (DropModel) round() uint64       { return 0 }
func (Amended) round() uint64         { return 0 }

func (AskCommittee) String() string { return "ask the scheduler for a committee" }
func (e AskReady) String() string {
	return fmt.Sprintf("ask the committee to get ready until %s", e.Deadline)
}
func (AskTrainers) String() string   { return "ask the scheduler for trainers" }
func (e AskAttest) String() string   { return fmt.Sprintf("attest until %s", e.Deadline) }
func (e AskReveal) String() string   { return fmt.Sprintf("reveal until %s", e.Deadline) }
func (e AskOpenings) String() string { return fmt.Sprintf("open scores until %s", e.Deadline) }
func (e AskReceipts) String() string { return fmt.Sprintf("show receipts until %s", e.Deadline) }
func (e Merit) String() string       { return fmt.Sprintf("merit %d (%s)", e.Node, e.Why) }
func (e Demerit) String() string     { return fmt.Sprintf("demerit %d (%s)", e.Node, e.Why) }
func (e Excuse) String() string      { return fmt.Sprintf("excuse %d (%s)", e.Node, e.Why) }
func (e Abort) String() string       { return fmt.Sprintf("abort (%s)", e.Why) }
func (e Reserve) String() string     { return fmt.Sprintf("reserve privacy of %d", e.Datasets) }
func (e Charge) String() string      { return fmt.Sprintf("charge privacy of %d", e.Dataset) }
func (e GiveBack) String() string    { return fmt.Sprintf("give back privacy of %d", e.Datasets) }
func (e Engage) String() string      { return fmt.Sprintf("engage %d", e.Nodes) }
func (e Release) String() string     { return fmt.Sprintf("release %d", e.Nodes) }

func (e Pay) String() string {
	line := fmt.Sprintf("pay %d %d uthing as %s", e.Node, e.Amount, e.Role)
	if e.Lender != "" {
		line += fmt.Sprintf(", %s, who lent the rows, %d uthing", e.Lender, e.Lent)
	}
	return line
}

func (e PayValidators) String() string {
	return fmt.Sprintf("pay the validators of blocks %d uthing", e.Amount)
}

func (e Slash) String() string {
	return fmt.Sprintf("slash %s of the bond of %d (%s)", e.Part, e.Node, e.Fault)
}

func (e OpenTraining) String() string {
	if e.Measures {
		return fmt.Sprintf("measure columns until %s, asks %d", e.Deadline, e.Trainers)
	}
	return fmt.Sprintf("train until %s, asks %d", e.Deadline, e.Trainers)
}

func (e AskAggregate) String() string {
	return fmt.Sprintf("aggregate %d until %s", e.Survivors, e.Deadline)
}

func (e AskScores) String() string {
	return fmt.Sprintf("score %s until %s", e.Model.Short(), e.Deadline)
}

func (e Publish) String() string {
	if !e.Scored {
		return fmt.Sprintf("publish %s unscored", e.Model.Short())
	}
	return fmt.Sprintf("publish %s scored %s", e.Model.Short(), e.Score)
}

func (e Accuse) String() string {
	return fmt.Sprintf("fault of %d: %s %s", e.Fault.Node, e.Fault.Kind, e.Fault.Digest.Short())
}

func (e Measure) String() string {
	return fmt.Sprintf("measure %d at %s on %s", e.Nodes, e.Accuracy, e.Kind)
}

func (e Close) String() string {
	return fmt.Sprintf("close %s (%s), refund %d uthing", e.State, e.Why, e.Refund)
}

func (e AskModel) String() string {
	return fmt.Sprintf("attest %s, which proposal %d wants", e.Model.Short(), e.Proposal)
}

func (e DropModel) String() string {
	return fmt.Sprintf("proposal %d wants %s no more", e.Proposal, e.Model.Short())
}

func (e Amended) String() string {
	var parts []string
	if !e.Model.IsZero() {
		parts = append(parts, "begin with "+e.Model.Short())
	}
	for _, s := range e.Settings {
		parts = append(parts, s.String())
	}
	return fmt.Sprintf("from round %d on: %s, says proposal %d", e.From, strings.Join(parts, ", "), e.Proposal)
}
