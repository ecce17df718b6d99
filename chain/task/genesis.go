package task

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// validate reports what is wrong with a genesis: a task nobody could be paid
// from, or that no block would ever look at, is found here.
func validate(g *taskpb.Genesis) error {
	rounds := map[[2]uint64]bool{}
	tasks := map[uint64]spec.Task{}
	last := uint64(0)
	for i := range g.Tasks {
		t, err := g.Tasks[i].ToSpec()
		if err != nil {
			return err
		}
		if t.ID <= last {
			return fmt.Errorf("task %d follows task %d: want ids in order, none twice", t.ID, last)
		}
		if err := validateTask(t); err != nil {
			return fmt.Errorf("task %d: %w", t.ID, err)
		}
		last, tasks[t.ID] = t.ID, t
	}
	if max(g.Next, 1) <= last {
		return fmt.Errorf("next id %d is taken", max(g.Next, 1))
	}
	before := [2]uint64{}
	for i := range g.Rounds {
		r, err := g.Rounds[i].ToSpec()
		if err != nil {
			return err
		}
		at := [2]uint64{r.Task, r.Number}
		if slices.Compare(at[:], before[:]) <= 0 {
			return fmt.Errorf("task %d round %d follows task %d round %d: want them in order, none twice", at[0], at[1], before[0], before[1])
		}
		t := tasks[r.Task]
		if r.Number == 0 || r.Number > t.Round {
			return fmt.Errorf("task %d has no round %d", r.Task, r.Number)
		}
		if err := validateRound(r); err != nil {
			return fmt.Errorf("task %d round %d: %w", r.Task, r.Number, err)
		}
		if r.Measures && (!t.Spec.Data.Learns() || correct(r) > 0) {
			return fmt.Errorf("task %d round %d: it measures columns, and the task learns none or a trainer has judged a model in it", r.Task, r.Number)
		}
		if r.Measures && (r.Number == t.ScoredRound || r.Number == t.BestRound) {
			return fmt.Errorf("task %d round %d: it measures columns, and its score is the task's, which is that of a trained model", r.Task, r.Number)
		}
		if err := validateCounts(t.Spec, r); err != nil {
			return fmt.Errorf("task %d round %d: %w", r.Task, r.Number, err)
		}
		if err := validateStand(t, r); err != nil {
			return fmt.Errorf("task %d round %d is in phase %s: %w", r.Task, r.Number, r.Phase, err)
		}
		rounds[at], before = true, at
	}
	for i := range g.Tasks {
		for _, number := range []uint64{g.Tasks[i].Round, g.Tasks[i].Scoring} {
			if id := g.Tasks[i].Id; number > 0 && !rounds[[2]uint64{id, number}] {
				return fmt.Errorf("task %d: its round %d is missing", id, number)
			}
		}
	}
	if g.Tariff != nil {
		if err := g.Tariff.ToSpec().Validate(); err != nil {
			return fmt.Errorf("tariff: %w", err)
		}
	}
	if g.Clock.Time < 0 || g.Clock.Block < 0 {
		return fmt.Errorf("network time is %d at block time %d: want milliseconds, none below zero", g.Clock.Time, g.Clock.Block)
	}
	return nil
}

// validateCounts wants what evaluators have told of their shards to be what a task takes.
func validateCounts(t spec.TaskSpec, r spec.Round) error {
	for _, e := range r.Scores {
		if len(e.Counts) == 0 && e.Revealed > 0 && t.Data.MinHoldout > 0 {
			return fmt.Errorf("node %d opened its score at height %d without counts: the task wants shards of %d rows", e.Node, e.Revealed, t.Data.MinHoldout)
		}
		if len(e.Counts) > 0 && (e.Revealed == 0 || !t.CountsFit(e.Counts) || !t.Data.EnoughRows(e.Counts) || !t.Model.ScoreFits(e.Score, e.Counts)) {
			return fmt.Errorf("node %d opened the score %s at height %d, which is not that of its %d counts, or these do not fit the task", e.Node, e.Score, e.Revealed, len(e.Counts))
		}
	}
	return nil
}

