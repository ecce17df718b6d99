package view

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

// Round is a round with what follows from it.
type Round struct {
	spec.Round
	Survived      int           `json:"survivors"`
	Holdout       *spec.Holdout `json:"holdout,omitempty"`
	Federated     *spec.PPM     `json:"federated_score,omitempty"`      // of Next, by the trainers of a later round
	BaseFederated *spec.PPM     `json:"base_federated_score,omitempty"` // of Base, by the trainers of this round
	LeftOut       []LeftOut     `json:"left_out,omitempty"`

	task  spec.Task
	now   spec.Time
	names map[uint64]string
}

// RoundOf is a round with what the later rounds tell about its model.
func RoundOf(r spec.Round, later []spec.Round) Round {
	return Round{
		Round: r, Survived: r.Survivors(), Holdout: Holdout(r),
		Federated: federatedScoreOf(r.Next, later), BaseFederated: FederatedScore(r), LeftOut: LeftOuts(r),
	}
}

// ReadRound reads what is shown of a round of a task beside its record.
func ReadRound(ctx context.Context, c *client.Client, t spec.Task, r spec.Round) (v Round, err error) {
	later, err := roundsAfter(ctx, c, r)
	if err != nil {
		return v, err
	}
	v = RoundOf(r, later)
	v.task = t
	if v.now, err = c.Time(ctx); err != nil {
		return v, err
	}
	v.names, err = ReadNames(ctx, c, NodesOf(r))
	return v, err
}

// roundsAfter reads the rounds that began with the model that round r made.
func roundsAfter(ctx context.Context, c *client.Client, r spec.Round) (rounds []spec.Round, err error) {
	if r.Next.IsZero() {
		return nil, nil
	}
	t, err := c.Task(ctx, r.Task)
	if err != nil {
		return nil, err
	}
	for n := r.Number + 1; n <= t.Round; n++ {
		next, err := c.Round(ctx, r.Task, n)
		if err != nil || next.Base != r.Next {
			return rounds, err
		}
		rounds = append(rounds, next)
	}
	return rounds, nil
}

// NodesOf lists every node that has a part in a round.
func NodesOf(r spec.Round) (nodes []uint64) {
	for _, t := range r.Trainers {
		nodes = append(nodes, t.Node)
	}
	for _, a := range r.Aggregates {
		nodes = append(nodes, a.Node)
	}
	for _, e := range r.Scores {
		nodes = append(nodes, e.Node)
	}
	return nodes
}

// Page shows the round: its models and scores, then each participant, then each class.
func (v Round) Page() Page {
	r := v.Round
	var p Part
	p.Row("round", fmt.Sprintf("%d of task %d", r.Number, r.Task))
	p.Row("phase", Cell{phaseText(r, v.now), phaseTone(r)})
	p.Row("opened", fmt.Sprintf("at height %d", r.Opened))
	if r.Closed > 0 {
		p.Row("closed", fmt.Sprintf("at height %d", r.Closed))
	}
	p.Row("base model", r.Base)
	p.Row("federated", Dash(v.BaseFederated == nil, fmt.Sprintf("%v, of the base model, by the trainers", scoreCell(v.BaseFederated))))
	p.Row("next model", Dash(r.Next.IsZero(), r.Next))
	switch {
	case r.Scored:
		p.Row("score", fmt.Sprintf("%s, of the next model: the median of the evaluators, by stake", r.Score))
	case r.Phase == spec.PhaseSettled:
		p.Row("score", NotScored)
	}
	p.holdoutRows(r)
	if v.Federated != nil {
		p.Row("federated", fmt.Sprintf("%v, of the next model, by the trainers of the round after it", *v.Federated))
	}
	p.Row("survivors", fmt.Sprintf("%d of %s", v.Survived, Counted(len(r.Trainers), "trainer")))
	p.Row("paid", fmt.Sprintf("%s, of it %s to the validators of blocks", spec.Money(r.Paid), spec.Money(r.Validators)))
	page := of(p, v.trainers(), v.aggregators(), v.evaluators(), v.classes())
	if v.task.Spec.Audit == spec.AuditPublic && !v.task.Spec.Private() && r.Phase == spec.PhaseSettled && !r.Measures {
		page.Hints = append(page.Hints, []string{"round", "baselines", fmt.Sprint(r.Task), fmt.Sprint(r.Number), "--input", "ROWS"})
	}
	return page
}

