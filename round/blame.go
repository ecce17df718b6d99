package round

import (
	"fmt"
	"math/bits"
	"slices"

	"github.com/althing-network/althing/spec"
)

// Which nodes lose reputation. No node loses any for what others did. Silence counts against a
// node only if enough others in the same role have answered, which shows that answering was
// possible. A missing update counts only if nothing shows that it was delivered.

// excuse records which trainers declined, if two thirds of those asked could train.
func (s *State) excuse(r *spec.Round) (effects []Effect) {
	if 3*uint64(r.Commitments) < 2*uint64(r.Asked) {
		return nil
	}
	for _, t := range r.Trainers {
		if t.Declined != "" {
			effects = append(effects, Excuse{r.Number, t.Node, "declined: " + t.Declined.Why()})
		}
	}
	return effects
}

// silent gives a demerit to each node that let the phase's deadline pass, and slashes each
// node that committed and did not reveal.
func (s *State) silent(at Moment, r *spec.Round) (effects []Effect) {
	if at.Time < r.Deadline {
		return nil
	}
	why := "silent in phase " + string(r.Phase)
	switch r.Phase {
	case spec.PhaseTrain:
		if 3*uint64(r.Commitments+r.Declines) < 2*uint64(r.Asked) {
			return nil
		}
		for _, t := range r.Trainers {
			if t.Height == 0 && t.Declined == "" {
				effects = append(effects, Demerit{r.Number, t.Node, why})
			}
		}
	case spec.PhaseAttest, spec.PhaseAggregate, spec.PhaseReveal:
		effects = s.silentAggregators(r, why)
	case spec.PhaseScore, spec.PhaseOpen:
		effects = s.silentEvaluators(r, why)
	default: // nobody is asked for anything
	}
	return effects
}

func (s *State) silentAggregators(r *spec.Round, why string) (effects []Effect) {
	var silent []uint64
	answered := 0
	for _, a := range r.Aggregates {
		switch {
		case r.Phase == spec.PhaseAttest && a.Attested > 0, r.Phase == spec.PhaseAggregate && a.Committed > 0, r.Phase == spec.PhaseReveal && a.Revealed > 0:
			answered++
		case r.Phase != spec.PhaseReveal || a.Committed > 0:
			silent = append(silent, a.Node)
		}
	}
	possible := answered > s.Task.Spec.Selection.Faulty()
	for _, node := range silent {
		if possible || s.alone() {
			effects = append(effects, Demerit{r.Number, node, why})
		}
		if possible && r.Phase == spec.PhaseReveal {
			effects = append(effects, s.slash(r, node, spec.FaultNoReveal, s.Task.Tariff.NoReveal))
		}
	}
	return effects
}

// alone reports whether the task has one aggregator, and no aborted round precedes this one.
// Then the silence of the aggregator counts although no other aggregator has answered. In
// further aborted rounds it does not, else a task that cannot work would ruin its aggregator.
func (s *State) alone() bool { return len(s.Task.Aggregators) == 1 && s.Task.Aborted == 0 }

func (s *State) silentEvaluators(r *spec.Round, why string) (effects []Effect) {
	var silent []uint64
	answered, asked := uint64(0), uint64(0)
	for _, e := range r.Scores {
		asked += weight(e.Stake)
		switch {
		case r.Phase == spec.PhaseScore && e.Committed > 0, r.Phase == spec.PhaseOpen && e.Revealed > 0:
			answered += weight(e.Stake)
		case r.Phase == spec.PhaseScore || e.Committed > 0:
			silent = append(silent, e.Node)
		}
	}
	if 3*answered < asked {
		return nil
	}
	for _, node := range silent {
		effects = append(effects, Demerit{r.Number, node, why})
		if r.Phase == spec.PhaseOpen {
			effects = append(effects, s.slash(r, node, spec.FaultNoReveal, s.Task.Tariff.NoReveal))
		}
	}
	return effects
}

// unprepared says why the preparation of a task failed. The chain stores the text.
func (s *State) unprepared() string {
	if _, ok := s.modelZero(); !ok && !s.Task.Spec.Model.Init.IsZero() {
		ready := 0
		for _, m := range s.Task.Aggregators {
			if !m.Ready.IsZero() {
				ready++
			}
		}
		return fmt.Sprintf("%d of %d aggregators have model %s, with which the task starts: nobody serves it to the others, or it does not fit", ready, len(s.Task.Aggregators), s.Task.Spec.Model.Init.Model.Short())
	}
	return "the committee did not get ready"
}

