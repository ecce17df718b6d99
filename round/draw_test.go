package round_test

import (
	"slices"

	"pgregory.net/rapid"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/round/roundtest"
	"github.com/althing-network/althing/spec"
)

// anyTask draws a small task, so that its end is near.
func anyTask(t *rapid.T) spec.TaskSpec {
	small := func(name string) spec.Duration {
		return spec.Duration(rapid.Int64Range(2, 12).Draw(t, name)) * spec.Second
	}
	task := task()
	task.Selection.Trainers = rapid.Uint32Range(1, 5).Draw(t, "trainers")
	task.Selection.MinTrainers = rapid.Uint32Range(1, task.Selection.Trainers).Draw(t, "min trainers")
	task.Selection.Aggregators = rapid.SampledFrom([]uint32{1, 4, 7}).Draw(t, "aggregators")
	task.Selection.Evaluators = rapid.Uint32Range(1, 4).Draw(t, "evaluators")
	task.Target.Rounds = rapid.Uint32Range(1, 4).Draw(t, "rounds")
	task.Target.Accuracy = rapid.SampledFrom([]spec.PPM{0, 500_000, spec.One}).Draw(t, "accuracy")
	task.Target.Patience = rapid.Uint32Range(0, 2).Draw(t, "patience")
	task.Escrow = rapid.Uint64Range(35, 100_000).Draw(t, "escrow")
	task.Overlap = rapid.Bool().Draw(t, "overlap")
	task.Governed = rapid.Bool().Draw(t, "governed")
	task.Retries = rapid.Uint32Range(0, 2).Draw(t, "retries")
	task.Deadlines = spec.Deadlines{Select: small("select"), Train: small("train"), Attest: small("attest"), Aggregate: small("aggregate"), Evaluate: small("evaluate")}
	if err := task.Validate(); err != nil {
		t.Fatalf("the test drew an invalid task: %v", err)
	}
	return task
}

// anyOpen returns a state in which one of the running rounds takes the place of the newest.
func anyOpen(t *rapid.T, s round.State) round.State {
	if open := s.OpenRounds(); len(open) > 0 {
		s.Round = rapid.SampledFrom(open).Draw(t, "round of")
	}
	return s
}

// anyInput draws an input that mostly fits the state.
func anyInput(t *rapid.T, s round.State) round.Input {
	s = anyOpen(t, s)
	node := rapid.Uint64Range(0, 40).Draw(t, "node")
	number := s.Round.Number
	if rapid.IntRange(0, 9).Draw(t, "stray") == 0 {
		number = rapid.Uint64Range(0, 4).Draw(t, "round")
	}
	model := rapid.SampledFrom([]string{"a", "a", "a", "a", "a", "b", ""}).Draw(t, "model")
	score := rapid.SampledFrom([]spec.PPM{0, 500_000, spec.One, spec.One + 1}).Draw(t, "score")
	slot := s.Task.Slot(s.Round.Number, node)
	switch rapid.IntRange(0, 40).Draw(t, "kind") {
	case 0:
		if rapid.IntRange(0, 9).Draw(t, "cancel") == 0 {
			return round.Cancel{Owner: "owner"}
		}
		return round.Tick{}
	case 1, 2, 3:
		return anySelect(t, s)
	case 4:
		return nil
	case 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15:
		return round.Ready{Node: node, Digest: digest(model)}
	case 16, 17, 18, 19, 20:
		return round.Commit{Node: node, Round: number, Commitment: spec.UpdateCommitment(slot, digest(model), salt(node)), Samples: rapid.Uint32Range(0, 9).Draw(t, "samples")}
	case 21, 22, 23, 24:
		held := make([]bool, len(s.Round.Trainers))
		for i, c := range s.Round.Trainers {
			held[i] = c.Height > 0 && rapid.IntRange(0, 5).Draw(t, "holds") > 0
		}
		return round.Attest{Node: node, Round: number, Holds: spec.Bitmap(held)}
	case 25:
		return round.Attest{Node: node, Round: number, Holds: rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(t, "bitmap")}
	case 26, 27, 28, 29:
		return round.CommitAggregate{Node: node, Round: number, Commitment: spec.AggregateCommitment(slot, digest(model), salt(node))}
	case 30, 31, 32, 33:
		return round.RevealAggregate{Node: node, Round: number, Digest: digest(model), Salt: salt(node)}
	case 34, 35, 36:
		return round.CommitScore{Node: node, Round: number, Commitment: spec.ScoreCommitment(slot, s.Round.Next, score, nil, salt(node))}
	default:
		return round.RevealScore{Node: node, Round: number, Score: score, Salt: salt(node)}
	}
}

func anySelect(t *rapid.T, s round.State) round.Select {
	id := rapid.Uint64Range(0, 30)
	if s.Task.State == spec.TaskRunning {
		free := rapid.Uint64Range(31, 40)
		if rapid.IntRange(0, 3).Draw(t, "any") == 0 {
			free = id
		}
		least, most := int(s.Task.Spec.Selection.MinTrainers), s.Task.Spec.Selection.Asked()
		return round.Select{Trainers: rapid.SliceOfNDistinct(free, least, most, rapid.ID[uint64]).Draw(t, "trainers")}
	}
	n, k := int(s.Task.Spec.Selection.Aggregators), int(s.Task.Spec.Selection.Evaluators)
	ids := rapid.SliceOfNDistinct(id, n+k, n+k, rapid.ID[uint64]).Draw(t, "committee")
	return round.Select{Aggregators: members(100, ids[:n]...), Evaluators: members(rapid.Uint64Range(0, 100).Draw(t, "stake"), ids[n:]...)}
}