// validateScores wants what a task says of its scores to be of its rounds.
func validateScores(t spec.Task) error {
	switch {
	case max(t.Score, t.Best) > spec.One || t.Score > t.Best:
		return fmt.Errorf("the newest score is %s, the best %s: want at most 1, and none above the best", t.Score, t.Best)
	case t.BestRound > t.ScoredRound || t.ScoredRound > t.Round || (t.BestRound == 0) != (t.ScoredRound == 0):
		return fmt.Errorf("round %d has the best score and round %d the newest, of %d rounds", t.BestRound, t.ScoredRound, t.Round)
	case t.ScoredRound == 0 && t.Best > 0, uint64(t.Stale) > t.ScoredRound-t.BestRound:
		return fmt.Errorf("%d models since round %d, which has the best score, %s, are no better; the newest that was scored is of round %d", t.Stale, t.BestRound, t.Best, t.ScoredRound)
	}
	return nil
}

// validateStand wants a task to carry on the rounds that run: its newest one, and one
// that is being scored.
func validateStand(t spec.Task, r spec.Round) error {
	scored := r.Phase == spec.PhaseScore || r.Phase == spec.PhaseOpen
	switch {
	case r.Number == t.Scoring && (!scored || r.Number == t.Round):
		return errors.New("want an earlier round that its task says is scored to be in the phase of scores or openings")
	case r.Phase.Final() || t.State == spec.TaskRunning && (r.Number == t.Round || r.Number == t.Scoring):
		return nil
	}
	return errors.New("want only the newest round of a running task to go on, and the one that is being scored")
}

func validateTask(t spec.Task) error {
	if err := t.Spec.Validate(); err != nil {
		return err
	}
	if err := addresses(t.Spec); err != nil {
		return err
	}
	if err := t.Tariff.Validate(); err != nil {
		return err
	}
	if err := validateVotes(t); err != nil {
		return err
	}
	if err := validateScores(t); err != nil {
		return err
	}
	owner, err := sdk.AccAddressFromBech32(t.Owner)
	switch {
	case err != nil:
		return err
	case t.Chain == "":
		return errors.New("no chain id: want the one under which it was created, for which its statements were made")
	case owner.String() != t.Owner:
		return fmt.Errorf("owner %s: want %s", t.Owner, owner)
	case t.Fees > t.Spec.PerRound()/2 || t.Delivered > t.Spec.PerRound()/2 || t.Fees+t.Delivered > t.Paid:
		return fmt.Errorf("%d of fees and %d for deliveries in %d paid: want each at most half of what a round pays, %d", t.Fees, t.Delivered, t.Paid, t.Spec.PerRound())
	case t.Paid > t.Spec.Escrow || t.Refunded > t.Spec.Escrow-t.Paid:
		return fmt.Errorf("paid %d and refunded %d of %d", t.Paid, t.Refunded, t.Spec.Escrow)
	case t.State.Final() && t.Refunded != t.Spec.Escrow-t.Paid:
		return fmt.Errorf("%s, and keeps some of its escrow", t.State)
	case slices.ContainsFunc(t.Faults, func(f spec.Fault) bool { return f.Burned > spec.Cap }) || t.Slashed() > spec.Cap:
		return fmt.Errorf("its nodes have lost more than the %d uthing that there are", spec.Cap)
	case t.State.Final() != (t.Due == 0) || t.Due < 0:
		return fmt.Errorf("%s, and due at %s", t.State, t.Due)
	}
	return nil
}

