package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

// live draws what goes on below the lines of what is done.
type live struct {
	*lines
	scores []float64
	spent  *view.Spent // of a private task
	open   []view.Ballot

	step  string // what goes on
	since time.Time
}

// Steps explains the words beside the bar of a round, a step to a line.
func Steps() string {
	return `  train      trainers train on their own rows and commit to their updates
  attest     aggregators say which updates they hold
  prove      only where updates are missing: trainers show their receipts
  aggregate  aggregators add up the updates and commit to the next model
  reveal     aggregators publish its digest, on which 2f+1 must agree
  score      evaluators judge the model and commit to their scores
  open       evaluators publish their scores, of which the median counts
  settle     the chain pays, and the next round begins`
}

// Begins implements [Narrator].
func (l *live) Begins(f *Folder) error {
	if err := l.lines.Begins(f); err != nil {
		return err
	}
	return l.parts(view.Part{Text: "The steps of a round. A bar counts who has done the step that runs:\n" + Steps()})
}

// Registering implements [Narrator].
func (l *live) Registering(nodes, all int, silence time.Duration) {
	l.draw(view.Bar{Label: "start", Done: uint64(nodes), All: uint64(all), Text: fmt.Sprintf("%d of %d nodes registered%s", nodes, all, l.elapsed("start"))}, Progress{Silence: silence})
}

// Round implements [Narrator].
func (l *live) Round(e RoundEvent) error {
	l.spent = e.Spent
	if e.Accuracy != nil {
		l.scores = append(l.scores, float64(*e.Accuracy)/float64(spec.One))
	}
	return l.lines.Round(e)
}

// Voting implements [Narrator].
func (l *live) Voting(open []view.Ballot) { l.open = open }

// Progress implements [Narrator].
func (l *live) Progress(p Progress) {
	r := p.Round
	switch {
	case r.Number == 0:
		l.draw(view.Bar{Label: fmt.Sprintf("task %4d", p.Task.ID), Text: string(p.Task.State) + beforeRounds(p.Task) + l.elapsed(string(p.Task.State))}, p)
		return
	case r.Phase.Final():
		l.draw(view.Bar{Label: fmt.Sprintf("round %3d", r.Number), Text: fmt.Sprintf("%s, the next step follows%s", r.Phase, l.elapsed("next"))}, p)
		return
	}
	answered, wanted := view.Answered(r)
	done, all := view.Progress(r)
	l.draw(view.Bar{
		Label: fmt.Sprintf("round %3d", r.Number), Done: done, All: all,
		Text: fmt.Sprintf("%-9s  %d of %s%s", r.Phase, answered, view.Counted(wanted, actor(r.Phase)), l.elapsed(fmt.Sprint(r.Number, r.Phase))),
	}, p)
}

// beforeRounds says what happens before the first round.
func beforeRounds(t spec.Task) string {
	switch t.State {
	case spec.TaskWaiting:
		return ": the chain looks for participants"
	case spec.TaskPreparing:
		return ": aggregators and evaluators attest model 0 and their rows"
	default:
		return ""
	}
}

// actor is who does the work of a phase.
func actor(p spec.Phase) string {
	switch p {
	case spec.PhaseTrain, spec.PhaseProve:
		return "trainer"
	case spec.PhaseScore, spec.PhaseOpen:
		return "evaluator"
	default:
		return "aggregator"
	}
}

// Comparing implements [Narrator].
func (l *live) Comparing(done, all int) {
	l.open = nil
	l.draw(view.Bar{Label: "compare", Done: uint64(done), All: uint64(all), Text: fmt.Sprintf("%d of %d trained alone%s", done, all, l.elapsed("compare"))}, Progress{})
}

// Summary implements [Narrator].
func (l *live) Summary(s Summary) error {
	if chart := l.chart(l.maxChart()); len(chart) > 0 {
		l.Redraw(append(view.Cells(""), chart...)...)
		l.Keep()
	}
	return l.lines.Summary(s)
}

// elapsed says for how long a step has run, where somebody might wonder.
func (l *live) elapsed(step string) string {
	const soon = 2 * time.Second
	if step != l.step {
		l.step, l.since = step, time.Now()
	}
	if took := time.Since(l.since); took >= soon {
		return fmt.Sprintf(", %d s", int(took.Seconds()))
	}
	return ""
}

// draw draws a bar, why it may stand still, and what there is room for: the votes that run and
// a chart of the scores.
func (l *live) draw(bar view.Bar, p Progress) {
	const label, longSilence = len("round   1"), 3 * time.Second
	lines := []view.Cell{l.Bar(bar, label)}
	if len(p.Waits) > 0 {
		lines = append(lines, view.Cells(l.Wrap("waits for "+strings.Join(p.Waits, "; "))...)...)
	}
	if p.Silence >= longSilence {
		why := view.Bar{Text: fmt.Sprintf("no new block for %d s: the validators wait for each other", int(p.Silence.Seconds())), Tone: view.Bad}
		lines = append(lines, l.Bar(why, label))
	}
	for _, b := range l.open {
		for _, bar := range b.ShortBars() {
			lines = append(lines, l.Bar(bar, label))
		}
	}
	if chart := l.chart(l.maxChart() - len(lines)); len(chart) > 0 {
		lines = slices.Concat(view.Cells(""), chart, view.Cells(""), lines)
	}
	if l.scoreName == "" { // no task is told of: what is above is no line of a round
		lines = append(view.Cells(""), lines...)
	}
	l.Redraw(lines...)
}

// maxChart is how many lines a chart may take beside nothing else.
func (l *live) maxChart() int {
	const usual, reserve = 24, 4 // lines of a screen of unknown height; above and below the chart
	if l.Lines == 0 {
		return usual - reserve
	}
	return l.Lines - reserve
}

// chart draws the scores and the spent budget in at most room lines. If that is too little for
// a chart, there is none.
func (l *live) chart(room int) (chart []view.Cell) {
	const caption, least, most = 2, 3, 12 // lines
	const columnsPerRound = 4
	if l.spent != nil {
		room -= 2
	}
	height := min(most, room/3, room-caption)
	if len(l.scores) < 2 || height < least {
		return nil
	}
	chart = view.Cells(l.Plot(view.Plot{
		Values: l.scores, Height: height, Width: columnsPerRound * len(l.scores), Decimals: 3, Caption: l.scoreName + " by round",
	})...)
	if l.spent != nil {
		chart = append(chart, view.Cell{}, l.Bar(l.spent.Bar(), len("round   1")))
	}
	return chart
}
