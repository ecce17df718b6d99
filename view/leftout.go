package view

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"github.com/althing-network/althing/spec"
)

// LeftOut is a trainer that was asked for an update, and whose update is not in the sum.
type LeftOut struct {
	Node uint64 `json:"node"`
	Why  string `json:"why"`
}

// LeftOuts lists the trainers that a round left out, as far as its record tells. Of a round
// that was aborted before it aggregated, these are the trainers that declined or were late.
func LeftOuts(r spec.Round) (list []LeftOut) {
	for i := range r.Trainers {
		if why := whyLeftOut(r, i); why != "" {
			list = append(list, LeftOut{r.Trainers[i].Node, why})
		}
	}
	return list
}

// LeftOutText names the trainers that were left out, grouped by cause.
func LeftOutText(list []LeftOut, name func(node uint64) string) string {
	const namesShown = 6 // for each cause
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
		groups = append(groups, fmt.Sprintf("%s (%s)", Names(names, namesShown), why))
	}
	return strings.Join(groups, "; ")
}

// whyLeftOut is why the update of a trainer is not in the sum of a round. It is empty where
// the update is in the sum, where it may still get there, and where nobody asked for it.
func whyLeftOut(r spec.Round, trainer int) string {
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
	case uploadProved(r, trainer):
		return fmt.Sprintf("receipts of %d aggregators show that its update reached them", bits.OnesCount32(t.Receipts))
	case blamesTrainers(r):
		return "update withheld"
	}
	return "its update is held by too few aggregators"
}

// uploadProved reports whether receipts prove that an update reached an honest aggregator.
func uploadProved(r spec.Round, trainer int) bool {
	return bits.OnesCount32(r.Trainers[trainer].Receipts) > maxLiars(r)
}

// blamesTrainers reports whether so few updates are missing that their trainers withheld
// them. Where more are missing, the aggregators may be the cause.
func blamesTrainers(r spec.Round) bool {
	missing := 0
	for i, t := range r.Trainers {
		if t.Height > 0 && holders(r, i) <= maxLiars(r) && !uploadProved(r, i) {
			missing++
		}
	}
	return 3*missing <= int(r.Commitments)
}

// maxLiars is f: how many of the 3f+1 aggregators of a round may lie.
func maxLiars(r spec.Round) int { return (len(r.Aggregates) - 1) / 3 }

// holders counts the aggregators that hold the update of a trainer.
func holders(r spec.Round, trainer int) (n int) {
	for _, a := range r.Aggregates {
		if spec.HasBit(a.Holds, trainer) {
			n++
		}
	}
	return n
}
