package daemon

import (
	"cmp"
	"log/slog"
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/role/consumer"
	"github.com/althing-network/althing/role/evaluator"
	"github.com/althing-network/althing/role/trainer"
	"github.com/althing-network/althing/spec"
)

// note is something that happened to a node, for its operator.
type note struct {
	what        string
	level       slog.Level // the zero level is that of news
	task, round uint64     // 0: it is about none
	paid        uint64     // uthing
	more        []slog.Attr
}

// attrs are a note's fields.
func (n note) attrs() (fields []slog.Attr) {
	if n.task > 0 {
		fields = append(fields, slog.Uint64("task", n.task))
	}
	if n.round > 0 {
		fields = append(fields, slog.Uint64("round", n.round))
	}
	if n.paid > 0 {
		fields = append(fields, slog.Uint64("uthing", n.paid))
	}
	return append(fields, n.more...)
}

// maxNotes is how many notes of one kind are told one by one at a time. Of more a node
// tells how many there are: a hundred tasks are no hundred lines a block.
const maxNotes = 3

// brief puts notes of one kind into one where there are too many of them, in the place
// of the first.
func brief(notes []note) (told []note) {
	kinds := map[string][]note{}
	for _, n := range notes {
		kinds[n.what] = append(kinds[n.what], n)
	}
	for _, n := range notes {
		same, left := kinds[n.what]
		if !left {
			continue
		}
		if len(same) <= maxNotes {
			told = append(told, n)
			continue
		}
		delete(kinds, n.what)
		all := note{what: n.what, level: n.level, more: []slog.Attr{slog.Int("times", len(same))}}
		tasks := map[uint64]bool{}
		for _, s := range same {
			all.paid += s.paid
			tasks[s.task] = true
		}
		all.more = append(all.more, slog.Int("tasks", len(tasks)))
		told = append(told, all)
	}
	return told
}

// news compares what a node sees of the chain with what it saw before, and finds what
// happened to it. What was so when it looked for the first time has not happened now.
type news struct {
	node  uint64
	owner string      // its account
	self  []slog.Attr // what it says of itself when it has looked for the first time

	looked bool
	tasks  map[uint64]spec.Task // in which it has a part, and those that its account pays for
	rounds map[place]spec.Round // that run, in which it has a part
	record spec.Node            // as registered
	ended  []place              // of which is yet to be told how they ended
}

// place is a task and one of its rounds, or all of it.
type place struct{ task, round uint64 }

// wholeTask stands for a task behind all of its rounds.
const wholeTask = math.MaxUint64

// see takes in what the node sees now.
func (n *news) see(s sight) (notes []note) {
	tasks, rounds := map[uint64]spec.Task{}, map[place]spec.Round{}
	for _, d := range s.tasks {
		id := d.Task.ID
		before, known := n.tasks[id]
		tasks[id] = d.Task
		if n.looked {
			notes = append(notes, n.task(before, known, d.Task)...)
		}
		for _, r := range d.Rounds {
			if r.Trainer(n.node) < 0 && r.Aggregator(n.node) < 0 && r.Evaluator(n.node) < 0 {
				continue
			}
			at := place{id, r.Number}
			rounds[at] = r
			if n.looked {
				notes = append(notes, n.round(n.rounds[at], r)...)
			}
		}
	}
	var ended []place
	for at := range n.rounds {
		if _, runs := rounds[at]; !runs {
			ended = append(ended, at)
		}
	}
	for id, t := range n.tasks {
		if _, open := tasks[id]; !open && n.serves(t) != "" {
			ended = append(ended, place{id, wholeTask})
		}
	}
	slices.SortFunc(ended, func(a, b place) int { return cmp.Or(cmp.Compare(a.task, b.task), cmp.Compare(a.round, b.round)) })
	n.ended = append(n.ended, ended...)
	if !n.looked {
		notes = append(notes, note{what: "node is up", more: append(n.self, slog.Int("tasks", len(tasks)))})
	}
	n.tasks, n.rounds, n.looked = tasks, rounds, true
	return notes
}

// serves is the role in which a node serves a task from beginning to end, or "".
func (n *news) serves(t spec.Task) string {
	own := func(m spec.Member) bool { return m.Node == n.node }
	switch {
	case slices.ContainsFunc(t.Aggregators, own):
		return spec.Aggregator.String()
	case slices.ContainsFunc(t.Evaluators, own):
		return spec.Evaluator.String()
	}
	return ""
}

