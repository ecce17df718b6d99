package spec

import (
	"fmt"
	"slices"
)

// Round is the chain's record of one training round of a task. The round after an aborted
// one has the next number.
type Round struct {
	Task        uint64         `json:"task"`
	Number      uint64         `json:"round"`
	Phase       Phase          `json:"phase"`
	Reason      string         `json:"reason,omitempty"` // why it was aborted
	Opened      int64          `json:"opened"`           // height
	Since       Time           `json:"since_ms"`         // when the phase began
	Deadline    Time           `json:"deadline_ms"`      // when the phase ends at the latest
	Closed      int64          `json:"closed,omitempty"` // height
	Base        Digest         `json:"base"`             // model the trainers start from
	Next        Digest         `json:"next"`             // model the aggregators agreed on
	Score       PPM            `json:"score"`            // of Next; see Scored
	Scored      bool           `json:"scored"`
	Paid        uint64         `json:"paid_uthing"`         // in all
	Validators  uint64         `json:"validators_uthing"`   // part of Paid that went to the validators of blocks
	Measures    bool           `json:"measures,omitempty"`  // trainers send statistics of their columns instead of an update, see [Data.MeasuresColumns]
	Asked       uint32         `json:"asked"`               // trainers selected
	Commitments uint32         `json:"commitments"`         // trainers that have committed
	Declines    uint32         `json:"declines,omitempty"`  // trainers that have declined
	Grace       Duration       `json:"grace_ms,omitempty"`  // grace period for the other trainers once enough have committed; 0: half the time that those took
	Unheld      uint32         `json:"unheld,omitempty"`    // in the phase prove: trainers whose updates too few aggregators hold
	Proofs      uint32         `json:"proofs,omitempty"`    // how many of the Unheld trainers have shown receipts
	Committed   []byte         `json:"committed,omitempty"` // bitmap over Trainers of those that have committed; empty while the round trains
	Enough      Time           `json:"enough_ms,omitempty"` // when enough answers for the phase were there; 0 before
	Trainers    []Contribution `json:"trainers"`            // in the order of their nodes
	Aggregates  []Aggregate    `json:"aggregates"`
	Scores      []Evaluation   `json:"scores"`
}

// Contribution is one selected trainer's part in a round.
type Contribution struct {
	Node       uint64    `json:"node"`
	Bit        uint32    `json:"bit"`                   // its position in bitmaps over Trainers
	Dataset    uint64    `json:"dataset,omitempty"`     // data set whose privacy budget pays; 0: the task is not private
	Key        PublicKey `json:"key,omitzero"`          // of that data set when the round began; its owner signs the commitment
	Commitment Digest    `json:"commitment"`            // see UpdateCommitment
	Samples    uint32    `json:"samples"`               // rows that it claims to have trained on; if it withholds the number, what the task asks for; 0 if the task is private
	Correct    uint32    `json:"correct"`               // how many of the Samples the model Base classified correctly
	Height     int64     `json:"height"`                // of the commitment; 0 before it
	Took       Duration  `json:"took_ms,omitempty"`     // from the beginning of the round to the commitment
	Missed     uint32    `json:"missed,omitempty"`      // rounds in a row, before this one, in which it was asked and did not commit
	Declined   Decline   `json:"declined,omitempty"`    // why it declined; empty if it did not
	Receipts   uint32    `json:"receipts,omitempty"`    // bitmap over Aggregates: aggregators whose receipts it has shown
	Proved     int64     `json:"proved,omitempty"`      // height at which it showed them; 0 before
	Survivor   bool      `json:"survivor"`              // its update is in the sum
	Lender     string    `json:"lender,omitempty"`      // account that owns the rows, if it is not the node's owner
	Paid       uint64    `json:"paid_uthing"`           // to the node's owner
	Lent       uint64    `json:"lent_uthing,omitempty"` // to the lender
}

// Aggregate is one aggregator's part in a round.
type Aggregate struct {
	Node       uint64 `json:"node"`
	Holds      []byte `json:"holds,omitempty"` // bitmap over Trainers, lowest bit first
	Attested   int64  `json:"attested"`        // height, 0 before it
	Commitment Digest `json:"commitment"`      // see AggregateCommitment
	Committed  int64  `json:"committed"`       // height, 0 before it
	Digest     Digest `json:"digest"`
	Revealed   int64  `json:"revealed"` // height, 0 before it
	Paid       uint64 `json:"paid_uthing"`
}

// Evaluation is one evaluator's part in a round.
type Evaluation struct {
	Node       uint64 `json:"node"`
	Stake      uint64 `json:"stake_uthing"`
	Commitment Digest `json:"commitment"` // see ScoreCommitment
	Committed  int64  `json:"committed"`  // height, 0 before it
	Score      PPM    `json:"score"`      // micro-accuracy on its own shard
	Revealed   int64  `json:"revealed"`   // height, 0 before it
	Paid       uint64 `json:"paid_uthing"`
	// Counts are the rows behind the score, see [TaskSpec.CountsFit]; empty if the evaluator
	// stated only the score.
	Counts []Count `json:"counts,omitempty"`
}