// validateVotes wants what votes have done to a task to be what votes can have done.
func validateVotes(t spec.Task) error {
	switch {
	case !t.Spec.Governed && (t.Updates > 0 || len(t.Revisions) > 0 || !t.Nominee.IsZero() || !t.Adopted.IsZero()):
		return errors.New("not governed, and a vote has changed it")
	case len(t.Revisions) > spec.MaxRevisions || len(t.Revisions) > int(t.Updates):
		return fmt.Errorf("%d revisions of %d updates: want at most one of each, and %d in all", len(t.Revisions), t.Updates, spec.MaxRevisions)
	case t.State.Final() && (!t.Nominee.IsZero() || !t.Adopted.IsZero()):
		return fmt.Errorf("%s, and goes on with a model that a vote wants", t.State)
	case t.Adopted.IsZero() && t.Adopted != (spec.Adoption{}) || t.Adopted.Round > t.Round+1 || !t.Adopted.IsZero() && (t.Adopted.Round == 0 || t.Updates == 0):
		return fmt.Errorf("adopted %s for round %d: the newest is round %d", t.Adopted.Model.Short(), t.Adopted.Round, t.Round)
	case t.Nominee.IsZero() && (t.Nominee.Proposal > 0 || t.Nominee.Holder > 0 || len(t.Nominee.Attested) > 0):
		return errors.New("a nominee without a model")
	}
	for i, node := range t.Nominee.Attested {
		own := func(m spec.Member) bool { return m.Node == node }
		if !slices.ContainsFunc(t.Aggregators, own) || slices.Contains(t.Nominee.Attested[:i], node) {
			return fmt.Errorf("node %d attested the nominee, and is no aggregator or did twice", node)
		}
	}
	last := uint64(0)
	for _, r := range t.Revisions {
		if r.Round <= last || r.Round > t.Round+1 {
			return fmt.Errorf("a revision for round %d follows one for round %d: want them in order, none twice, the last for round %d at most", r.Round, last, t.Round+1)
		}
		if err := t.SpecOf(r.Round).Validate(); err != nil {
			return fmt.Errorf("round %d: %w", r.Round, err)
		}
		last = r.Round
	}
	return nil
}

// validateRound wants a round's record to say of its trainers what their parts say. Of an
// aborted round the parts of the trainers that said nothing are gone.
func validateRound(r spec.Round) error {
	committed, commitments, declines := make([]bool, r.Asked), uint32(0), uint32(0)
	said := map[spec.Digest]uint64{}
	aborted := r.Phase == spec.PhaseAborted
	switch {
	case len(r.Trainers) > spec.MaxTrainers || r.Asked > spec.MaxTrainers || int(r.Asked) != len(r.Trainers) && (!aborted || int(r.Asked) < len(r.Trainers)):
		return fmt.Errorf("%d trainers asked, %d listed: want as many, and at most %d", r.Asked, len(r.Trainers), spec.MaxTrainers)
	case len(r.Aggregates) > spec.MaxCommittee || len(r.Scores) > spec.MaxCommittee:
		return fmt.Errorf("%d aggregators and %d evaluators: want at most %d", len(r.Aggregates), len(r.Scores), spec.MaxCommittee)
	}
	for i, c := range r.Trainers {
		switch {
		case !aborted && int(c.Bit) != i || c.Bit >= r.Asked || i > 0 && (c.Node <= r.Trainers[i-1].Node || c.Bit <= r.Trainers[i-1].Bit):
			return fmt.Errorf("node %d has bit %d: want trainers in the order of their nodes, none twice, and bits in theirs", c.Node, c.Bit)
		case c.Key.IsZero() != (c.Dataset == 0):
			return fmt.Errorf("node %d: a data set and its owner's key go together, and one of them is missing", c.Node)
		case c.Took < 0 || c.Receipts>>len(r.Aggregates) != 0 || c.Receipts != 0 && c.Proved == 0:
			return fmt.Errorf("node %d took %d ms and has shown the receipts %b of %d aggregators at height %d", c.Node, c.Took, c.Receipts, len(r.Aggregates), c.Proved)
		case c.Height > 0 && c.Declined != "":
			return fmt.Errorf("node %d has committed and declined", c.Node)
		case c.Declined != "":
			declines++
		}
		if c.Height == 0 {
			continue
		}
		if other, twice := said[c.Commitment]; twice {
			return fmt.Errorf("nodes %d and %d have said one commitment", other, c.Node)
		}
		said[c.Commitment], committed[c.Bit] = c.Node, true
		commitments++
	}
	var bitmap []byte
	if r.Phase != spec.PhaseTrain && (!aborted || len(r.Committed) > 0) {
		bitmap = spec.Bitmap(committed)
	}
	switch {
	case r.Enough < 0 || r.Enough > 0 && r.Enough < r.Since:
		return fmt.Errorf("enough had answered at %s, in a phase that began at %s", r.Enough, r.Since)
	case r.Commitments != commitments:
		return fmt.Errorf("%d commitments counted, %d listed", r.Commitments, commitments)
	case r.Declines != declines || r.Proofs > r.Unheld || r.Unheld > r.Commitments || r.Grace < 0:
		return fmt.Errorf("%d declines counted, %d listed; %d of %d that lack aggregators have shown receipts; a grace of %d ms", r.Declines, declines, r.Proofs, r.Unheld, r.Grace)
	case !bytes.Equal(r.Committed, bitmap):
		return fmt.Errorf("bitmap of who has committed is %x: want %x", r.Committed, bitmap)
	}
	for _, a := range r.Aggregates {
		if want := len(spec.Bitmap(committed)); a.Attested > 0 && len(a.Holds) != want || a.Attested == 0 && len(a.Holds) > 0 {
			return fmt.Errorf("node %d attested at height %d with a bitmap of %d bytes, of %d trainers", a.Node, a.Attested, len(a.Holds), r.Asked)
		}
	}
	return nil
}