// unready gives a demerit to the members of the committee that did not get ready, if enough
// others in the same role did. Aggregators get none if the task starts with the model of
// another task or node: the model may have been served to some aggregators only.
func (s *State) unready() (effects []Effect) {
	ready, evaluating, asked := 0, uint64(0), uint64(0)
	for _, m := range s.Task.Aggregators {
		if !m.Ready.IsZero() {
			ready++
		}
	}
	for _, m := range s.Task.Evaluators {
		if asked += weight(m.Stake); !m.Ready.IsZero() {
			evaluating += weight(m.Stake)
		}
	}
	blame := func(members []spec.Member) {
		for _, m := range members {
			if m.Ready.IsZero() {
				effects = append(effects, Demerit{Node: m.Node, Why: "silent in the preparation"})
			}
		}
	}
	if ready > s.Task.Spec.Selection.Faulty() && s.Task.Spec.Model.Init.IsZero() {
		blame(s.Task.Aggregators)
	}
	if evaluating > 0 && 3*evaluating >= asked {
		blame(s.Task.Evaluators)
	}
	return effects
}

// delivered reports whether a trainer's update reached f+1 aggregators, of which at least one
// is honest: f+1 bitmaps hold it, or f+1 receipts were shown.
func delivered(of spec.Selection, r spec.Round, trainer int) bool {
	return heldBy(r, trainer) > of.Faulty() || bits.OnesCount32(r.Trainers[trainer].Receipts) > of.Faulty()
}

// heldBy counts the bitmaps that hold a trainer's update.
func heldBy(r spec.Round, trainer int) (bitmaps int) {
	for _, a := range r.Aggregates {
		if spec.HasBit(a.Holds, trainer) {
			bitmaps++
		}
	}
	return bitmaps
}

// judge gives demerits for updates that did not arrive. A trainer that committed to an update
// and delivered it to nobody cannot be proved guilty, so it is not slashed; it loses
// reputation. If more than a third of the trainers that committed did not deliver, none of
// them loses reputation, because the aggregators may be at fault.
func (s *State) judge(r *spec.Round) (effects []Effect) {
	if len(r.Committed) == 0 { // nobody was asked for an update
		return nil
	}
	var withheld []uint64
	for i, t := range r.Trainers {
		if t.Height > 0 && !delivered(s.Task.Spec.Selection, *r, i) {
			withheld = append(withheld, t.Node)
		}
	}
	if 3*len(withheld) <= int(r.Commitments) {
		for _, node := range withheld {
			effects = append(effects, Demerit{r.Number, node, "update withheld"})
		}
	}
	for i := range r.Aggregates {
		if why := s.neglects(r, i); why != "" {
			effects = append(effects, Demerit{r.Number, r.Aggregates[i].Node, why})
		}
	}
	return effects
}

// neglects says why an aggregator loses reputation for what it attested; empty if it does
// not.
func (s *State) neglects(r *spec.Round, aggregator int) string {
	faulty, a := s.Task.Spec.Selection.Faulty(), r.Aggregates[aggregator]
	if a.Attested == 0 {
		return "" // silent, which has its own demerit
	}
	for i, t := range r.Trainers {
		switch others := t.Receipts &^ (1 << aggregator); {
		case spec.HasBit(a.Holds, i):
		case others != t.Receipts:
			return "attested without an update for which it gave a receipt"
		case bits.OnesCount32(others) > faulty:
			return "lacks an update for which f+1 others gave receipts"
		}
	}
	if r.Commitments == 0 || !empty(a.Holds) {
		return ""
	}
	holding := 0
	for _, other := range r.Aggregates {
		if !empty(other.Holds) {
			holding++
		}
	}
	if holding > faulty || s.alone() {
		return "attested nothing"
	}
	return ""
}

func empty(bitmap []byte) bool {
	return !slices.ContainsFunc(bitmap, func(b byte) bool { return b != 0 })
}

// slash records a provable fault of a node, and slashes a part of its bond.
func (s *State) slash(r *spec.Round, node uint64, kind string, part spec.PPM) Effect {
	s.record(spec.Fault{Round: r.Number, Node: node, Kind: kind})
	return Slash{r.Number, node, kind, part}
}
