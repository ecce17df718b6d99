package demo

import (
	"math"
	"time"

	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

// RoundEvent is a round that has ended. Its Blocks count from the end of the round before, or
// from the block in which the round began if that was later.
type RoundEvent struct {
	view.EndedRound
	TrainBlocks  int64   `json:"train_blocks"` // of Blocks: spent waiting for trainers
	Seconds      float64 `json:"seconds"`
	TrainSeconds float64 `json:"train_seconds"` // the longest training of this round
	*view.Spent          // of a private task

	names   map[uint64]string
	earlier bool // it ended before the demo was resumed: Seconds is not known
}

// ProposalEvent is a proposal of a governed demo that is decided.
type ProposalEvent struct {
	Event    string              `json:"event"`
	ID       uint64              `json:"id"`
	Action   string              `json:"action"`
	Status   spec.ProposalStatus `json:"status"`
	Reason   string              `json:"reason,omitempty"`
	Power    uint64              `json:"voted_uthing"` // voting power that has voted
	Total    uint64              `json:"total_uthing"` // voting power that could vote
	Title    string              `json:"title"`
	Height   int64               `json:"height"`
	Round    uint64              `json:"round"` // in which its effect was seen
	Expected bool                `json:"expected"`
}

// Summary is what a new client reads from the chain after the run.
type Summary struct {
	Event             string          `json:"event"`
	Task              uint64          `json:"task"`
	Rounds            uint32          `json:"rounds"`
	Accuracy          *spec.PPM       `json:"accuracy,omitempty"`            // of the model of ScoredRound: the median of the evaluators
	ScoredRound       uint64          `json:"scored_round"`                  // 0: no model was scored
	Holdout           *spec.Holdout   `json:"holdout,omitempty"`             // of the same model
	BestSingleTrainer *spec.PPM       `json:"best_single_trainer,omitempty"` // not of a private task, whose rows are used for nothing else
	Target            spec.PPM        `json:"target"`                        // 0: none, all rounds run
	TargetReached     bool            `json:"target_reached"`
	Model             spec.Digest     `json:"model"`
	ModelPath         string          `json:"model_path"`
	HoldoutPath       string          `json:"holdout_path"`
	HoldoutCorrect    int             `json:"holdout_correct"` // rows of it that the downloaded model classifies correctly
	HoldoutRows       int             `json:"holdout_rows"`
	Validators        int             `json:"validators"`
	Trainers          int             `json:"trainers"`
	Height            int64           `json:"height"`
	AppHashAgreed     bool            `json:"app_hash_agreed"`
	Faults            []NamedFault    `json:"faults"`
	Escrow            uint64          `json:"escrow_uthing"`
	Paid              uint64          `json:"paid_uthing"`
	Refunded          uint64          `json:"refunded_uthing"`
	Burned            uint64          `json:"burned_uthing"`       // how much the supply has shrunk since the task was created
	Slashed           uint64          `json:"slashed_uthing"`      // what nodes have lost for faults in the task
	Payouts           []Payout        `json:"payouts"`             // their sum is Paid
	Proposals         []ProposalEvent `json:"proposals,omitempty"` // of a governed network
	WallSeconds       float64         `json:"wall_seconds"`        // of this run
	State             string          `json:"state"`
	Home              string          `json:"home"`
	*view.Spent                       // of a private task

	log       string
	scoreName string
	reason    string // why the task closed; empty where State says all
}

// NamedFault is one kind of misbehaviour of one node, and the round in which it was first seen.
type NamedFault struct {
	Node  uint64 `json:"node"`
	Name  string `json:"name"`
	Kind  string `json:"kind"`
	Round uint64 `json:"round"`
}

// Progress is how far a running task is.
type Progress struct {
	Task    spec.Task
	Round   spec.Round    // the newest; its number is 0 before the first
	Silence time.Duration // since the newest block
	Waits   []string      // what the task waits for, where no round has run for some seconds
}

// seconds is a time for JSON.
func seconds(d time.Duration) float64 { return math.Round(d.Seconds()*1000) / 1000 }
