package spec

import "fmt"

// Round is one training round of a task as the chain records it. A round that
// was aborted is followed by one with the next number.
type Round struct {
	Task       uint64         `json:"task"`
	Number     uint64         `json:"round"`
	Phase      Phase          `json:"phase"`
	Reason     string         `json:"reason,omitempty"` // why it was aborted
	Opened     int64          `json:"opened"`           // height
	Since      int64          `json:"since"`            // height at which the phase began
	Deadline   int64          `json:"deadline"`         // last height at which the phase may end
	Closed     int64          `json:"closed,omitempty"` // height
	Base       Digest         `json:"base"`             // model the trainers start from
	Next       Digest         `json:"next"`             // model the aggregators agreed on
	Score      PPM            `json:"score"`            // of Next; see Scored
	Scored     bool           `json:"scored"`
	Paid       uint64         `json:"paid_uthing"`
	Trainers   []Contribution `json:"trainers"`
	Aggregates []Aggregate    `json:"aggregates"`
	Scores     []Evaluation   `json:"scores"`
}

// Contribution is one selected trainer's part in a round.
type Contribution struct {
	Node       uint64 `json:"node"`
	Commitment Digest `json:"commitment"` // see UpdateCommitment
	Samples    uint32 `json:"samples"`    // rows it claims to have trained on
	Correct    uint32 `json:"correct"`    // of those, how many Base classified correctly
	Height     int64  `json:"height"`     // of the commitment, 0 before it
	Survivor   bool   `json:"survivor"`   // its update is in the sum
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
}

// Evaluation is one evaluator's part in a round.
type Evaluation struct {
	Node       uint64 `json:"node"`
	Stake      uint64 `json:"stake_uthing"`
	Commitment Digest `json:"commitment"` // see ScoreCommitment
	Committed  int64  `json:"committed"`  // height, 0 before it
	Score      PPM    `json:"score"`      // micro-accuracy on its own shard
	Revealed   int64  `json:"revealed"`   // height, 0 before it
}

// Phase says where a round is.
type Phase uint8

// The phases of a round, in their order; the last two are final.
const (
	PhaseTrain     Phase = iota + 1 // trainers train and commit
	PhaseAttest                     // trainers upload, aggregators attest
	PhaseAggregate                  // aggregators commit to the next model
	PhaseReveal                     // aggregators reveal its digest
	PhaseScore                      // evaluators commit to a score
	PhaseOpen                       // evaluators reveal it
	PhaseSettled
	PhaseAborted
)

func phases() []string {
	return []string{"", "train", "attest", "aggregate", "reveal", "score", "open", "settled", "aborted"}
}

// Final reports whether the round is over.
func (p Phase) Final() bool { return p >= PhaseSettled }

// String is the phase in one word.
func (p Phase) String() string { return word(phases(), int(p)) }

// MarshalText implements [encoding.TextMarshaler].
func (p Phase) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (p *Phase) UnmarshalText(text []byte) error {
	i, err := unword("phase", phases(), string(text))
	*p = Phase(i)
	return err
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

// FederatedScore is the trainers' own evaluation of Base, weighted by samples:
// shown beside the evaluators' score, it never pays and never closes a task.
func (r Round) FederatedScore() PPM {
	var correct, samples uint64
	for i := range r.Trainers {
		if r.Trainers[i].Height > 0 {
			correct += uint64(r.Trainers[i].Correct)
			samples += uint64(r.Trainers[i].Samples)
		}
	}
	if samples == 0 {
		return 0
	}
	return PPM(correct * uint64(One) / samples)
}

// Held reports whether bit i of a bitmap is set.
func Held(bitmap []byte, i int) bool {
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

func word(words []string, i int) string {
	if i <= 0 || i >= len(words) {
		return fmt.Sprintf("unknown(%d)", i)
	}
	return words[i]
}

func unword(what string, words []string, s string) (int, error) {
	for i, w := range words {
		if i > 0 && w == s {
			return i, nil
		}
	}
	return 0, fmt.Errorf("unknown %s %q: want one of %v", what, s, words[1:])
}
