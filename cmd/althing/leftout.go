package main

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"github.com/althing-network/althing/spec"
)

// leftOut is a trainer that was asked and whose update is not in the sum.
type leftOut struct {
	Node uint64 `json:"node"`
	Why  string `json:"why"`
}

// leftOuts lists them, as far as a round knows; of an aborted one those that said
// something.
func leftOuts(r spec.Round) (list []leftOut) {
	for i := range r.Trainers {
		if why := whyOut(r, i); why != "" {
			list = append(list, leftOut{r.Trainers[i].Node, why})
		}
	}
	return list
}

// whyOut is why a trainer's update is not in the sum of a round; empty where it is, or yet
// may be, or where nobody asked for it.
func whyOut(r spec.Round, trainer int) string {
	t := r.Trainers[trainer]
	switch {
	case t.Survivor:
		return ""
	case t.Declined != "":
		return "declined: " + t.Declined.Why()
	case t.Height == 0 && r.Phase == spec.PhaseTrain:
		return ""
	case t.Height == 0 && t.Missed > 0:
		return fmt.Sprintf("late: left out %d rounds in a row", t.Missed+1)
	case t.Height == 0:
		return "late: left out"
	case len(r.Committed) == 0 || !r.Phase.After(spec.PhaseAttest):
		return ""
	case shown(r, trainer):
		return fmt.Sprintf("receipts of %d aggregators show that its update reached them", bits.OnesCount32(t.Receipts))
	case singled(r):
		return "update withheld"
	}
	return "its update is held by too few aggregators"
}

// shown reports whether receipts show that an update reached an honest aggregator.
func shown(r spec.Round, trainer int) bool {
	return bits.OnesCount32(r.Trainers[trainer].Receipts) > faulty(r)
}

// singled reports whether so few updates are missing that it is for their trainers.
func singled(r spec.Round) bool {
	missing := 0
	for i, t := range r.Trainers {
		if t.Height > 0 && holders(r, i) <= faulty(r) && !shown(r, i) {
			missing++
		}
	}
	return 3*missing <= int(r.Commitments)
}

// faulty is how many of a round's aggregators may lie.
func faulty(r spec.Round) int { return (len(r.Aggregates) - 1) / 3 }

// without puts trainers that were left out into words, those with one cause together.
func without(list []leftOut, name func(node uint64) string) string {
	var causes, groups []string
	for _, l := range list {
		if !slices.Contains(causes, l.Why) {
			causes = append(causes, l.Why)
		}
	}
	for _, why := range causes {
		var names []string
		for _, l := range list {
			if l.Why == why {
				names = append(names, name(l.Node))
			}
		}
		groups = append(groups, fmt.Sprintf("%s (%s)", brief(names, 6), why))
	}
	return strings.Join(groups, "; ")
}
