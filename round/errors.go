package round

import "errors"

// Refusal is the reason why an input is refused. A refused input changes nothing.
type Refusal struct {
	// Code is the number of the reason in the answers of the chain. It never changes, and is
	// never used for another reason.
	Code uint32
	Why  string
}

// Error implements [error].
func (r *Refusal) Error() string { return r.Why }

// The reasons for refusals. Codes below 10 are those of the driver, a chain or a simulator;
// the others are those of [State.Step]. Code 1 is the chain's answer to an error without a
// code; 8 and 9 were never used.
var (
	ErrTaskNotFound    = &Refusal{2, "task not found"}
	ErrRoundNotFound   = &Refusal{3, "round not found"}
	ErrNotOwner        = &Refusal{4, "task belongs to another account"}
	ErrSpec            = &Refusal{5, "invalid task"}
	ErrMalformed       = &Refusal{6, "malformed message"}
	ErrEscrow          = &Refusal{7, "escrow above balance"}
	ErrClosed          = &Refusal{10, "task is closed"}
	ErrNotSelected     = &Refusal{11, "node is not selected"}
	ErrWrongRound      = &Refusal{12, "message is for another round"}
	ErrEarly           = &Refusal{13, "message is early: its phase has not begun"}
	ErrLate            = &Refusal{14, "message is late: its phase has ended"}
	ErrRepeated        = &Refusal{15, "node has already answered"}
	ErrCopied          = &Refusal{16, "commitment was copied from another node"}
	ErrEmpty           = &Refusal{17, "commitment is empty"}
	ErrBitmap          = &Refusal{18, "bitmap does not fit the round's trainers"}
	ErrSamples         = &Refusal{19, "claimed samples are out of bounds"}
	ErrOpening         = &Refusal{20, "opening does not match the commitment"}
	ErrScore           = &Refusal{21, "score is above 1"}
	ErrAlreadyClosing  = &Refusal{22, "task is already being cancelled"}
	ErrModel           = &Refusal{23, "model 0 differs from the one agreed on"}
	ErrSelection       = &Refusal{24, "selection does not fit the task"}
	ErrBudget          = &Refusal{25, "too few owners could pay all rounds from their privacy budgets"}
	ErrSignature       = &Refusal{26, "commitment is not signed by the owner of its data set"}
	ErrUnasked         = &Refusal{27, "commitment is signed, in a task in which no owner signs"}
	ErrCause           = &Refusal{28, "cause to decline is unknown, or not one for a task of this kind"}
	ErrReceipt         = &Refusal{29, "receipt is not signed by an aggregator of the round for this update, or out of order"}
	ErrHeld            = &Refusal{30, "no update of the node is missing"}
	ErrContradiction   = &Refusal{31, "the two answers or receipts do not contradict each other, or the node did not sign both"}
	ErrKnown           = &Refusal{32, "fault is recorded already"}
	ErrAuthority       = &Refusal{33, "only a passed proposal may do this"}
	ErrTariff          = &Refusal{34, "invalid tariff"}
	ErrUngoverned      = &Refusal{35, "task is not governed: no vote changes it"}
	ErrOutdated        = &Refusal{36, "another update of the model was carried out since this one was written"}
	ErrBase            = &Refusal{37, "base is no published version of the task's line of models"}
	ErrUnchanged       = &Refusal{38, "update changes nothing: want a model, settings or both"}
	ErrRevisions       = &Refusal{39, "votes have set the hyper-parameters as many times as a task allows"}
	ErrNominated       = &Refusal{40, "another model waits to be attested"}
	ErrNotNominated    = &Refusal{41, "model is not nominated: no passed proposal in the timelock asks for it"}
	ErrUnattested      = &Refusal{42, "too few aggregators of the task have attested the model"}
	ErrUnserved        = &Refusal{43, "model is no published version of the task's line of models, and no node is named that serves it"}
	ErrCounts          = &Refusal{44, "counts are neither one for each class of the model nor one of all rows, or one of them has more correct rows than rows"}
	ErrHoldout         = &Refusal{45, "hold-out has fewer rows than the task wants, or does not say how many"}
	ErrCounted         = &Refusal{46, "score is not the share of correct rows in its counts"}
	errUnexpectedInput = &Refusal{99, "input is of an unknown kind"}
)

// Refusals lists every reason, in the order of the codes.
func Refusals() []*Refusal {
	return []*Refusal{
		ErrTaskNotFound, ErrRoundNotFound, ErrNotOwner, ErrSpec, ErrMalformed, ErrEscrow,
		ErrClosed, ErrNotSelected, ErrWrongRound, ErrEarly, ErrLate, ErrRepeated, ErrCopied, ErrEmpty,
		ErrBitmap, ErrSamples, ErrOpening, ErrScore, ErrAlreadyClosing, ErrModel, ErrSelection, ErrBudget,
		ErrSignature, ErrUnasked, ErrCause, ErrReceipt, ErrHeld, ErrContradiction, ErrKnown,
		ErrAuthority, ErrTariff,
		ErrUngoverned, ErrOutdated, ErrBase, ErrUnchanged, ErrRevisions, ErrNominated, ErrNotNominated, ErrUnattested, ErrUnserved,
		ErrCounts, ErrHoldout, ErrCounted,
		errUnexpectedInput,
	}
}

// Why a round or a task fails. These are not refusals, because they answer no input. Their
// texts are stored on the chain.
var (
	ErrNoUpdates = errors.New("no updates to aggregate")
	ErrResources = errors.New("too few nodes can serve the task")
)
