package view

import (
	"cmp"
	"slices"

	"github.com/althing-network/althing/spec"
)

// Participant is what a node did for a task in one role.
type Participant struct {
	Node    uint64    `json:"node"`
	Name    string    `json:"name"`
	Role    spec.Role `json:"role"`
	Rounds  int       `json:"rounds"` // in which it had a part
	Served  int       `json:"served"` // of these: its part went into the result
	Earned  uint64    `json:"earned_uthing"`
	Aborted uint64    `json:"aborted_uthing"` // part of Earned: in rounds that were aborted
}

// ParticipantsOf adds up what every node did for a task, by role and node. Names stay empty.
func ParticipantsOf(t spec.Task, rounds []spec.Round) []Participant {
	list := []Participant{}
	add := func(node uint64, role spec.Role, rounds int, served bool, earned uint64, phase spec.Phase) {
		i := slices.IndexFunc(list, func(p Participant) bool { return p.Node == node && p.Role == role })
		if i < 0 {
			i = len(list)
			list = append(list, Participant{Node: node, Role: role})
		}
		list[i].Rounds += rounds
		list[i].Earned += earned
		if phase == spec.PhaseAborted {
			list[i].Aborted += earned
		}
		if served {
			list[i].Served++
		}
	}
	for _, m := range t.Aggregators {
		add(m.Node, spec.Aggregator, 0, false, 0, "")
	}
	for _, m := range t.Evaluators {
		add(m.Node, spec.Evaluator, 0, false, 0, "")
	}
	for _, r := range rounds {
		settled := r.Phase == spec.PhaseSettled
		for _, own := range r.Trainers {
			add(own.Node, spec.Trainer, 1, settled && own.Survivor, own.Paid, r.Phase)
		}
		for _, own := range r.Aggregates {
			add(own.Node, spec.Aggregator, 1, settled && own.Revealed > 0 && own.Digest == r.Next, own.Paid, r.Phase)
		}
		for _, own := range r.Scores {
			add(own.Node, spec.Evaluator, 1, settled && own.Revealed > 0, own.Paid, r.Phase)
		}
	}
	slices.SortFunc(list, func(a, b Participant) int {
		return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Node, b.Node))
	})
	return list
}