// trainers says what each trainer did.
func (v Round) trainers() Part {
	p := Part{Head: []string{"TRAINER", "NAME", "COMMITTED", "SAMPLES", "CORRECT", "HELD BY", "SURVIVOR"}}
	for i, t := range v.Trainers {
		silent := t.Height == 0
		survivor := Cell{Text: yesNo(t.Survivor)}
		if why := whyLeftOut(v.Round, i); why != "" {
			survivor = Cell{"no, " + why, Bad}
		}
		p.Row(t.Node, v.names[t.Node], Height(t.Height), Dash(silent, t.Samples), Dash(silent, t.Correct), holders(v.Round, i), survivor)
	}
	return p
}

// aggregators says what each aggregator did.
func (v Round) aggregators() Part {
	p := Part{Head: []string{"AGGREGATOR", "NAME", "ATTESTED", "COMMITTED", "REVEALED", "DIGEST", "AGREES"}}
	for _, a := range v.Aggregates {
		hidden := a.Revealed == 0
		agrees := Cell{Text: "-"}
		if !hidden && !v.Next.IsZero() {
			if agrees.Text = yesNo(a.Digest == v.Next); a.Digest != v.Next {
				agrees.Tone = Bad
			}
		}
		p.Row(a.Node, v.names[a.Node], Height(a.Attested), Height(a.Committed), Height(a.Revealed), Dash(hidden, a.Digest.Short()), agrees)
	}
	return p
}

// evaluators says what each evaluator did.
func (v Round) evaluators() Part {
	rows := map[uint64]uint64{}
	for _, shard := range v.Round.Holdout().Shards {
		rows[shard.Node] = shard.Rows
	}
	p := Part{Head: []string{"EVALUATOR", "NAME", "STAKE", "COMMITTED", "REVEALED", "SCORE", "ROWS"}}
	for _, e := range v.Scores {
		p.Row(e.Node, v.names[e.Node], spec.Money(e.Stake), Height(e.Committed), Height(e.Revealed), Dash(e.Revealed == 0, e.Score), Dash(rows[e.Node] == 0, rows[e.Node]))
	}
	return p
}

// classes says what the evaluators found together of each class, by the names that the
// schema of the task gives them.
func (v Round) classes() (p Part) {
	if v.Holdout == nil || len(v.Holdout.Classes) == 0 {
		return p
	}
	names := v.task.Spec.Data.Schema.Classes
	p.Head = []string{"CLASS", "ROWS", "RIGHT", "ACCURACY"}
	for i, c := range v.Holdout.Classes {
		name := fmt.Sprint(i)
		if i < len(names) {
			name = names[i]
		}
		p.Row(name, c.Rows, c.Correct, Dash(c.Rows == 0, c.Accuracy))
	}
	return p
}

// phaseText says where a round is, at a network time.
func phaseText(r spec.Round, now spec.Time) string {
	if r.Reason != "" || r.Phase.Final() {
		return withReason(string(r.Phase), r.Reason)
	}
	return fmt.Sprintf("%s, for %s, at most %s more", r.Phase, spec.Duration(now-r.Since), spec.Duration(max(0, r.Deadline-now)))
}

// phaseTone says whether a round went well. A round that was stopped after its trainers had
// worked, and paid them, did not go badly: the round before it has reached the target.
func phaseTone(r spec.Round) Tone {
	switch {
	case r.Phase == spec.PhaseSettled:
		return Good
	case r.Phase == spec.PhaseAborted && (r.Paid == 0 || r.Survivors() == 0):
		return Bad
	default:
		return Neutral
	}
}

// Rounds is a list of rounds of one task.
type Rounds []Round

// ReadLaterRounds makes a list of rounds that follow each other, each with what later rounds
// tell about its model, also those beyond the list.
func ReadLaterRounds(ctx context.Context, c *client.Client, rounds []spec.Round) (Rounds, error) {
	list := make(Rounds, len(rounds))
	if len(rounds) == 0 {
		return list, nil
	}
	beyond, err := roundsAfter(ctx, c, rounds[len(rounds)-1])
	if err != nil {
		return nil, err
	}
	all := slices.Concat(rounds, beyond)
	for i, r := range rounds {
		list[i] = RoundOf(r, all[i+1:])
	}
	return list, nil
}

