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

// note is an event of a node, for the operator's log.
type note struct {
	event       string
	level       slog.Level // zero: Info
	task, round uint64     // 0: none
	paid        uint64     // uthing
	attributes  []slog.Attr
}

// attrs are the attributes of a note in the log.
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
	return append(fields, n.attributes...)
}

// maxNotes is how many notes of one event are logged one by one per block. More are logged
// as one line with their number, so that a hundred tasks are not a hundred lines per block.
const maxNotes = 3

// summarise replaces notes of one event by one note if there are more than [maxNotes], in the
// place of the first.
func summarise(notes []note) (summary []note) {
	kinds := map[string][]note{}
	for _, n := range notes {
		kinds[n.event] = append(kinds[n.event], n)
	}
	for _, n := range notes {
		same, left := kinds[n.event]
		if !left {
			continue
		}
		if len(same) <= maxNotes {
			summary = append(summary, n)
			continue
		}
		delete(kinds, n.event)
		all := note{event: n.event, level: n.level, attributes: []slog.Attr{slog.Int("times", len(same))}}
		tasks := map[uint64]bool{}
		for _, s := range same {
			all.paid += s.paid
			tasks[s.task] = true
		}
		all.attributes = append(all.attributes, slog.Int("tasks", len(tasks)))
		summary = append(summary, all)
	}
	return summary
}

// observer compares a node's view of the chain with the view before, and finds the events of
// the node. The first view yields no events.
type observer struct {
	node  uint64
	owner string      // its account
	self  []slog.Attr // attributes of the node, logged with the first view

	looked bool                 // it has had its first view
	tasks  map[uint64]spec.Task // in which it has a part, and those that its account pays for
	rounds map[place]spec.Round // running rounds in which it has a part
	record spec.Node            // as registered
	ended  []place              // rounds and tasks that ended, whose outcome is not read yet
}

// place is a task and one of its rounds, or [wholeTask].
type place struct{ task, round uint64 }

// wholeTask in place of a round's number is the whole task. It sorts after all rounds.
const wholeTask = math.MaxUint64

// compare returns the events since the view before.
func (n *observer) compare(s chainView) (notes []note) {
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
		notes = append(notes, note{event: "node is up", attributes: append(n.self, slog.Int("tasks", len(tasks)))})
	}
	n.tasks, n.rounds, n.looked = tasks, rounds, true
	return notes
}

// serves is the role in which a node is on the committee of a task, or "".
func (n *observer) serves(t spec.Task) string {
	own := func(m spec.Member) bool { return m.Node == n.node }
	switch {
	case slices.ContainsFunc(t.Aggregators, own):
		return spec.Aggregator.String()
	case slices.ContainsFunc(t.Evaluators, own):
		return spec.Evaluator.String()
	}
	return ""
}

// task returns the events of a task.
func (n *observer) task(before spec.Task, known bool, now spec.Task) (notes []note) {
	if as := n.serves(now); as != "" && n.serves(before) == "" {
		notes = append(notes, note{event: "selected for a task", task: now.ID, attributes: []slog.Attr{slog.String("as", as), slog.String("name", now.Spec.Name)}})
	}
	if now.Owner == n.owner && before.State != now.State {
		switch {
		case now.State.Final():
			notes = append(notes, taskClosed("own task is closed", now))
		case known:
			notes = append(notes, note{event: "own task is " + string(now.State), task: now.ID})
		default:
			notes = append(notes, note{event: "own task was created", task: now.ID, attributes: []slog.Attr{slog.String("name", now.Spec.Name), slog.Uint64("escrow_uthing", now.Spec.Escrow)}})
		}
	}
	return notes
}