// correct is how many rows the trainers of a round say were classified correctly.
func correct(r spec.Round) (sum uint64) {
	for _, c := range r.Trainers {
		sum += uint64(c.Correct)
	}
	return sum
}

// restore writes a genesis into an empty store.
func (k Keeper) restore(ctx context.Context, g *taskpb.Genesis) error {
	if err := validate(g); err != nil {
		return err
	}
	if err := k.clock.Set(ctx, taskpb.Clock{Time: max(g.Clock.Time, 1), Block: g.Clock.Block}); err != nil {
		return err
	}
	tariff := taskpb.TariffFromSpec(spec.DefaultTariff())
	if g.Tariff != nil {
		tariff = *g.Tariff
	}
	if err := k.tariff.Set(ctx, tariff); err != nil {
		return err
	}
	for i := range g.Rounds {
		r, err := g.Rounds[i].ToSpec()
		if err != nil {
			return err
		}
		if err := k.saveRound(ctx, spec.Round{}, r); err != nil {
			return err
		}
	}
	for i := range g.Tasks {
		t, err := g.Tasks[i].ToSpec()
		if err != nil {
			return err
		}
		if err := k.save(ctx, round.State{}, round.State{Task: t}); err != nil {
			return err
		}
		state, err := k.load(ctx, t.ID, everyPart())
		if err != nil {
			return err
		}
		for _, node := range state.EngagedNodes() {
			has, err := k.held(ctx, t.ID, node)
			if err != nil {
				return err
			}
			has.Parts, has.Bond = has.Parts+1, t.Bond() // which is counted in the registry
			if err := k.hold(ctx, t.ID, node, has); err != nil {
				return err
			}
		}
	}
	return k.next.Set(ctx, max(g.Next, 1)-1)
}

func (k Keeper) export(ctx context.Context) (*taskpb.Genesis, error) {
	var g taskpb.Genesis
	if err := k.tasks.Walk(ctx, nil, func(_ uint64, t taskpb.Task) (bool, error) {
		t, err := k.whole(ctx, t)
		g.Tasks = append(g.Tasks, t)
		return err != nil, err
	}); err != nil {
		return nil, err
	}
	if err := k.rounds.Walk(ctx, nil, func(_ collections.Pair[uint64, uint64], r taskpb.Round) (bool, error) {
		err := k.read(ctx, &r, everyPart())
		g.Rounds = append(g.Rounds, r)
		return err != nil, err
	}); err != nil {
		return nil, err
	}
	var err error
	if g.Clock, err = k.clock.Get(ctx); err != nil {
		return nil, err
	}
	tariff, err := k.tariff.Get(ctx)
	if err != nil {
		return nil, err
	}
	g.Tariff = &tariff
	last, err := k.next.Peek(ctx)
	g.Next = last + 1
	return &g, err
}
