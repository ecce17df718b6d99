package spec

// Version is one model of a line of models. What is said of it never changes, but that a
// score is added once.
type Version struct {
	Line         uint64 `json:"line"`
	Number       uint64 `json:"number"` // from 1, without gaps
	Model        Digest `json:"model"`
	Task         uint64 `json:"task"`               // that published it
	Round        uint64 `json:"round"`              // of the task, that made it; 0 for a task's first model and for one that a vote put there
	Proposal     uint64 `json:"proposal,omitempty"` // that put it there; 0 where no vote did
	Height       int64  `json:"height"`             // at which it was published
	Score        PPM    `json:"score"`              // see Scored
	Scored       bool   `json:"scored"`
	Trainers     uint32 `json:"trainers"`      // updates in it
	Participants uint32 `json:"participants"`  // nodes that served its round: trainers, aggregators, evaluators
	Base         Digest `json:"base,omitzero"` // model it was made from; zero for a task's first model
}
