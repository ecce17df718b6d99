package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// card is everything the chain knows of a task's model.
type card struct {
	Task         spec.Task     `json:"task"`
	Parameters   int           `json:"parameters"`
	Versions     []version     `json:"versions"`
	Participants []participant `json:"participants"`
	Promise      *promise      `json:"promise,omitempty"` // of a private task, as what it charged so far
	Charges      []charge      `json:"charges,omitempty"`
	names        map[uint64]string
	scored       spec.Round // that has the task's newest score
}

// version is one model of a task; that of round 0 comes from the seed.
type version struct {
	Round     uint64        `json:"round"`
	Model     spec.Digest   `json:"model"`
	Score     *spec.PPM     `json:"score,omitempty"` // by the evaluators: the median
	Holdout   *spec.Holdout `json:"holdout,omitempty"`
	Federated *spec.PPM     `json:"federated_score,omitempty"` // by the trainers of the round that began with it
	Survivors int           `json:"survivors"`
	Height    int64         `json:"height,omitempty"`
}

// participant is what a node did for a task in one role.
type participant struct {
	Node    uint64    `json:"node"`
	Name    string    `json:"name"`
	Role    spec.Role `json:"role"`
	Rounds  int       `json:"rounds"` // in which it had a part
	Served  int       `json:"served"` // of these, whose result its part went into
	Earned  uint64    `json:"earned_uthing"`
	Aborted uint64    `json:"aborted_uthing"` // of Earned, in rounds that were aborted
}

func readCard(ctx context.Context, c *client.Client, t spec.Task) (card, error) {
	rounds, err := allRounds(ctx, c, t.ID)
	if err != nil {
		return card{}, err
	}
	size, err := model.Size(t.Spec.Model)
	if err != nil {
		return card{}, err
	}
	parts := parts(t, rounds)
	var ids []uint64
	for _, p := range parts {
		ids = append(ids, p.Node)
	}
	known, err := names(ctx, c, ids)
	if err != nil {
		return card{}, err
	}
	for i := range parts {
		parts[i].Name = known[parts[i].Node]
	}
	shown := card{Task: t, Parameters: size, Versions: versions(t, rounds), Participants: parts, Promise: promiseOf(t.Spec), names: known}
	for _, r := range rounds {
		if t.ScoredRound > 0 && r.Number == t.ScoredRound {
			shown.scored = r
		}
	}
	if t.Spec.Private() && len(rounds) > 0 {
		over := slices.DeleteFunc(rounds, func(r spec.Round) bool { return !r.Phase.Final() })
		if shown.Charges, err = charges(ctx, c, t, over); err != nil {
			return card{}, err
		}
	}
	return shown, nil
}

// versions lists the models of a task, each with what is known of that model.
func versions(t spec.Task, rounds []spec.Round) (list []version) {
	first := t.Model
	if len(rounds) > 0 {
		first = rounds[0].Base
	}
	if first.IsZero() {
		return []version{}
	}
	list = append(list, version{Model: first, Federated: federatedOf(first, rounds)})
	for i, r := range rounds {
		if r.Phase == spec.PhaseSettled {
			list = append(list, version{
				Round: r.Number, Model: r.Next, Score: number(r.Score, r.Scored), Holdout: holdout(r),
				Federated: federatedOf(r.Next, rounds[i+1:]), Survivors: r.Survivors(), Height: r.Closed,
			})
		}
	}
	return list
}

// parts adds up what everybody did, by role and node.
func parts(t spec.Task, rounds []spec.Round) []participant {
	list := []participant{}
	add := func(node uint64, role spec.Role, rounds int, served bool, earned uint64, phase spec.Phase) {
		i := slices.IndexFunc(list, func(p participant) bool { return p.Node == node && p.Role == role })
		if i < 0 {
			i = len(list)
			list = append(list, participant{Node: node, Role: role})
		}
		list[i].Rounds += rounds
		list[i].Earned += earned
		if phase == spec.PhaseAborted {
			list[i].Aborted += earned
		}
		if served {
			list[i].Served++
		}
	}
	for _, m := range t.Aggregators {
		add(m.Node, spec.Aggregator, 0, false, 0, "")
	}
	for _, m := range t.Evaluators {
		add(m.Node, spec.Evaluator, 0, false, 0, "")
	}
	for _, r := range rounds {
		settled := r.Phase == spec.PhaseSettled
		for _, own := range r.Trainers {
			add(own.Node, spec.Trainer, 1, settled && own.Survivor, own.Paid, r.Phase)
		}
		for _, own := range r.Aggregates {
			add(own.Node, spec.Aggregator, 1, settled && own.Revealed > 0 && own.Digest == r.Next, own.Paid, r.Phase)
		}
		for _, own := range r.Scores {
			add(own.Node, spec.Evaluator, 1, settled && own.Revealed > 0, own.Paid, r.Phase)
		}
	}
	slices.SortFunc(list, func(a, b participant) int {
		return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Node, b.Node))
	})
	return list
}

func (s *session) showCard(c card) error {
	if s.json {
		return s.line(c)
	}
	t := s.table()
	standing(t, c.Task, c.scored)
	rules(t, c.Task.Spec)
	for _, f := range c.Task.Faults {
		t.row("fault", fmt.Sprintf("%s by node %d %s in round %d: %s", f.Kind, f.Node, c.names[f.Node], f.Round, f.Digest))
	}
	if err := t.flush(); err != nil {
		return err
	}
	fmt.Fprintln(s.out)
	t = s.table("ROUND", "SCORE", "HOLD-OUT", "ROWS", "FEDERATED", "SURVIVORS", "HEIGHT", "MODEL")
	for _, v := range c.Versions {
		t.row(v.Round, figure(v.Score), wholeAccuracy(v.Holdout), wholeRows(v.Holdout), figure(v.Federated), unless(v.Round == 0, v.Survivors), height(v.Height), v.Model)
	}
	if err := t.flush(); err != nil {
		return err
	}
	if len(c.Charges) > 0 {
		fmt.Fprintln(s.out)
		if err := show(s, c.Charges, chargeHead(), chargeRow); err != nil {
			return err
		}
	}
	fmt.Fprintln(s.out)
	t = s.table("NODE", "NAME", "ROLE", "ROUNDS", "SERVED", "EARNED")
	for _, p := range c.Participants {
		t.row(p.Node, p.Name, p.Role, p.Rounds, p.Served, money(p.Earned))
	}
	return t.flush()
}
