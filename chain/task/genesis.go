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

// validate reports the first mistake in a genesis, for example a task that could pay nobody
// or that no block would ever advance.
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
			return fmt.Errorf("task %d follows task %d: want ascending ids", t.ID, last)
		}
		if err := validateTask(t); err != nil {
			return fmt.Errorf("task %d: %w", t.ID, err)
		}
		last, tasks[t.ID] = t.ID, t
	}
	if max(g.Next, 1) <= last {
		return fmt.Errorf("next id %d: want more than %d, the newest task", max(g.Next, 1), last)
	}
	before := [2]uint64{}
	for i := range g.Rounds {
		r, err := g.Rounds[i].ToSpec()
		if err != nil {
			return err
		}
		at := [2]uint64{r.Task, r.Number}
		if slices.Compare(at[:], before[:]) <= 0 {
			return fmt.Errorf("task %d round %d follows task %d round %d: want ascending tasks and rounds", at[0], at[1], before[0], before[1])
		}
		t := tasks[r.Task]
		if r.Number == 0 || r.Number > t.Round {
			return fmt.Errorf("task %d round %d: want a task of this genesis, and rounds 1 to %d", r.Task, r.Number, t.Round)
		}
		if err := validateRound(r); err != nil {
			return fmt.Errorf("task %d round %d: %w", r.Task, r.Number, err)
		}
		if r.Measures && (!t.Spec.Data.MeasuresColumns() || correctRows(r) > 0) {
			return fmt.Errorf("task %d round %d measures columns: want a task that learns their scale, and no rows classified", r.Task, r.Number)
		}
		if r.Measures && (r.Number == t.ScoredRound || r.Number == t.BestRound) {
			return fmt.Errorf("task %d round %d measures columns: want the scored and the best round of the task to be others", r.Task, r.Number)
		}
		if err := validateCounts(t.Spec, r); err != nil {
			return fmt.Errorf("task %d round %d: %w", r.Task, r.Number, err)
		}
		if err := validateRunning(t, r); err != nil {
			return fmt.Errorf("task %d round %d is in phase %s: %w", r.Task, r.Number, r.Phase, err)
		}
		rounds[at], before = true, at
	}
	for i := range g.Tasks {
		for _, number := range []uint64{g.Tasks[i].Round, g.Tasks[i].Scoring} {
			if id := g.Tasks[i].Id; number > 0 && !rounds[[2]uint64{id, number}] {
				return fmt.Errorf("task %d: round %d is missing", id, number)
			}
		}
	}
	if g.Tariff != nil {
		if err := g.Tariff.ToSpec().Validate(); err != nil {
			return fmt.Errorf("tariff: %w", err)
		}
	}
	if g.Clock.Time < 0 || g.Clock.Block < 0 {
		return fmt.Errorf("network time %d ms, block time %d ms: want none below 0", g.Clock.Time, g.Clock.Block)
	}
	return nil
}

// validateCounts checks the counts of evaluators against the task.
func validateCounts(t spec.TaskSpec, r spec.Round) error {
	for _, e := range r.Scores {
		if len(e.Counts) == 0 && e.Revealed > 0 && t.Data.MinHoldout > 0 {
			return fmt.Errorf("node %d opened its score at height %d without counts: want them, since the task wants hold-outs of %d rows", e.Node, e.Revealed, t.Data.MinHoldout)
		}
		if len(e.Counts) > 0 && (e.Revealed == 0 || !t.CountsFit(e.Counts) || !t.Data.EnoughRows(e.Counts) || !t.Model.ScoreFits(e.Score, e.Counts)) {
			return fmt.Errorf("node %d opened the score %s at height %d with %d counts: want counts that fit the task and give this score", e.Node, e.Score, e.Revealed, len(e.Counts))
		}
	}
	return nil
}

// validateScores checks the scores of a task against its rounds.
func validateScores(t spec.Task) error {
	switch {
	case max(t.Score, t.Best) > spec.One || t.Score > t.Best:
		return fmt.Errorf("newest score %s, best score %s: want at most 1, and the newest not above the best", t.Score, t.Best)
	case t.BestRound > t.ScoredRound || t.ScoredRound > t.Round || (t.BestRound == 0) != (t.ScoredRound == 0):
		return fmt.Errorf("best round %d, newest scored round %d, %d rounds: want them in this order, and both scored rounds or none", t.BestRound, t.ScoredRound, t.Round)
	case t.ScoredRound == 0 && t.Best > 0, uint64(t.Stale) > t.ScoredRound-t.BestRound:
		return fmt.Errorf("best score %s in round %d, %d scored rounds since without a better one, newest scored round %d: want numbers that fit", t.Best, t.BestRound, t.Stale, t.ScoredRound)
	}
	return nil
}

