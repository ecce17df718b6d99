package demo

import (
	"encoding/json"
	"io"
	"time"

	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

// Narrator tells somebody what happens in a demo. An error of a method, as of a pipe that
// nobody reads, ends the demo.
type Narrator interface {
	// Begins tells of the network that is about to start.
	Begins(f *Folder) error
	// Registering tells how many nodes are registered, and for how long no block came.
	Registering(nodes, all int, silence time.Duration)
	// Selected tells of the task and of the nodes of its first round.
	Selected(task spec.Task, first spec.Round, names map[uint64]string) error
	// Progress tells how far the newest round is. It is called at every block, and every second
	// without one.
	Progress(p Progress)
	// Round tells of a round that has ended.
	Round(e RoundEvent) error
	// Voting tells of the proposals that are not decided.
	Voting(open []view.Ballot)
	// Proposal tells of a proposal whose effect can be seen.
	Proposal(e ProposalEvent) error
	// Comparing tells how many trainers have trained alone, to compare.
	Comparing(done, all int)
	// Summary tells how the demo has ended.
	Summary(s Summary) error
}

// JSONLines is a narrator for programs: it prints one JSON object per line.
func JSONLines(out io.Writer) Narrator { return jsonLines{json.NewEncoder(out)} }

type jsonLines struct{ *json.Encoder }

func (jsonLines) Begins(*Folder) error                                    { return nil }
func (jsonLines) Registering(int, int, time.Duration)                     {}
func (jsonLines) Selected(spec.Task, spec.Round, map[uint64]string) error { return nil }
func (jsonLines) Progress(Progress)                                       {}
func (jsonLines) Comparing(int, int)                                      {}
func (jsonLines) Voting([]view.Ballot)                                    {}
func (l jsonLines) Round(e RoundEvent) error                              { return l.Encode(e) }
func (l jsonLines) Proposal(e ProposalEvent) error                        { return l.Encode(e) }
func (l jsonLines) Summary(s Summary) error                               { return l.Encode(s) }