// task is what happened to a task.
func (n *news) task(before spec.Task, known bool, now spec.Task) (notes []note) {
	if as := n.serves(now); as != "" && n.serves(before) == "" {
		notes = append(notes, note{what: "selected for a task", task: now.ID, more: []slog.Attr{slog.String("as", as), slog.String("name", now.Spec.Name)}})
	}
	if now.Owner == n.owner && before.State != now.State {
		switch {
		case now.State.Final():
			notes = append(notes, closed("own task is closed", now))
		case known:
			notes = append(notes, note{what: "own task is " + string(now.State), task: now.ID})
		default:
			notes = append(notes, note{what: "own task was created", task: now.ID, more: []slog.Attr{slog.String("name", now.Spec.Name), slog.Uint64("escrow_uthing", now.Spec.Escrow)}})
		}
	}
	return notes
}

// round is what happened to the node in a round that runs.
func (n *news) round(before, now spec.Round) (notes []note) {
	say := func(what string, was, is bool, more ...slog.Attr) {
		if is && !was {
			notes = append(notes, note{what: what, task: now.Task, round: now.Number, more: more})
		}
	}
	if i := now.Trainer(n.node); i >= 0 {
		was := spec.Contribution{}
		j := before.Trainer(n.node)
		if j >= 0 {
			was = before.Trainers[j]
		}
		say("selected to train", j >= 0, true)
		is := now.Trainers[i]
		say("committed to its update", was.Height > 0, is.Height > 0)
		say("declined to train", was.Declined != "", is.Declined != "", slog.String("why", is.Declined.Why()))
		say("showed receipts for its update", was.Proved > 0, is.Proved > 0, slog.Int("aggregators", bits.OnesCount32(is.Receipts)))
	}
	if i := now.Aggregator(n.node); i >= 0 {
		was, is := spec.Aggregate{}, now.Aggregates[i]
		if j := before.Aggregator(n.node); j >= 0 {
			was = before.Aggregates[j]
		}
		held := 0
		for bit := range now.Trainers {
			if spec.Held(is.Holds, bit) {
				held++
			}
		}
		say("attested the updates it holds", was.Attested > 0, is.Attested > 0, slog.Int("updates", held))
		say("committed to the next model", was.Committed > 0, is.Committed > 0)
		say("revealed the next model", was.Revealed > 0, is.Revealed > 0, slog.String("model", is.Digest.Short()))
	}
	if i := now.Evaluator(n.node); i >= 0 {
		was, is := spec.Evaluation{}, now.Scores[i]
		if j := before.Evaluator(n.node); j >= 0 {
			was = before.Scores[j]
		}
		say("committed to its score", was.Committed > 0, is.Committed > 0)
		say("revealed its score", was.Revealed > 0, is.Revealed > 0, slog.String("score", is.Score.String()))
	}
	return notes
}

// roundEnded is how a round of the node ended.
func (n *news) roundEnded(r spec.Round) note {
	told := note{task: r.Task, round: r.Number}
	i := r.Trainer(n.node)
	if i >= 0 {
		told.paid = r.Trainers[i].Paid
	}
	if j := r.Aggregator(n.node); j >= 0 {
		told.paid += r.Aggregates[j].Paid
	}
	if j := r.Evaluator(n.node); j >= 0 {
		told.paid += r.Scores[j].Paid
	}
	switch {
	case r.Phase == spec.PhaseAborted:
		told.what, told.more = "round was stopped", []slog.Attr{slog.String("why", r.Reason)}
	case r.Scored:
		told.what, told.more = "round is settled", []slog.Attr{slog.String("score", r.Score.String())}
	default:
		told.what = "round is settled without a score"
	}
	switch {
	case told.paid > 0:
		told.what += ", paid"
	case i >= 0:
		told.what += ", not paid"
	}
	return told
}

// closed is how a task ended.
func closed(what string, t spec.Task) note {
	more := []slog.Attr{slog.String("state", string(t.State)), slog.Uint64("rounds", uint64(t.Accepted))}
	if t.Reason != "" {
		more = append(more, slog.String("why", t.Reason))
	}
	return note{what: what, task: t.ID, more: more}
}