// Page lists the rounds. All scores of a line are of the model that its round made; PAID is
// in THING.
func (list Rounds) Page() Page {
	head := []string{"ROUND", "PHASE", "SCORE", "HOLD-OUT", "ROWS", "FEDERATED", "UPDATES", "PAID", "MODEL"}
	return of(Table(head, list, func(v Round) []any {
		return []any{
			v.Number,
			Cell{withReason(string(v.Phase), v.Reason), phaseTone(v.Round)},
			Dash(!v.Scored, v.Score), wholeAccuracy(v.Holdout), wholeRows(v.Holdout),
			scoreCell(v.Federated), fmt.Sprintf("%d/%d", v.Survived, len(v.Trainers)), Thing(v.Paid), Dash(v.Next.IsZero(), v.Next.Short()),
		}
	}))
}

// wholeAccuracy and wholeRows are cells about the hold-out of all evaluators together.
func wholeAccuracy(h *spec.Holdout) any {
	if h == nil {
		return "-"
	}
	return h.Accuracy
}

func wholeRows(h *spec.Holdout) any {
	if h == nil {
		return "-"
	}
	return h.Rows
}

// EndedRound is a round that has ended, as one who follows its task is told of it.
type EndedRound struct {
	Event         string        `json:"event"`
	Task          uint64        `json:"task"`
	Round         uint64        `json:"round"`
	Phase         spec.Phase    `json:"phase"`
	Measures      bool          `json:"measures,omitempty"` // nobody trained: the columns were measured
	Reason        string        `json:"reason,omitempty"`
	Accuracy      *spec.PPM     `json:"accuracy,omitempty"` // of the model it made: the median of the evaluators
	Holdout       *spec.Holdout `json:"holdout,omitempty"`
	BaseFederated *spec.PPM     `json:"base_federated_score,omitempty"` // of Base, by the trainers of this round
	Trainers      int           `json:"trainers"`
	Survivors     int           `json:"survivors"`
	LeftOut       []LeftOut     `json:"left_out,omitempty"`
	Paid          uint64        `json:"paid_uthing"`
	Height        int64         `json:"height"`
	Blocks        int64         `json:"blocks"` // from its first to its last
	Base          spec.Digest   `json:"base"`
	Model         spec.Digest   `json:"model"`

	round spec.Round
}

// EndedRoundOf is what is shown of a round that has ended.
func EndedRoundOf(r spec.Round) EndedRound {
	return EndedRound{
		Event: "round", Task: r.Task, Round: r.Number, Phase: r.Phase, Measures: r.Measures, Reason: r.Reason,
		Accuracy: Score(r.Score, r.Scored), Holdout: Holdout(r), BaseFederated: FederatedScore(r), Trainers: len(r.Trainers),
		Survivors: r.Survivors(), LeftOut: LeftOuts(r), Paid: r.Paid, Height: r.Closed, Blocks: r.Closed - r.Opened,
		Base: r.Base, Model: r.Next, round: r,
	}
}

// AbortText is why the round made no model.
func (v EndedRound) AbortText() string { return AbortText(v.round) }

// Tone is the colour of its lines: that of a round of which nothing came stands out.
func (v EndedRound) Tone() Tone {
	if tone := phaseTone(v.round); tone == Bad {
		return tone
	}
	return Neutral
}

// EndedRoundIndent is where the text of a line about a round begins, in columns.
const EndedRoundIndent = len("round 999  ")

// Lines are the one or two lines about the round. scoreName is the name of its score; base
// names the origin of the model with which the round began.
func (v EndedRound) Lines(scoreName, base string) []string {
	line := fmt.Sprintf("round %3d  ", v.Round)
	switch {
	case v.Phase == spec.PhaseAborted:
		line += AbortText(v.round)
	case v.Measures:
		line += fmt.Sprintf("%s  %d/%d updates", Measured, v.Survivors, v.Trainers)
	default:
		line += fmt.Sprintf("%s  %d/%d updates", Quality(scoreName, v.Accuracy, v.Holdout), v.Survivors, v.Trainers)
	}
	if v.Phase != spec.PhaseAborted {
		line += federatedEnd(v.BaseFederated, base)
	}
	if len(v.LeftOut) == 0 {
		return []string{line}
	}
	name := func(node uint64) string { return fmt.Sprintf("node %d", node) }
	return []string{line, strings.Repeat(" ", EndedRoundIndent) + "without " + LeftOutText(v.LeftOut, name)}
}