// validateRunning checks the phase of a round: only the newest round of a running task, and one
// earlier round that is being scored, may run.
func validateRunning(t spec.Task, r spec.Round) error {
	scored := r.Phase == spec.PhaseScore || r.Phase == spec.PhaseOpen
	switch {
	case r.Number == t.Scoring && (!scored || r.Number == t.Round):
		return errors.New("the task says that this round is being scored: want an earlier round in phase score or open")
	case r.Phase.Final() || t.State == spec.TaskRunning && (r.Number == t.Round || r.Number == t.Scoring):
		return nil
	}
	return errors.New("the round runs: want only the newest round of a running task, or the one that is being scored")
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
		return errors.New("chain id is empty: want the one under which the task was created")
	case owner.String() != t.Owner:
		return fmt.Errorf("owner %s: want the spelling %s", t.Owner, owner)
	case t.Fees > t.Spec.PerRound()/2 || t.Delivered > t.Spec.PerRound()/2 || t.Fees+t.Delivered > t.Paid:
		return fmt.Errorf("fees %d and deliveries %d of %d uthing paid: want each at most half of the pay of a round, %d", t.Fees, t.Delivered, t.Paid, t.Spec.PerRound())
	case t.Paid > t.Spec.Escrow || t.Refunded > t.Spec.Escrow-t.Paid:
		return fmt.Errorf("paid %d and refunded %d uthing: want at most the escrow, %d", t.Paid, t.Refunded, t.Spec.Escrow)
	case t.State.Final() && t.Refunded != t.Spec.Escrow-t.Paid:
		return fmt.Errorf("state %s, paid %d and refunded %d uthing: want the whole escrow, %d", t.State, t.Paid, t.Refunded, t.Spec.Escrow)
	case slices.ContainsFunc(t.Faults, func(f spec.Fault) bool { return f.Burned > spec.Cap }) || t.Slashed() > spec.Cap:
		return fmt.Errorf("slashed stake is above %d uthing, the cap of all coins", spec.Cap)
	case t.State.Final() != (t.Due == 0) || t.Due < 0:
		return fmt.Errorf("state %s, due at %s: want a due time while the task is open, and only then", t.State, t.Due)
	}
	return nil
}

// validateVotes checks the changes that votes have made to a task.
func validateVotes(t spec.Task) error {
	switch {
	case !t.Spec.Governed && (t.Updates > 0 || len(t.Revisions) > 0 || !t.Nominee.IsZero() || !t.Adopted.IsZero()):
		return errors.New("a vote has changed the task: want a governed one")
	case len(t.Revisions) > spec.MaxRevisions || len(t.Revisions) > int(t.Updates):
		return fmt.Errorf("%d revisions by %d updates: want at most one per update, and at most %d", len(t.Revisions), t.Updates, spec.MaxRevisions)
	case t.State.Final() && (!t.Nominee.IsZero() || !t.Adopted.IsZero()):
		return fmt.Errorf("state %s with a nominated or adopted model: want none in a closed task", t.State)
	case t.Adopted.IsZero() && t.Adopted != (spec.Adoption{}) || t.Adopted.Round > t.Round+1 || !t.Adopted.IsZero() && (t.Adopted.Round == 0 || t.Updates == 0):
		return fmt.Errorf("adopted model %s for round %d by %d updates: want a round from 1 to %d and an update", t.Adopted.Model.Short(), t.Adopted.Round, t.Updates, t.Round+1)
	case t.Nominee.IsZero() && (t.Nominee.Proposal > 0 || t.Nominee.Holder > 0 || len(t.Nominee.Attested) > 0):
		return errors.New("nominee without a model")
	}
	for i, node := range t.Nominee.Attested {
		own := func(m spec.Member) bool { return m.Node == node }
		if !slices.ContainsFunc(t.Aggregators, own) || slices.Contains(t.Nominee.Attested[:i], node) {
			return fmt.Errorf("node %d attested the nominee: want aggregators of the task, each once", node)
		}
	}
	last := uint64(0)
	for _, r := range t.Revisions {
		if r.Round <= last || r.Round > t.Round+1 {
			return fmt.Errorf("revision for round %d follows one for round %d: want ascending rounds up to %d", r.Round, last, t.Round+1)
		}
		if err := t.SpecOf(r.Round).Validate(); err != nil {
			return fmt.Errorf("round %d: %w", r.Round, err)
		}
		last = r.Round
	}
	return nil
}