// fitting draws which of the nodes that owe a message send it. With stray messages alone, nearly
// all random tasks would end in the preparation.
func fitting(t *rapid.T, s round.State) (ins []round.Input) {
	for _, m := range slices.Concat(s.Task.Aggregators, s.Task.Evaluators) {
		if s.Task.State == spec.TaskPreparing && rapid.IntRange(0, 7).Draw(t, "ready") > 0 {
			ins = append(ins, round.Ready{Node: m.Node, Digest: digest("0")})
		}
	}
	for _, r := range s.OpenRounds() {
		s.Round = r
		ins = append(ins, answers(t, s)...)
	}
	return ins
}

// answers draws which nodes answer in one round.
func answers(t *rapid.T, s round.State) (ins []round.Input) {
	w := world{State: s}
	for _, c := range s.Round.Trainers {
		if s.Round.Phase == spec.PhaseTrain && rapid.IntRange(0, 4).Draw(t, "commits") > 0 {
			ins = append(ins, w.commit(c.Node))
		}
	}
	for _, a := range s.Round.Aggregates {
		if rapid.IntRange(0, 6).Draw(t, "answers") == 0 {
			continue
		}
		model := "a"
		if a.Node%5 == 0 {
			model = "b" // nodes with these ids lie
		}
		var held []uint64
		for _, c := range s.Round.Trainers {
			if c.Height > 0 && c.Node%7 > 0 {
				held = append(held, c.Node)
			}
		}
		switch s.Round.Phase {
		case spec.PhaseAttest:
			ins = append(ins, round.Attest{Node: a.Node, Round: s.Round.Number, Holds: holding(s.Round, held...)})
		case spec.PhaseAggregate:
			ins = append(ins, w.commitAggregate(a.Node, model))
		case spec.PhaseReveal:
			ins = append(ins, w.revealAggregate(a.Node, model))
		default: // aggregators owe nothing
		}
	}
	for _, e := range s.Round.Scores {
		switch {
		case rapid.IntRange(0, 6).Draw(t, "scores") == 0:
		case s.Round.Phase == spec.PhaseScore:
			ins = append(ins, w.commitScore(e.Node, 400_000+spec.PPM(e.Node)*10_000))
		case s.Round.Phase == spec.PhaseOpen:
			ins = append(ins, w.revealScore(e.Node, 400_000+spec.PPM(e.Node)*10_000))
		}
	}
	return ins
}

// blockInputs draws the inputs of one block.
func blockInputs(t *rapid.T, s round.State) (ins []round.Input) {
	if rapid.Bool().Draw(t, "fitting") {
		ins = fitting(t, s)
	}
	for range rapid.IntRange(0, 2).Draw(t, "strays") {
		ins = append(ins, anyInput(t, s), roundtest.RandomMessage(t, s, 40))
	}
	if rapid.IntRange(0, 3).Draw(t, "votes") == 0 {
		ins = append(ins, anyVote(t, s))
	}
	if rapid.Bool().Draw(t, "scheduler answers") && (!s.Running() || s.Task.Spec.Overlap) {
		ins = append(ins, anySelect(t, s))
	}
	return rapid.Permutation(ins).Draw(t, "order")
}

// anyVote draws a decision of a vote about a task, or an attestation of a nominated model.
func anyVote(t *rapid.T, s round.State) round.Input {
	proposal := rapid.Uint64Range(1, 3).Draw(t, "proposal")
	model := digest(rapid.SampledFrom([]string{"", "model-0", "a", "foreign"}).Draw(t, "wanted"))
	switch rapid.IntRange(0, 5).Draw(t, "vote") {
	case 0:
		return round.Nominate{Proposal: proposal, Updates: s.Task.Updates, Model: model, Holder: rapid.Uint64Range(0, 2).Draw(t, "holder")}
	case 1:
		return round.Withdraw{Proposal: proposal}
	case 2, 3:
		node := rapid.Uint64Range(0, 30).Draw(t, "node")
		if len(s.Task.Aggregators) > 0 {
			node = rapid.SampledFrom(s.Task.Aggregators).Draw(t, "aggregator").Node
		}
		return round.AttestModel{Node: node, Model: s.Task.Nominee.Model}
	default:
		in := round.Amend{Proposal: proposal, Updates: s.Task.Updates, Model: rapid.SampledFrom([]spec.Digest{{}, s.Task.Nominee.Model, model}).Draw(t, "model")}
		if rapid.IntRange(0, 9).Draw(t, "outdated") == 0 {
			in.Updates++
		}
		for _, h := range spec.Hyperparameters() {
			if rapid.IntRange(0, 9).Draw(t, "sets") == 0 {
				in.Settings = append(in.Settings, spec.Tuning{Name: h.Name, Value: rapid.Uint64Range(0, 1_000_000).Draw(t, "value")})
			}
		}
		return in
	}
}