// round returns the events of the node in a running round.
func (n *observer) round(before, now spec.Round) (notes []note) {
	say := func(what string, was, is bool, more ...slog.Attr) {
		if is && !was {
			notes = append(notes, note{event: what, task: now.Task, round: now.Number, attributes: more})
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
			if spec.HasBit(is.Holds, bit) {
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

// roundEnded says how a round of the node ended.
func (n *observer) roundEnded(r spec.Round) note {
	end := note{task: r.Task, round: r.Number}
	i := r.Trainer(n.node)
	if i >= 0 {
		end.paid = r.Trainers[i].Paid
	}
	if j := r.Aggregator(n.node); j >= 0 {
		end.paid += r.Aggregates[j].Paid
	}
	if j := r.Evaluator(n.node); j >= 0 {
		end.paid += r.Scores[j].Paid
	}
	switch {
	case r.Phase == spec.PhaseAborted:
		end.event, end.attributes = "round is aborted", []slog.Attr{slog.String("why", r.Reason)}
	case r.Scored:
		end.event, end.attributes = "round is settled", []slog.Attr{slog.String("score", r.Score.String())}
	default:
		end.event = "round is settled without a score"
	}
	switch {
	case end.paid > 0:
		end.event += ", paid"
	case i >= 0:
		end.event += ", not paid"
	}
	return end
}

// taskClosed says how a task ended.
func taskClosed(what string, t spec.Task) note {
	more := []slog.Attr{slog.String("state", string(t.State)), slog.Uint64("rounds", uint64(t.Accepted))}
	if t.Reason != "" {
		more = append(more, slog.String("why", t.Reason))
	}
	return note{event: what, task: t.ID, attributes: more}
}

// registered returns the changes of the node's registration. The zero record is none.
func (n *observer) registered(now spec.Node) (notes []note) {
	before := n.record
	n.record = now
	switch {
	case before.ID == 0 && now.ID == 0, before.ID == 0 && now.Selectable() && !n.looked:
	case now.ID == 0:
		return []note{{event: "node is retired: its owner removed it from the chain; start it again to register anew"}}
	case before.ID == 0 && now.Selectable():
		return []note{{event: "node is registered again"}}
	case before.State != now.State || before.ID == 0:
		notes = append(notes, note{event: stateEvent(now.State)})
	}
	past, _ := before.Blame()
	if d, blamed := now.Blame(); blamed && d != past && before.ID != 0 {
		notes = append(notes, note{
			event: "blamed on the chain", task: d.Task, round: d.Round,
			attributes: []slog.Attr{slog.String("why", d.Reason), slog.String("reputation", now.Reputation.String())},
		})
	}
	return notes
}

// stateEvent is the text for the operator of a node that has entered a state.
func stateEvent(state spec.NodeState) string {
	switch state {
	case spec.NodeActive:
		return "node is active: it may be selected"
	case spec.NodePending:
		return "node is pending (it applies, its stake is too small, or its owner declared a leave): it finishes its rounds and is not selected"
	case spec.NodeJailed:
		return "node is jailed for a fault: it is not selected until its owner unjails it"
	case spec.NodeUnbonding:
		return "node is unbonding (its whole stake returns to its owner): it is not selected"
	case spec.NodeExited:
		return "node has left the chain"
	}
	return string(state)
}

// workNote is the note of an action that succeeded; false if there is nothing to log.
func workNote(e role.Event, took time.Duration) (note, bool) {
	lasted := func(d time.Duration) slog.Attr { return slog.Duration("took", d.Round(time.Millisecond)) }
	model := func(d spec.Digest) slog.Attr { return slog.String("model", d.Short()) }
	switch e := e.(type) {
	case trainer.Trained:
		more := []slog.Attr{slog.Uint64("rows", uint64(e.Samples)), lasted(e.Took)}
		if e.Withheld {
			more = more[1:]
		}
		return note{event: "trained", task: e.Task, round: e.Round, attributes: more}, true
	case trainer.Uploaded:
		return note{event: "uploaded its update", task: e.Task, round: e.Round, attributes: []slog.Attr{slog.Any("to", e.To), lasted(took)}}, true
	case trainer.Checked:
		if e.Wrong == "" {
			return note{}, false
		}
		return note{event: privacyError, level: slog.LevelError, task: e.Task, round: e.Round, attributes: []slog.Attr{slog.String("why", e.Wrong), slog.String("do", afterAlarm)}}, true
	case aggregator.Prepared:
		return note{event: "made model 0", task: e.Task, attributes: []slog.Attr{model(e.Model), lasted(took)}}, true
	case aggregator.Obtained:
		return note{event: "holds the nominated model", task: e.Task, attributes: []slog.Attr{model(e.Model), lasted(took)}}, true
	case aggregator.Combined:
		return note{event: "combined the updates", task: e.Task, round: e.Round, attributes: []slog.Attr{model(e.Model), lasted(took)}}, true
	case evaluator.Scored:
		return note{event: "scored the next model", task: e.Task, round: e.Round, attributes: []slog.Attr{slog.String("score", e.Score.String()), lasted(took)}}, true
	case consumer.Downloaded:
		return note{event: "downloaded the final model", task: e.Task, attributes: []slog.Attr{model(e.Model), lasted(took)}}, true
	}
	return note{}, false
}

// outage reports the begin of an outage, once per minute how long it has lasted, and its end.
type outage struct {
	event, endEvent string        // texts for its begin and its end
	timeout         time.Duration // an outage begins when the last sign of life is older

	since, logged time.Time // begin of the outage, and last note of it; zero: there is none
}

// outageInterval is the time between two log lines about one outage.
const outageInterval = time.Minute

// at returns the note, if any, that is due at now if the last sign of life was at lastSign.
func (s *outage) at(now, lastSign time.Time) (note, bool) {
	quiet := now.Sub(lastSign) >= s.timeout
	switch {
	case s.since.IsZero() && !quiet, !s.since.IsZero() && quiet && now.Sub(s.logged) < outageInterval:
		return note{}, false
	case s.since.IsZero():
		s.since, s.logged = lastSign, now
		return note{event: s.event, attributes: []slog.Attr{slog.String("since", s.since.Format(time.RFC3339))}}, true
	case quiet:
		s.logged = now
		return note{event: s.event, attributes: []slog.Attr{slog.String("since", s.since.Format(time.RFC3339)), slog.Duration("for", now.Sub(s.since).Round(time.Second))}}, true
	}
	lasted := note{event: s.endEvent, attributes: []slog.Attr{slog.Duration("lasted", now.Sub(s.since).Round(time.Second))}}
	*s = outage{event: s.event, endEvent: s.endEvent, timeout: s.timeout}
	return lasted, true
}