// registered is what became of the node's registration; the zero record is none.
func (n *news) registered(now spec.Node) (notes []note) {
	before := n.record
	n.record = now
	switch {
	case before.ID == 0 && now.ID == 0, before.ID == 0 && now.Selectable() && !n.looked:
	case now.ID == 0:
		return []note{{what: "retired: its owner took it off the chain; start it again to register anew"}}
	case before.ID == 0 && now.Selectable():
		return []note{{what: "is registered again"}}
	case before.State != now.State || before.ID == 0:
		notes = append(notes, note{what: became(now.State)})
	}
	past, _ := before.Blame()
	if d, blamed := now.Blame(); blamed && d != past && before.ID != 0 {
		notes = append(notes, note{
			what: "blamed on the chain", task: d.Task, round: d.Round,
			more: []slog.Attr{slog.String("why", d.Reason), slog.String("reputation", now.Reputation.String())},
		})
	}
	return notes
}

// became is what a node in a state is told.
func became(state spec.NodeState) string {
	switch state {
	case spec.NodeActive:
		return "active: may be selected"
	case spec.NodePending:
		return "pending, for it applies, its stake is too small or its owner declared a leave: finishes what it serves, and is not selected"
	case spec.NodeJailed:
		return "jailed for a fault: is not selected until its owner has it unjailed"
	case spec.NodeUnbonding:
		return "its whole stake is on its way back to its owner: is not selected"
	case spec.NodeExited:
		return "has left the chain"
	}
	return string(state)
}

// done is what the node has to tell of work that ended well; false where it is nothing.
func done(e role.Event, took time.Duration) (note, bool) {
	lasted := func(d time.Duration) slog.Attr { return slog.Duration("took", d.Round(time.Millisecond)) }
	model := func(d spec.Digest) slog.Attr { return slog.String("model", d.Short()) }
	switch e := e.(type) {
	case trainer.Trained:
		more := []slog.Attr{slog.Uint64("rows", uint64(e.Samples)), lasted(e.Took)}
		if e.Withheld {
			more = more[1:]
		}
		return note{what: "trained", task: e.Task, round: e.Round, more: more}, true
	case trainer.Uploaded:
		return note{what: "uploaded its update", task: e.Task, round: e.Round, more: []slog.Attr{slog.Any("to", e.To), lasted(took)}}, true
	case trainer.Checked:
		if e.Wrong == "" {
			return note{}, false
		}
		return note{what: privacyError, level: slog.LevelError, task: e.Task, round: e.Round, more: []slog.Attr{slog.String("why", e.Wrong), slog.String("do", afterAlarm)}}, true
	case aggregator.Prepared:
		return note{what: "made model 0", task: e.Task, more: []slog.Attr{model(e.Model), lasted(took)}}, true
	case aggregator.Obtained:
		return note{what: "holds the model that a vote wants", task: e.Task, more: []slog.Attr{model(e.Model), lasted(took)}}, true
	case aggregator.Combined:
		return note{what: "combined the updates", task: e.Task, round: e.Round, more: []slog.Attr{model(e.Model), lasted(took)}}, true
	case evaluator.Scored:
		return note{what: "judged the next model", task: e.Task, round: e.Round, more: []slog.Attr{slog.String("score", e.Score.String()), lasted(took)}}, true
	case consumer.Downloaded:
		return note{what: "has the final model", task: e.Task, more: []slog.Attr{model(e.Model), lasted(took)}}, true
	}
	return note{}, false
}

// silence says when a chain falls silent, every minute how long it has been so, and
// when that is over.
type silence struct {
	what, over string        // it has begun, and it has ended
	patience   time.Duration // how long no word is no silence

	since, told time.Time // since when it is silent; zero where it is not
}

// silenceInterval is how often a silence is told of.
const silenceInterval = time.Minute

// at takes in when the chain was heard last.
func (s *silence) at(now, heard time.Time) (note, bool) {
	quiet := now.Sub(heard) >= s.patience
	switch {
	case s.since.IsZero() && !quiet, !s.since.IsZero() && quiet && now.Sub(s.told) < silenceInterval:
		return note{}, false
	case s.since.IsZero():
		s.since, s.told = heard, now
		return note{what: s.what, more: []slog.Attr{slog.String("since", s.since.Format(time.RFC3339))}}, true
	case quiet:
		s.told = now
		return note{what: s.what, more: []slog.Attr{slog.String("since", s.since.Format(time.RFC3339)), slog.Duration("for", now.Sub(s.since).Round(time.Second))}}, true
	}
	lasted := note{what: s.over, more: []slog.Attr{slog.Duration("lasted", now.Sub(s.since).Round(time.Second))}}
	*s = silence{what: s.what, over: s.over, patience: s.patience}
	return lasted, true
}