// MaxCounts is the most counts that an evaluator states. For a model with more classes it
// states one count, of all rows.
const MaxCounts = 64

// Count is the number of rows, and of correct ones, in a hold-out shard: of one class, or of
// all classes.
type Count struct {
	Rows    uint32 `json:"rows"`
	Correct uint32 `json:"correct"`
}

// Phase is the phase that a round is in. Compare phases with [Phase.Before] and
// [Phase.After]. Package pb knows their numbers on the wire.
type Phase string

// The phases of a round. The zero Phase is that of a round that has not begun.
const (
	PhaseTrain     Phase = "train"     // trainers train and commit
	PhaseAttest    Phase = "attest"    // trainers upload, aggregators attest
	PhaseProve     Phase = "prove"     // trainers whose updates too few aggregators hold show receipts; then the round is aborted
	PhaseAggregate Phase = "aggregate" // aggregators commit to the next model
	PhaseReveal    Phase = "reveal"    // aggregators reveal its digest
	PhaseScore     Phase = "score"     // evaluators commit to a score
	PhaseOpen      Phase = "open"      // evaluators reveal it
	PhaseSettled   Phase = "settled"
	PhaseAborted   Phase = "aborted"
)

// Phases lists the phases in the order in which a round passes through them. The
// last two are final, and a round ends in one of them.
func Phases() []Phase {
	return []Phase{
		PhaseTrain, PhaseAttest, PhaseProve, PhaseAggregate, PhaseReveal, PhaseScore, PhaseOpen,
		PhaseSettled, PhaseAborted,
	}
}

// Final reports whether the round is over.
func (p Phase) Final() bool { return p == PhaseSettled || p == PhaseAborted }

// Before reports whether a round passes through p before it comes to q. The zero
// Phase is before all others.
func (p Phase) Before(q Phase) bool {
	return slices.Index(Phases(), p) < slices.Index(Phases(), q)
}

// After reports whether a round passes through p after it was in q.
func (p Phase) After(q Phase) bool { return q.Before(p) }

// UnmarshalText implements [encoding.TextUnmarshaler]. It refuses a word that is
// no phase.
func (p *Phase) UnmarshalText(text []byte) error {
	return readWord("phase", Phases(), p, text)
}

// Trainer returns the index of a node among the selected trainers, or -1.
func (r Round) Trainer(node uint64) int {
	for i := range r.Trainers {
		if r.Trainers[i].Node == node {
			return i
		}
	}
	return -1
}

// Committer is the trainer that made a commitment, or 0.
func (r Round) Committer(commitment Digest) uint64 {
	for i := range r.Trainers {
		if r.Trainers[i].Height > 0 && r.Trainers[i].Commitment == commitment {
			return r.Trainers[i].Node
		}
	}
	return 0
}

// Aggregator returns the index of a node among the aggregators, or -1.
func (r Round) Aggregator(node uint64) int {
	for i := range r.Aggregates {
		if r.Aggregates[i].Node == node {
			return i
		}
	}
	return -1
}

// Evaluator returns the index of a node among the evaluators, or -1.
func (r Round) Evaluator(node uint64) int {
	for i := range r.Scores {
		if r.Scores[i].Node == node {
			return i
		}
	}
	return -1
}

// Survivors counts the updates in the sum.
func (r Round) Survivors() (n int) {
	for i := range r.Trainers {
		if r.Trainers[i].Survivor {
			n++
		}
	}
	return n
}

// FederatedScore is the trainers' own evaluation of Base, weighted by samples. It is the
// score of the model with which the round began, so show it with that model and not with
// Next. It affects neither pay nor the end of a task. It is not known in a private task, in a
// round that measures, or before a trainer has committed.
func (r Round) FederatedScore() (score PPM, known bool) {
	var correct, samples uint64
	for i := range r.Trainers {
		if r.Trainers[i].Height > 0 {
			correct += uint64(r.Trainers[i].Correct)
			samples += uint64(r.Trainers[i].Samples)
		}
	}
	if samples == 0 || r.Measures {
		return 0, false
	}
	return PPM(correct * uint64(One) / samples), true
}

// HasBit reports whether bit i of a bitmap is set.
func HasBit(bitmap []byte, i int) bool {
	return i/8 < len(bitmap) && bitmap[i/8]>>(i%8)&1 == 1
}

// Bitmap packs booleans, lowest bit first.
func Bitmap(held []bool) []byte {
	b := make([]byte, (len(held)+7)/8)
	for i, h := range held {
		if h {
			b[i/8] |= 1 << (i % 8)
		}
	}
	return b
}

// readWord sets a variable to a text that must be one of the words.
func readWord[W ~string](what string, words []W, into *W, text []byte) error {
	if !slices.Contains(words, W(text)) {
		return fmt.Errorf("unknown %s %q: want %s", what, text, Choice(words))
	}
	*into = W(text)
	return nil
}
