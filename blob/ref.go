package blob

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/althing-network/althing/spec"
)

// Kind says what a blob is to a task.
type Kind uint8

// The kinds of blob.
const (
	Model  Kind = iota + 1 // the model a round agreed on; round 0 is where a task starts
	Update                 // the update of that model by one trainer
	State                  // the server optimiser's state that belongs to a model
	Start                  // the initial model from outside with whose weights a task starts
)

// String is the kind in one word.
func (k Kind) String() string {
	switch k {
	case Model:
		return "model"
	case Update:
		return "update"
	case State:
		return "state"
	case Start:
		return "start"
	}
	return fmt.Sprintf("unknown(%d)", uint8(k))
}

// Ref is the place of a blob in a task. A model and a state belong to no node, so
// the Node of their slot is 0.
type Ref struct {
	Kind Kind
	Slot spec.Slot
	// Proposal is the proposal that nominates a model, or the state of one; its Round is 0.
	// 0: a round made the model.
	Proposal uint64
}

const maxChain = 64

// Validate reports the first thing that is wrong with a ref.
func (r Ref) Validate() error {
	s := r.Slot
	switch {
	case !validChain(s.Chain):
		return fmt.Errorf("chain id %q: want 1 to %d letters, digits, '-', '_' or '.'", s.Chain, maxChain)
	case r.Kind < Model || r.Kind > Start:
		return fmt.Errorf("unknown kind of blob %d", r.Kind)
	case s.Task == 0:
		return fmt.Errorf("%s of task 0: tasks start at 1", r.Kind)
	case r.Kind != Update && s.Node != 0:
		return fmt.Errorf("%s of node %d: want node 0", r.Kind, s.Node)
	case r.Kind == Start && (s.Round != 0 || r.Proposal != 0):
		return fmt.Errorf("start of round %d and proposal %d: want 0 for both", s.Round, r.Proposal)
	case r.Proposal != 0 && (r.Kind == Update || s.Round != 0):
		return fmt.Errorf("%s of round %d and proposal %d: want a model or a state, of one of them", r.Kind, s.Round, r.Proposal)
	case r.Kind == Update && (s.Round == 0 || s.Node == 0):
		return fmt.Errorf("update of round %d, node %d: both start at 1", s.Round, s.Node)
	}
	return nil
}

func validChain(s string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
	return s != "" && len(s) <= maxChain && strings.Trim(s, letters) == "" && s[0] != '.'
}

// Path is the ref without its chain: tasks/1/rounds/2/updates/3, tasks/1/rounds/2/model or
// tasks/1/rounds/2/state; for a nominee tasks/1/proposals/2/model or
// tasks/1/proposals/2/state; for an initial model tasks/1/rounds/0/start.
func (r Ref) Path() string {
	if r.Proposal != 0 {
		return fmt.Sprintf("tasks/%d/proposals/%d/%s", r.Slot.Task, r.Proposal, r.Kind)
	}
	place := fmt.Sprintf("tasks/%d/rounds/%d/", r.Slot.Task, r.Slot.Round)
	if r.Kind != Update {
		return place + r.Kind.String()
	}
	return place + "updates/" + strconv.FormatUint(r.Slot.Node, 10)
}

// String is the chain and the path, for people.
func (r Ref) String() string { return r.Slot.Chain + "/" + r.Path() }

// ParseRef reads what [Ref.Path] writes, and nothing else.
func ParseRef(chain, path string) (Ref, error) {
	part := strings.Split(path, "/")
	ref := Ref{Kind: Update, Slot: spec.Slot{Chain: chain}}
	if len(part) == 5 {
		ref.Kind = Model
		for _, k := range []Kind{State, Start} {
			if part[4] == k.String() {
				ref.Kind = k
			}
		}
		part = append(part, "0")
	}
	if len(part) != 6 {
		return Ref{}, fmt.Errorf("%q is not the path of a blob", path)
	}
	// A number that does not parse stays 0; the comparison below refuses it.
	ref.Slot.Task, _ = strconv.ParseUint(part[1], 10, 64)
	of := &ref.Slot.Round
	if part[2] == "proposals" {
		of = &ref.Proposal
	}
	*of, _ = strconv.ParseUint(part[3], 10, 64)
	ref.Slot.Node, _ = strconv.ParseUint(part[5], 10, 64)
	if ref.Path() != path {
		return Ref{}, fmt.Errorf("%q is not the path of a blob", path)
	}
	return ref, ref.Validate()
}

// compare orders refs by chain, task, round, proposal, kind and node.
func (r Ref) compare(o Ref) int {
	return cmp.Or(
		cmp.Compare(r.Slot.Chain, o.Slot.Chain),
		cmp.Compare(r.Slot.Task, o.Slot.Task),
		cmp.Compare(r.Slot.Round, o.Slot.Round),
		cmp.Compare(r.Proposal, o.Proposal),
		cmp.Compare(r.Kind, o.Kind),
		cmp.Compare(r.Slot.Node, o.Slot.Node),
	)
}