// validateRound checks the record of a round against the parts of its participants. In an
// aborted round the parts of trainers that sent nothing are missing.
func validateRound(r spec.Round) error {
	committed, commitments, declines := make([]bool, r.Asked), uint32(0), uint32(0)
	committers := map[spec.Digest]uint64{}
	aborted := r.Phase == spec.PhaseAborted
	switch {
	case len(r.Trainers) > spec.MaxTrainers || r.Asked > spec.MaxTrainers || int(r.Asked) != len(r.Trainers) && (!aborted || int(r.Asked) < len(r.Trainers)):
		return fmt.Errorf("%d trainers selected, %d listed: want the same number, at most %d", r.Asked, len(r.Trainers), spec.MaxTrainers)
	case len(r.Aggregates) > spec.MaxCommittee || len(r.Scores) > spec.MaxCommittee:
		return fmt.Errorf("%d aggregators and %d evaluators: want at most %d of each", len(r.Aggregates), len(r.Scores), spec.MaxCommittee)
	}
	for i, c := range r.Trainers {
		switch {
		case !aborted && int(c.Bit) != i || c.Bit >= r.Asked || i > 0 && (c.Node <= r.Trainers[i-1].Node || c.Bit <= r.Trainers[i-1].Bit):
			return fmt.Errorf("node %d has bit %d: want ascending nodes with ascending bits", c.Node, c.Bit)
		case c.Key.IsZero() != (c.Dataset == 0):
			return fmt.Errorf("node %d: want a data set with its owner's key, or neither", c.Node)
		case c.Took < 0 || c.Receipts>>len(r.Aggregates) != 0 || c.Receipts != 0 && c.Proved == 0:
			return fmt.Errorf("node %d took %d ms and showed receipts %b at height %d: want no negative time, a height, and bits of %d aggregators", c.Node, c.Took, c.Receipts, c.Proved, len(r.Aggregates))
		case c.Height > 0 && c.Declined != "":
			return fmt.Errorf("node %d has committed and declined: want one of them", c.Node)
		case c.Declined != "":
			declines++
		}
		if c.Height == 0 {
			continue
		}
		if other, twice := committers[c.Commitment]; twice {
			return fmt.Errorf("nodes %d and %d have the same commitment: want different ones", other, c.Node)
		}
		committers[c.Commitment], committed[c.Bit] = c.Node, true
		commitments++
	}
	var bitmap []byte
	if r.Phase != spec.PhaseTrain && (!aborted || len(r.Committed) > 0) {
		bitmap = spec.Bitmap(committed)
	}
	switch {
	case r.Enough < 0 || r.Enough > 0 && r.Enough < r.Since:
		return fmt.Errorf("enough nodes had answered at %s: want a time after %s, the beginning of the phase", r.Enough, r.Since)
	case r.Commitments != commitments:
		return fmt.Errorf("%d commitments counted: want %d, as many as are listed", r.Commitments, commitments)
	case r.Declines != declines || r.Proofs > r.Unheld || r.Unheld > r.Commitments || r.Grace < 0:
		return fmt.Errorf("%d declines counted, %d listed; receipts shown by %d of %d trainers whose updates too few aggregators hold; %d ms of grace: want numbers that fit", r.Declines, declines, r.Proofs, r.Unheld, r.Grace)
	case !bytes.Equal(r.Committed, bitmap):
		return fmt.Errorf("bitmap of commitments %x: want %x", r.Committed, bitmap)
	}
	for _, a := range r.Aggregates {
		if want := len(spec.Bitmap(committed)); a.Attested > 0 && len(a.Holds) != want || a.Attested == 0 && len(a.Holds) > 0 {
			return fmt.Errorf("node %d attested at height %d with a bitmap of %d bytes: want %d bytes if it attested, otherwise none", a.Node, a.Attested, len(a.Holds), want)
		}
	}
	return nil
}

// correctRows sums the rows that the trainers of a round report as classified correctly.
func correctRows(r spec.Round) (sum uint64) {
	for _, c := range r.Trainers {
		sum += uint64(c.Correct)
	}
	return sum
}

// initialise writes a genesis into an empty store.
func (k Keeper) initialise(ctx context.Context, g *taskpb.Genesis) error {
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
		state, err := k.load(ctx, t.ID, allParts())
		if err != nil {
			return err
		}
		for _, node := range state.EngagedNodes() {
			has, err := k.held(ctx, t.ID, node)
			if err != nil {
				return err
			}
			has.Parts, has.Bond = has.Parts+1, t.Bond() // the registry's genesis has the sums
			if err := k.setHeld(ctx, t.ID, node, has); err != nil {
				return err
			}
		}
	}
	return k.next.Set(ctx, max(g.Next, 1)-1)
}

func (k Keeper) export(ctx context.Context) (*taskpb.Genesis, error) {
	var g taskpb.Genesis
	if err := k.tasks.Walk(ctx, nil, func(_ uint64, t taskpb.Task) (bool, error) {
		t, err := k.complete(ctx, t)
		g.Tasks = append(g.Tasks, t)
		return err != nil, err
	}); err != nil {
		return nil, err
	}
	if err := k.rounds.Walk(ctx, nil, func(_ collections.Pair[uint64, uint64], r taskpb.Round) (bool, error) {
		err := k.readParts(ctx, &r, allParts())
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
