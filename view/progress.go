package view

import (
	"slices"

	"github.com/althing-network/althing/spec"
)

// Answered counts the participants of a round that have done what its running phase wants,
// and all that the phase waits for.
func Answered(r spec.Round) (done, all int) {
	count := func(height int64) {
		all++
		if height > 0 {
			done++
		}
	}
	if r.Phase == spec.PhaseProve {
		return int(r.Proofs), int(r.Unheld)
	}
	for _, t := range r.Trainers {
		if r.Phase == spec.PhaseTrain && t.Declined == "" {
			count(t.Height)
		}
	}
	for _, a := range r.Aggregates {
		switch r.Phase {
		case spec.PhaseAttest:
			count(a.Attested)
		case spec.PhaseAggregate:
			count(a.Committed)
		case spec.PhaseReveal:
			count(a.Revealed)
		default: // aggregators have nothing to answer
		}
	}
	for _, e := range r.Scores {
		switch r.Phase {
		case spec.PhaseScore:
			count(e.Committed)
		case spec.PhaseOpen:
			count(e.Revealed)
		default: // evaluators have nothing to answer
		}
	}
	return done, all
}

// Progress is how far a round is through its phases, in hundredths of a phase. The phase in
// which trainers prove uploads counts only while it runs, because most rounds skip it.
func Progress(r spec.Round) (done, all uint64) {
	phases := slices.DeleteFunc(spec.Phases(), func(p spec.Phase) bool { return p.Final() || p == spec.PhaseProve && r.Phase != p })
	done = 100 * uint64(max(0, slices.Index(phases, r.Phase)))
	if answered, wanted := Answered(r); wanted > 0 {
		done += uint64(100 * answered / wanted)
	}
	return done, 100 * uint64(len(phases))
}

// AbortText is why a round made no model, and what it paid all the same.
func AbortText(r spec.Round) string {
	switch survivors := r.Survivors(); {
	case r.Paid == 0:
		return "aborted: " + r.Reason
	case survivors == 0:
		return "aborted: " + r.Reason + "; " + spec.Money(r.Paid) + " of fees"
	default:
		return "stopped: " + r.Reason + "; " + spec.Money(r.Paid) + " paid for " + Counted(survivors, "update")
	}
}
