package round

import (
	"fmt"
	"math/bits"
	"slices"

	"github.com/althing-network/althing/spec"
)

// Who loses standing. Nobody does for what others did: silence counts against a node only
// where enough others in the same place have answered, so that it could be done, and an
// update that is missing only where nothing shows that it was delivered.

// excuse takes note of who declined, where others could train.
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

// silent gives a demerit to whoever let the phase's deadline pass, and slashes who
// committed and did not reveal.
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

// alone reports whether a task with one aggregator comes to its first aborted round in a
// row: then a round that it missed counts, because nobody else is in its place. The next
// ones do not, or a task in which nothing can be done would ruin it.
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

// unprepared says why a task that was preparing comes to nothing.
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

// unready gives a demerit to the members of the committee that never said they were
// ready, where enough others in the same place did. Aggregators get none where the task
// starts with a model of elsewhere: whoever serves it may have served some of them only.
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

// delivered reports whether a trainer's update reached so many aggregators that one of
// them is honest: f+1 bitmaps hold it, or f+1 receipts were shown.
func delivered(of spec.Selection, r spec.Round, trainer int) bool {
	return heldBy(r, trainer) > of.Faulty() || bits.OnesCount32(r.Trainers[trainer].Receipts) > of.Faulty()
}

// heldBy counts the bitmaps that hold a trainer's update.
func heldBy(r spec.Round, trainer int) (bitmaps int) {
	for _, a := range r.Aggregates {
		if spec.Held(a.Holds, trainer) {
			bitmaps++
		}
	}
	return bitmaps
}

// judge blames for updates that did not arrive. Who committed to an update and gave it to
// nobody cannot be proved guilty, and loses standing, unless more than a third of all that
// committed are in the same place: then it may be the aggregators.
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

// neglects says why an aggregator loses standing for what it attested; empty where it
// does not.
func (s *State) neglects(r *spec.Round, aggregator int) string {
	faulty, a := s.Task.Spec.Selection.Faulty(), r.Aggregates[aggregator]
	if a.Attested == 0 {
		return "" // silent, which has its own demerit
	}
	for i, t := range r.Trainers {
		switch others := t.Receipts &^ (1 << aggregator); {
		case spec.Held(a.Holds, i):
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

// slash records a provable fault and takes a part of the bond of who committed it.
func (s *State) slash(r *spec.Round, node uint64, kind string, part spec.PPM) Effect {
	s.record(spec.Fault{Round: r.Number, Node: node, Kind: kind})
	return Slash{r.Number, node, kind, part}
}
