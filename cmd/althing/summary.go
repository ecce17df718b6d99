package main

import (
	"math"
	"time"

	"github.com/althing-network/althing/spec"
)

// roundEvent is a finished round.
type roundEvent struct {
	Event         string        `json:"event"`
	Task          uint64        `json:"task"`
	Round         uint64        `json:"round"`
	Phase         spec.Phase    `json:"phase"`
	Measures      bool          `json:"measures,omitempty"` // nobody has trained: the columns were measured
	Reason        string        `json:"reason,omitempty"`
	Accuracy      *spec.PPM     `json:"accuracy,omitempty"` // of the model it made: the median of the evaluators
	Holdout       *spec.Holdout `json:"holdout,omitempty"`
	BaseFederated *spec.PPM     `json:"base_federated_score,omitempty"` // of Base, by the trainers of this round
	Base          spec.Digest   `json:"base"`
	Model         spec.Digest   `json:"model"`
	Trainers      int           `json:"trainers"`
	Survivors     int           `json:"survivors"`
	LeftOut       []leftOut     `json:"left_out,omitempty"`
	Paid          uint64        `json:"paid_uthing"`
	Height        int64         `json:"height"`
	Blocks        int64         `json:"blocks"`       // since the round before it ended, or this one began
	TrainBlocks   int64         `json:"train_blocks"` // of these, spent waiting for trainers
	Seconds       float64       `json:"seconds"`
	TrainSeconds  float64       `json:"train_seconds"` // of the slowest Trainer call
	*promised                   // of a private task
	names         map[uint64]string
	base          string // where Base comes from
}

// summary is what a fresh client reads after the run.
type summary struct {
	Event             string        `json:"event"`
	Task              uint64        `json:"task"`
	Rounds            uint32        `json:"rounds"`
	Accuracy          *spec.PPM     `json:"accuracy,omitempty"`            // of the model of ScoredRound: the median of the evaluators
	ScoredRound       uint64        `json:"scored_round"`                  // 0: no model was scored
	Holdout           *spec.Holdout `json:"holdout,omitempty"`             // of the same model
	BestSingleTrainer *spec.PPM     `json:"best_single_trainer,omitempty"` // not of a private task, whose rows are for nothing else
	Target            spec.PPM      `json:"target"`                        // 0: none, all rounds are run
	TargetReached     bool          `json:"target_reached"`
	Model             spec.Digest   `json:"model"`
	ModelPath         string        `json:"model_path"`
	HoldoutPath       string        `json:"holdout_path"`
	HoldoutCorrect    int           `json:"holdout_correct"` // rows of it that the downloaded model classifies correctly
	HoldoutRows       int           `json:"holdout_rows"`
	Validators        int           `json:"validators"`
	Trainers          int           `json:"trainers"`
	Height            int64         `json:"height"`
	AppHashAgreed     bool          `json:"app_hash_agreed"`
	Faults            []namedFault  `json:"faults"`
	Escrow            uint64        `json:"escrow_uthing"`
	Paid              uint64        `json:"paid_uthing"`
	Refunded          uint64        `json:"refunded_uthing"`
	Burned            uint64        `json:"burned_uthing"`       // that the supply has shrunk by since the task was created
	Slashed           uint64        `json:"slashed_uthing"`      // that nodes have lost for faults in the task
	Payouts           []payout      `json:"payouts"`             // sum up to Paid
	Proposals         []motionEvent `json:"proposals,omitempty"` // of a governed network
	WallSeconds       float64       `json:"wall_seconds"`
	State             string        `json:"state"`
	Home              string        `json:"home"`
	*promised                       // of a private task
}

// namedFault is one kind of misbehaviour of one node, and the round it was first
// seen in.
type namedFault struct {
	Node  uint64 `json:"node"`
	Name  string `json:"name"`
	Kind  string `json:"kind"`
	Round uint64 `json:"round"`
}

func seconds(d time.Duration) float64 { return math.Round(d.Seconds()*1000) / 1000 }
